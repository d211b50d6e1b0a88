"""A folder in the format of NSynth: examples.json, and audio/NAME.wav for each of its notes.

Engel et al. 2017: four seconds at 16 kHz, the key let go after three. What the file holds above
8 kHz is nothing, and so an instrument trained on it is dull; each file's report says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from training.sources.sounds import Sound, Source, SourceError, timbre_name

INDEX: Final = "examples.json"
AUDIO: Final = "audio"
HELD_S: Final = 3.0
NOT_ONE_PITCH: Final = "multiphonic"  # a quality


def is_one(folder: Path) -> bool:
    """Whether a folder is in this format."""
    return (folder / INDEX).is_file()


def read(folder: Path) -> Source:
    """Every note that examples.json lists; each instrument_str is a timbre.

    Raises:
        SourceError: examples.json cannot be read, or lists nothing.
    """
    path = folder / INDEX
    try:
        examples = json.loads(path.read_text(encoding="utf-8"))
        rows = sorted(examples.items())
    except (OSError, ValueError, AttributeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    sounds, notices, several = [], [], 0
    for name, about in rows:
        try:
            qualities = about.get("qualities_str", [])
            if NOT_ONE_PITCH in qualities:
                several += 1
                continue
            sounds.append(_sound(folder / AUDIO / f"{name}.wav", about, qualities))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            notices.append(f"{path}: {name} is left out: {type(error).__name__} {error}")
    if several:
        notices.append(f"{path}: {several} notes are left out: they are multiphonics")
    if not sounds:
        raise SourceError(f"{path} lists no notes")
    return Source(folder.resolve().name, sounds, notices)


def _sound(path: Path, about: dict[str, Any], qualities: list[str]) -> Sound:
    velocity = int(about["velocity"])
    return Sound(
        path,
        timbre_name(str(about["instrument_str"])),
        key=int(about["pitch"]),
        velocities=(velocity, velocity),
        held_s=HELD_S,
        sustained=False if "fast_decay" in qualities else None,
    )
