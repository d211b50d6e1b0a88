"""Which devices play and are played: a page may look at them and choose."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from rtsynth.errors import RtsynthError
from rtsynth.instrument import bundled
from rtsynth.player_config import PlayerStats
from rtsynth.ui.fields import MOST_TEXT, Order, words
from rtsynth.ui.gear import Action, Gear, Playable
from rtsynth.ui.session import Session

MOST_INPUTS: Final = 64


def wired_figures(player: Playable, stats: PlayerStats) -> dict[str, Any]:
    """The output that plays, the MIDI inputs there are, and which of them are played."""
    playing = stats.midi.split(" + ")
    return {
        "audio": stats.audio,
        "midi": stats.midi,
        "instruments": list(bundled()),
        "playing": player.instrument.path.stem,
        "inputs": [{"name": name, "open": name in playing} for name in player.inputs],
    }


def _look(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    return asyncio.to_thread(_show_outputs, gear)


def _show_outputs(gear: Gear) -> None:
    gear.hub.changed("devices", "outputs", gear.player.output.outputs())


def _output(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    return asyncio.to_thread(gear.player.output.choose, words(order, "name"))


def _inputs(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    names = order.get("names")
    if (
        not isinstance(names, list)
        or len(names) > MOST_INPUTS
        or not all(isinstance(name, str) and len(name) <= MOST_TEXT for name in names)
    ):
        raise RtsynthError("'names' is a list of names of MIDI inputs")
    return asyncio.to_thread(gear.player.choose_inputs, names)


def _instrument(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    name = words(order, "name")
    if name not in bundled():  # a page names no files of this computer
        raise RtsynthError(f"no instrument '{name}' came with rtsynth")
    return asyncio.to_thread(gear.player.change_instrument, name)


WIRING: Final[dict[str, Action]] = {
    "look": _look,
    "output": _output,
    "inputs": _inputs,
    "instrument": _instrument,
}
