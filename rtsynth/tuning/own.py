"""What the player tunes the instrument to: a scale on a keyboard map, concert pitch, stretch."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rtsynth.errors import RtsynthError
from rtsynth.tuning import scala
from rtsynth.tuning.scala import LINEAR, KeyboardMap, Scale
from rtsynth.tuning.stretch import stretch_cents

NOT_PLAYED: Final = -1  # among degrees, in a state: TOML has no null
EQUAL: Final = Scale("equal temperament", tuple(100.0 * step for step in range(1, 13)))
CONCERT_HZ: Final = 440.0


@dataclass(frozen=True)
class Tuning:
    """A tuning of all keys.

    Attributes:
        scale: what degrees there are.
        keyboard: which key plays which.
        reference_hz: concert pitch: everything is moved by its distance from 440 Hz, a keyboard
            map's own frequency as well.
        stretch: 0..1 of a piano's stretched octaves (`stretch.py`), by the pitch of each key.
    """

    scale: Scale = EQUAL
    keyboard: KeyboardMap = LINEAR
    reference_hz: float = CONCERT_HZ
    stretch: float = 0.0

    def pitches(self) -> tuple[float | None, ...]:
        """Pitch of each of 128 keys in semitones, where 69 is 440 Hz; None: it is not played.

        Raises:
            RtsynthError: the map does not play the key whose frequency it gives.
        """
        return tuple(
            None if pitch is None else pitch + self.shift + self.stretch * _stretch(pitch)
            for pitch in scala.pitches(self.scale, self.keyboard)
        )

    @property
    def shift(self) -> float:
        """Concert pitch in semitones above 440 Hz."""
        return 12.0 * math.log2(self.reference_hz / CONCERT_HZ)

    def state(self) -> dict[str, Any]:
        """Scale and map as a preset keeps them: plain JSON values; empty: equal temperament."""
        found: dict[str, Any] = {}
        if self.scale != EQUAL:
            found["scale"] = {**asdict(self.scale), "cents": list(self.scale.cents)}
        if self.keyboard != LINEAR:
            degrees = [NOT_PLAYED if each is None else each for each in self.keyboard.degrees]
            found["keyboard"] = {**asdict(self.keyboard), "degrees": degrees}
        return found


def read_tuning(
    scale: Path | None,
    keyboard: Path | None,
    reference_hz: float = CONCERT_HZ,
    stretch: float = 0.0,
) -> Tuning:
    """A tuning from files; None: equal temperament, every key.

    Raises:
        RtsynthError: a file cannot be read, a line of it is wrong, or the two do not go together.
    """
    found = Tuning(
        EQUAL if scale is None else scala.read_scale(scale),
        LINEAR if keyboard is None else scala.read_map(keyboard),
        reference_hz,
        stretch,
    )
    try:
        found.pitches()
    except RtsynthError as error:
        raise RtsynthError(f"{keyboard}: {error}") from error
    return found


def of_state(state: Any) -> tuple[Scale, KeyboardMap]:
    """Scale and map from what `Tuning.state` gave, which may have been edited since.

    Raises:
        RtsynthError: it is wrong, in words that name the field.
    """
    if not isinstance(state, dict) or not set(state) <= {"scale", "keyboard"}:
        raise RtsynthError("tuning: an object with 'scale' and 'keyboard' is wanted")
    scale, keyboard = state.get("scale"), state.get("keyboard")
    found = (
        EQUAL if scale is None else _scale(scale),
        LINEAR if keyboard is None else _keyboard(keyboard),
    )
    scala.pitches(*found)
    return found


def _stretch(pitch: float) -> float:
    return stretch_cents(pitch) / 100.0


def _scale(state: Any) -> Scale:
    name, cents = _fields("tuning.scale", state, ("name", "cents"))
    if not isinstance(name, str):
        raise RtsynthError("tuning.scale.name: a text is wanted")
    good = isinstance(cents, list | tuple) and 0 < len(cents) <= scala.MOST_NOTES
    if not good or not all(_number(each, scala.MOST_CENTS) for each in cents) or not cents[-1]:
        raise RtsynthError("tuning.scale.cents: a list of intervals in cents is wanted")
    return Scale(name, tuple(float(each) for each in cents))


def _keyboard(state: Any) -> KeyboardMap:
    names = tuple(KeyboardMap.__dataclass_fields__)
    found = dict(zip(names, _fields("tuning.keyboard", state, names), strict=True))
    degrees, hz = found["degrees"], found["reference_hz"]
    for name in ("low", "high", "middle", "reference_key"):
        if not _whole(found[name], scala.KEYS - 1):
            raise RtsynthError(f"tuning.keyboard.{name}: a key from 0 to 127 is wanted")
    if not _number(hz, scala.MOST_HZ) or hz < scala.LEAST_HZ:
        raise RtsynthError("tuning.keyboard.reference_hz: a frequency in Hz is wanted")
    good = isinstance(degrees, list | tuple) and len(degrees) <= scala.KEYS
    if not good or not all(_whole(each, scala.MOST_NOTES, NOT_PLAYED) for each in degrees):
        raise RtsynthError("tuning.keyboard.degrees: a list of degrees, -1: not played, is wanted")
    if not _whole(found["period"], scala.MOST_NOTES):
        raise RtsynthError("tuning.keyboard.period: a degree of the scale is wanted")
    played = tuple(None if each == NOT_PLAYED else each for each in degrees)
    return KeyboardMap(**{**found, "degrees": played, "reference_hz": float(hz)})


def _fields(where: str, state: Any, names: tuple[str, ...]) -> list[Any]:
    if not isinstance(state, dict) or set(state) != set(names):
        raise RtsynthError(f"{where}: an object with {', '.join(names)} is wanted")
    return [state[name] for name in names]


def _whole(value: Any, most: int, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most
