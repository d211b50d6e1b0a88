"""Scala's scales (.scl) and keyboard maps (.kbm), the formats that microtonal music is kept in.

Both are read as their author describes them (Manuel Op de Coul, Scala's help, "Scale files" and
"Keyboard mappings"), and what is wrong is told by file and line. tuning-library on PyPI reads them,
too; it brings a compiled module for each Python, passes over junk behind numbers, and does not know
the range of keys in a map. The tests hold these pitches against its pitches.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from rtsynth.errors import RtsynthError

KEYS: Final = 128
MOST_BYTES: Final = 1 << 20  # a larger file is no scale
MOST_NOTES: Final = 10_000
MOST_CENTS: Final = 1200.0 * 20  # more than all hearing
LEAST_HZ, MOST_HZ = 0.001, 100_000.0
MIDDLE_C: Final = 60
MIDDLE_C_HZ: Final = 440.0 * 2.0 ** (-9 / 12)


@dataclass(frozen=True)
class Scale:
    """Pitches that repeat.

    Attributes:
        name: the description, or the file's name where that is empty.
        cents: degrees 1, 2, ... above degree 0; the last is the interval of repetition.
    """

    name: str
    cents: tuple[float, ...]

    def at(self, degree: int) -> float:
        """Cents of any degree above degree 0, below it and beyond the last one as well."""
        periods, place = divmod(degree, len(self.cents))
        return periods * self.cents[-1] + (self.cents[place - 1] if place else 0.0)


@dataclass(frozen=True)
class KeyboardMap:
    """Which degree each key plays, and the pitch of one of them.

    Attributes:
        degrees: of the keys from `middle` on, None: not played; the pattern repeats. Empty: every
            key is one degree above the key before.
        low, high: keys that are tuned, both ends included; others keep their equal temperament.
        middle: the key of the pattern's beginning.
        reference_key, reference_hz: the key whose frequency is given.
        period: the degree by which the pattern repeats; 0: the scale's last.
    """

    degrees: tuple[int | None, ...] = ()
    low: int = 0
    high: int = KEYS - 1
    middle: int = MIDDLE_C
    reference_key: int = MIDDLE_C
    reference_hz: float = MIDDLE_C_HZ
    period: int = 0

    def cents(self, scale: Scale, key: int) -> float | None:
        """A key's cents above degree 0 of the middle key; None: it is not played."""
        if not self.degrees:
            return scale.at(key - self.middle)
        times, place = divmod(key - self.middle, len(self.degrees))
        degree = self.degrees[place]
        if degree is None:
            return None
        return times * scale.at(self.period or len(scale.cents)) + scale.at(degree)


LINEAR: Final = KeyboardMap()


def pitches(scale: Scale, keyboard: KeyboardMap) -> tuple[float | None, ...]:
    """Pitch of each of 128 keys in semitones, where 69 is 440 Hz; None: the key is not played.

    Raises:
        RtsynthError: the map does not play the key whose frequency it gives.
    """
    zero = keyboard.cents(scale, keyboard.reference_key)
    if zero is None:
        raise RtsynthError(
            f"the keyboard map gives the frequency of key {keyboard.reference_key}, "
            "which it leaves unmapped"
        )
    reference = 69.0 + 12.0 * math.log2(keyboard.reference_hz / 440.0)
    found: list[float | None] = []
    for key in range(KEYS):
        cents = keyboard.cents(scale, key)
        if not keyboard.low <= key <= keyboard.high:
            found.append(float(key))
        else:
            found.append(None if cents is None else reference + (cents - zero) / 100.0)
    return tuple(found)


def read_scale(path: Path) -> Scale:
    """A .scl file.

    Raises:
        RtsynthError: it cannot be read, or a line of it is wrong.
    """
    lines = _lines(path)
    name = next(lines, _Line(path, 0, "")).text.strip()
    line = _next(lines, path, "the number of notes")
    count = line.whole(1, MOST_NOTES, "a number of notes")
    cents = tuple(_interval(_next(lines, path, f"note {i} of {count}"))
                  for i in range(1, count + 1))  # fmt: skip
    for extra in lines:
        if _looks_like_interval(extra):
            raise extra.wrong(f"one more note than line {line.number} announces ({count})")
    if cents[-1] == 0.0:
        raise RtsynthError(f"{path}: its last note, by which it repeats, is 0 cents")
    return Scale(name or path.stem, cents)


