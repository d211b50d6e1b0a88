"""What is typed behind options: numbers within a range, keys of a piano, layers."""

import math
import re
from typing import Any, Final

import click

from rtsynth.contract import KEY_HIGH, KEY_LOW
from rtsynth.layers import Layer

KEY_NAME: Final = re.compile(r"([A-Ga-g])([#b]?)(-?[0-9])")
KEYS: Final = re.compile(r"([A-Ga-g][#b]?-?[0-9]|[0-9]{1,3})?-([A-Ga-g][#b]?-?[0-9]|[0-9]{1,3})?")
KEYS_OF_LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Number(click.FloatRange):
    """A number within a range, and not 'nan', which no range refuses."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse it."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return float(number)


class Key(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A MIDI key: its number, or its name, where C4 is 60."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it."""
        key = key_number(str(value))
        if key is None or not KEY_LOW <= key <= KEY_HIGH:
            self.fail(
                f"{value} is no key of a piano: write it like A3, F#4, Bb2 or 57.", param, ctx
            )
        return key


class LayerKind(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A timbre and the keys on which it sounds, such as strings:C2-B3 or bass:-B2."""

    name = "layer"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Layer:
        """Parse it."""
        if isinstance(value, Layer):
            return value
        timbre, _, keys = str(value).rpartition(":")
        found = KEYS.fullmatch(keys)
        if not timbre or found is None:
            return Layer(str(value))
        low, high = (key_number(each) if each else end
                     for each, end in zip(found.groups(), (0, 127), strict=True))  # fmt: skip
        if low is None or high is None or not 0 <= low <= high <= 127:
            self.fail(f"{value}: write keys from low to high, like strings:C2-B3.", param, ctx)
        return Layer(timbre, low, high)


def key_number(text: str) -> int | None:
    """The MIDI key that a text names (C4 and 60 are the same), None where it names none."""
    found = KEY_NAME.fullmatch(text.strip())
    if found is None:
        return int(text) if text.strip().isdecimal() else None
    letter, sign, octave = found.groups()
    sharp = {"#": 1, "b": -1, "": 0}[sign]
    return KEYS_OF_LETTERS[letter.upper()] + sharp + 12 * (int(octave) + 1)
