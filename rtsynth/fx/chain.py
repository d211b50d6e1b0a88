"""How a chain of effects is written: names and paths of plugins, with settings in brackets.

    Compressor(threshold_db=-20), Reverb(room_size=0.4)
    "/usr/lib/vst3/Some Reverb (x64).vst3"(state="hall.vstpreset", mix=0.3)

Commas stand between effects. A path with brackets, commas or quotes in it stands in quotes, and so
does a text behind `=` that has any of those.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from rtsynth.errors import RtsynthError

Value = float | bool | str

_TEXT: Final = r"\"[^\"]+\"|'[^']+'"
_EFFECT: Final = re.compile(
    rf"\s*(?P<name>{_TEXT}|[^\s(),\"'][^(),\"']*?)\s*"
    rf"(?:\((?P<settings>(?:{_TEXT}|[^()\"'])*)\)\s*)?(?:,|$)"
)
_SETTING: Final = re.compile(
    rf"\s*(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>{_TEXT}|[^\s,\"'][^,\"']*?)\s*(?:,|$)"
)
_WORDS: Final = {"true": True, "false": False}


@dataclass(frozen=True)
class Effect:
    """One effect of a chain, as it was written."""

    name: str  # of one that is built in, or the path of a plugin
    settings: dict[str, Value]


def read_chain(text: str) -> list[Effect]:
    """The effects of a chain, in order; whether they exist is not looked at.

    Raises:
        RtsynthError: it is not written as above; the text shows where.
    """
    effects = [
        Effect(_plain(found["name"]), _settings(found["settings"] or "", found["name"]))
        for found in _every(_EFFECT, text, "write effects like Reverb(room_size=0.4), Gain()")
    ]
    if not effects:
        raise RtsynthError("--fx: no effect is named")
    return effects


def _settings(text: str, effect: str) -> dict[str, Value]:
    settings: dict[str, Value] = {}
    for found in _every(_SETTING, text, f"write settings like {effect}(name=0.5, other=2)"):
        if found["name"] in settings:
            raise RtsynthError(f"--fx: {effect}: {found['name']} is set twice")
        settings[found["name"]] = _value(found["value"], f"{effect}: {found['name']}")
    return settings


def _every(pattern: re.Pattern[str], text: str, advice: str) -> list[re.Match[str]]:
    """All matches, one behind the other from the beginning to the end."""
    found, at = [], 0
    while text[at:].strip():
        match = pattern.match(text, at)
        if match is None:
            raise RtsynthError(f"--fx: cannot read {text[at:].strip()[:60]!r}: {advice}")
        found.append(match)
        at = match.end()
    return found


def _plain(text: str) -> str:
    return text[1:-1] if text[0] in "\"'" else text


def _value(text: str, where: str) -> Value:
    """A number, true or false, or a text."""
    if text[0] in "\"'":
        return _plain(text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        raise RtsynthError(f"--fx: {where}={text} is not a finite number")
    return number