def read_map(path: Path) -> KeyboardMap:
    """A .kbm file.

    Raises:
        RtsynthError: it cannot be read, or a line of it is wrong.
    """
    lines = (line for line in _lines(path) if line.text.strip())
    size = _next(lines, path, "the size of the map").whole(0, KEYS, "a size of the map")
    low, high, middle, reference_key = (
        _next(lines, path, what).whole(0, KEYS - 1, "a key")
        for what in ("the first key", "the last key", "the middle key", "the reference key")
    )
    line = _next(lines, path, "the reference frequency")
    hz = line.number_of("a frequency in Hz")
    if not LEAST_HZ <= hz <= MOST_HZ:
        raise line.wrong(f"{hz:g} Hz is no frequency to tune a key to")
    period = _next(lines, path, "the degree of the formal octave")
    repeats = period.whole(0, MOST_NOTES, "a degree of the scale")
    degrees = [_degree(line) for line, _ in zip(lines, range(size), strict=False)]
    degrees += [None] * (size - len(degrees))  # the last ones may be left out
    return KeyboardMap(tuple(degrees), low, high, middle, reference_key, hz, repeats)


class _Line(NamedTuple):
    path: Path
    number: int
    text: str

    def wrong(self, what: str) -> RtsynthError:
        """What is wrong with it, as an error to raise."""
        return RtsynthError(f"{self.path}, line {self.number}: {what}")

    def word(self) -> str:
        """What stands before the first space."""
        return (self.text.split() or [""])[0]

    def whole(self, low: int, high: int, what: str) -> int:
        """A whole number within a range."""
        digits = self.word()
        if not (digits.isascii() and digits.isdigit()):
            raise self.wrong(f"'{self.text.strip()}' is not {what}")
        if not low <= int(digits[:9]) <= high:
            raise self.wrong(f"{digits} is not {what} from {low} to {high}")
        return int(digits[:9])

    def number_of(self, what: str) -> float:
        """A finite number."""
        try:
            value = float(self.word())
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(f"'{self.text.strip()}' is not {what}")
        return value


def _lines(path: Path) -> Iterator[_Line]:
    """Lines that are no comments. Scala writes Latin-1; what is UTF-8 is taken for that."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RtsynthError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > MOST_BYTES or b"\0" in data:
        raise RtsynthError(f"{path} is no text file of Scala's (.scl, .kbm)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.startswith("!"):
            yield _Line(path, number, line)


def _next(lines: Iterator[_Line], path: Path, what: str) -> _Line:
    line = next(lines, None)
    if line is None:
        raise RtsynthError(f"{path} ends before {what}")
    return line


def _interval(line: _Line) -> float:
    """Cents of a line's interval: with a point cents, else a ratio; what follows is a remark."""
    if "." in line.word():
        cents = line.number_of("an interval in cents")
        if abs(cents) > MOST_CENTS:
            raise line.wrong(f"{cents:g} cents are beyond all hearing")
        return cents
    upper, _, lower = line.word().partition("/")
    sides = (upper, lower or "1") if "/" not in line.word() or lower else ()
    if not sides or not all(side.isascii() and side.isdigit() for side in sides):
        raise line.wrong(
            f"'{line.text.strip()}' is no interval: write cents with a point (701.955) "
            "or a ratio (3/2)"
        )
    numbers = [int(side) if len(side) <= 100 else 0 for side in sides]
    if not all(numbers):
        raise line.wrong(f"the ratio {line.word()[:40]} is no interval")
    return 1200.0 * (math.log2(numbers[0]) - math.log2(numbers[1]))


def _looks_like_interval(line: _Line) -> bool:
    try:
        _interval(line)
    except RtsynthError:
        return False
    return True


def _degree(line: _Line) -> int | None:
    if line.word() in ("x", "X"):
        return None
    return line.whole(0, MOST_NOTES, "a degree of the scale, or x for a key that is not played")
