"""What a page may set up: the layers of a channel, the scale and its keyboard mapping."""

import tempfile
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any, Final

from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError
from rtsynth.layers import read_layer
from rtsynth.tuning.own import EQUAL, Tuning
from rtsynth.tuning.scala import LINEAR, read_map, read_scale
from rtsynth.ui.fields import MOST_LINES, Order, lines, words
from rtsynth.ui.gear import Action, Gear
from rtsynth.ui.playing import channel_of
from rtsynth.ui.session import Session


def layer_rows(desk: Desk, channel: int) -> list[dict[str, Any]]:
    """A channel's layers as JSON values."""
    return [asdict(layer) for layer in desk.layers(channel)]


def tuning_row(tuning: Tuning) -> dict[str, str]:
    """Names of the scale and the keyboard mapping; "": equal temperament, keys in a row."""
    return {
        "scale": "" if tuning.scale == EQUAL else tuning.scale.name,
        "map": "" if tuning.keyboard == LINEAR else "of a file",
    }


def _layers(gear: Gear, order: Order, session: Session) -> None:
    given = order.get("layers")
    if not isinstance(given, list):
        raise RtsynthError("'layers' is a list of layers")
    layers = [read_layer(each, f"layer {i}") for i, each in enumerate(given, 1)]
    gear.desk.set_layers(layers, channel_of(order))


def _scale(gear: Gear, order: Order, session: Session) -> None:
    scale = _read(order, read_scale)
    gear.desk.tune(scale, gear.player.controls.tuning.keyboard)


def _mapping(gear: Gear, order: Order, session: Session) -> None:
    keyboard = _read(order, read_map)
    gear.desk.tune(gear.player.controls.tuning.scale, keyboard)


def _equal(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.tune(EQUAL, LINEAR)


def _read(order: Order, reader: Any) -> Any:
    """What a reader of files makes of a text that a page sends."""
    name = PurePath(words(order, "name")).name or "file"
    text = lines(order, "text", MOST_LINES)
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as folder:
        path = Path(folder) / name
        try:
            path.write_text(text, encoding="utf-8")
            return reader(path)
        except RtsynthError as error:
            raise RtsynthError(str(error).replace(str(path), name)) from error
        except OSError as error:
            raise RtsynthError(f"{name} cannot be read ({error.strerror})") from error


SETTING: Final[dict[str, Action]] = {
    "layers": _layers,
    "scale": _scale,
    "mapping": _mapping,
    "equal": _equal,
}
