"""Which timbre plays a General MIDI program, and where on the keyboard it is at home."""

from __future__ import annotations

from typing import Any, Final

PROGRAMS: Final = 128

# Timbres that fit each General MIDI program, the best first.
_FAMILIES: Final[tuple[tuple[range, tuple[str, ...]], ...]] = (
    (range(0, 6), ("piano",)),
    (range(6, 8), ("guitar", "piano")),  # harpsichord, clavinet: plucked
    (range(8, 15), ("marimba", "piano")),
    (range(15, 16), ("guitar", "piano")),  # dulcimer
    (range(16, 24), ("organ",)),
    (range(24, 40), ("guitar", "piano")),  # guitars and basses
    (range(40, 45), ("strings",)),
    (range(45, 47), ("guitar", "strings")),  # pizzicato, harp
    (range(47, 48), ("marimba", "strings")),  # timpani
    (range(48, 52), ("strings",)),
    (range(52, 55), ("choir", "strings")),
    (range(55, 56), ("strings",)),  # orchestra hit
    (range(56, 64), ("trumpet",)),
    (range(64, 68), ("trumpet", "flute")),  # saxophones
    (range(68, 80), ("flute",)),  # oboe to ocarina
    (range(80, 81), ("organ",)),  # square lead
    (range(81, 85), ("trumpet",)),
    (range(85, 86), ("choir",)),  # voice lead
    (range(86, 88), ("trumpet",)),
    (range(88, 91), ("strings",)),
    (range(91, 92), ("choir", "strings")),  # choir pad
    (range(92, 96), ("strings",)),
    (range(96, 104), ("choir", "strings")),
    (range(104, 108), ("guitar",)),  # sitar, banjo, shamisen, koto
    (range(108, 109), ("marimba",)),  # kalimba
    (range(109, 110), ("organ",)),  # bagpipe
    (range(110, 111), ("strings",)),  # fiddle
    (range(111, 112), ("trumpet",)),  # shanai
    (range(112, 120), ("marimba",)),
    (range(120, 128), ("choir", "marimba")),  # sound effects have no pitch: anything soft
)

_RANGES: Final = {
    "piano": (21, 108),
    "guitar": (40, 88),
    "strings": (28, 100),
    "trumpet": (52, 87),
    "flute": (59, 98),
    "marimba": (36, 98),
    "organ": (24, 108),
    "choir": (36, 86),
}


def natural_range(timbre: str) -> tuple[int, int]:
    """Lowest and highest key on which the real instrument is played."""
    return _RANGES.get(timbre, (21, 108))


def programs_of(timbres: list[str]) -> dict[str, list[int]]:
    """Share out all 128 programs; what fits no timbre goes to the first."""
    shared: dict[str, list[int]] = {name: [] for name in timbres}
    for family, fitting in _FAMILIES:
        name = next((name for name in fitting if name in shared), timbres[0])
        shared[name] += list(family)
    return shared


def sustained_of(about: dict[str, Any], timbre: str) -> bool:
    """Whether a timbre sounds for as long as its key is held, by the data set's description."""
    return bool(about.get("sustained", {}).get(timbre, False))
