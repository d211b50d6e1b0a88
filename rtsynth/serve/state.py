"""What a project keeps of an instance: JSON that the plugin carries about and never reads.

    {"format": 1, "rtsynth": "0.2.0", "instrument": {"name": "bundled", "hash": "..."},
     "timbre": "piano", "place": [0.2, 0.7], "desk": {what `Desk.state` gives}}

"timbre" is what channels play that the desk's state says nothing of; "place" is the point of the
timbre map that channel 1 was moved to, if it was.
"""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rtsynth import __version__
from rtsynth.errors import RtsynthError
from rtsynth.messages import CHANNELS
from rtsynth.parameters import PARAMETERS
from rtsynth.serve.library import Reference

FORMAT: Final = 1
DEEPEST: Final = 32  # values in each other
MOST_DIGITS: Final = 15  # of a whole number: it stays one as a float
Names = Callable[[str], bool]  # whether a timbre can be made


@dataclass(frozen=True)
class Saved:
    """A state that was read, or is to be written."""

    instrument: Reference | None = None  # None: the default one
    timbre: str | None = None  # None: the instrument's first
    place: tuple[float, float] | None = None
    desk: dict[str, Any] = field(default_factory=dict)


def write(saved: Saved) -> bytes:
    """A state's bytes; the same state gives the same ones."""
    whole: dict[str, Any] = {"format": FORMAT, "rtsynth": __version__}
    if saved.instrument is not None:
        whole["instrument"] = saved.instrument._asdict()
    if saved.place is not None:
        whole["place"] = saved.place
    whole |= {"timbre": saved.timbre, "desk": saved.desk}
    return json.dumps(whole, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def read(data: bytes) -> Saved:
    """What a state's bytes say; none: as at the start.

    Raises:
        RtsynthError: they are no state, or one of a newer rtsynth, in one line.
    """
    if not data:
        return Saved()
    try:
        whole = json.loads(data, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
        _check(whole)
    except (ValueError, RecursionError) as error:
        raise RtsynthError("the project's state is damaged: it is left alone") from error
    if not isinstance(whole, dict) or type(whole.get("format")) is not int:
        raise RtsynthError("the project's state is not rtsynth's: it is left alone")
    if whole["format"] > FORMAT:
        version = str(whole.get("rtsynth", "a newer version"))[:20]
        raise RtsynthError(f"the project's state was saved by rtsynth {version}: upgrade rtsynth")
    desk = whole.get("desk")
    if not isinstance(desk, dict):
        raise RtsynthError("the project's state is damaged: it is left alone")
    timbre = whole.get("timbre")
    return Saved(_reference(whole.get("instrument")), timbre if isinstance(timbre, str) else None,
                 _place(whole.get("place")), desk)  # fmt: skip


def _reference(data: Any) -> Reference | None:
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return None
    return Reference(data["name"], str(data.get("hash", "")))


def _place(data: Any) -> tuple[float, float] | None:
    good = isinstance(data, list) and len(data) == 2
    if not good or not all(isinstance(each, int | float) and 0 <= each <= 1 for each in data):
        return None
    return float(data[0]), float(data[1])


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _finite(word: str) -> float:
    if not math.isfinite(number := float(word)):
        raise ValueError(f"{word} is too large")
    return number


def _whole(word: str) -> int:
    if len(word) > MOST_DIGITS:
        raise ValueError(f"{word[:MOST_DIGITS]}... is too large")
    return int(word)


def _check(whole: Any) -> None:
    """Raise ValueError where values lie too deep in each other to be copied, or a text cannot be
    written again: half of a character of two.
    """
    found = [whole]
    for _ in range(DEEPEST):
        for text in found:
            if isinstance(text, str):
                text.encode()
        found = [each for outer in found for each in _inside(outer)]
        if not found:
            return
    raise ValueError("it is too deep")


def _inside(outer: Any) -> list[Any]:
    if isinstance(outer, dict):
        return [*outer, *outer.values()]
    return outer if isinstance(outer, list) else []


class Substitutes:
    """What of a state could not be had, and what is kept of it until it is changed by hand.

    Any one thread.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}  # layers as they were saved, by channel
        self._played: dict[str, Any] = {}  # what they became

    def fit(
        self, saved: Saved, plain: str, known: Names
    ) -> tuple[dict[str, Any], list[str], list[str]]:
        """A desk's state that can be loaded.

        Args:
            saved: what is wanted.
            plain: what channels play that the state says nothing of.
            known: whether the instrument at hand has a timbre.

        Returns:
            It, and what of it is left out: timbres, then parameters that this rtsynth has not.
        """
        desk = copy.deepcopy(saved.desk)
        unknown, lacking = _pass_over_unknown(desk), dict[str, None]()
        channels = _objects(desk, "channels")
        if saved.timbre is not None and saved.timbre != plain:
            for number in map(str, range(1, CHANNELS + 1)):
                channels.setdefault(number, {}).setdefault("layers", [{"timbre": saved.timbre}])
        self._kept, self._played = {}, {}
        for number, channel in channels.items():
            before = copy.deepcopy(_layers(channel))
            gone = [each for each in _layers(channel) if not known(each["timbre"])]
            for each in gone:
                lacking[str(each["timbre"])] = None
                each["timbre"] = plain
            if gone:
                self._kept[number], self._played[number] = before, copy.deepcopy(_layers(channel))
        return desk, list(lacking), unknown

    def write(self, saved: Saved) -> bytes:
        """A state's bytes, where what was not changed meanwhile is as it was read."""
        desk = copy.deepcopy(saved.desk)
        channels = _objects(desk, "channels")
        for number, played in self._played.items():
            channel = channels.get(number, {})
            now = _layers(channel) or [{"timbre": saved.timbre}]
            if [each["timbre"] for each in now] == [each["timbre"] for each in played]:
                for each, kept in zip(now, self._kept[number], strict=True):
                    each["timbre"] = kept["timbre"]
                channels.setdefault(number, channel)["layers"] = now
        if not channels:
            desk.pop("channels", None)
        return write(replace(saved, desk=desk))


def _pass_over_unknown(desk: dict[str, Any]) -> list[str]:
    """Take parameters away that this rtsynth has not; returns their names."""
    gone: dict[str, None] = {}
    for owner in (desk, *_objects(desk, "channels").values()):
        values = owner.get("parameters")
        if isinstance(values, dict):
            gone |= {name: None for name in values if name not in PARAMETERS}
            owner["parameters"] = {name: values[name] for name in values if name in PARAMETERS}
    return list(gone)


def _objects(desk: dict[str, Any], name: str) -> dict[str, Any]:
    """A field that is an object of objects; what is none is left for `Desk.load` to refuse."""
    found = desk.setdefault(name, {})
    good = isinstance(found, dict) and all(isinstance(each, dict) for each in found.values())
    return found if good else {}


def _layers(channel: dict[str, Any]) -> list[dict[str, Any]]:
    found = channel.get("layers")
    good = isinstance(found, list) and all(
        isinstance(each, dict) and isinstance(each.get("timbre"), str) for each in found
    )
    return found if good and found else []
