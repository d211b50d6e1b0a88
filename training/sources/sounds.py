"""What every source of recordings answers: sound files, and what is said of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 40
OTHER: Final = re.compile(r"[\W_]+", re.ASCII)


class SourceError(RuntimeError):
    """The source cannot be used at all; the message is one line."""


@dataclass(frozen=True)
class Sound:
    """One sound file with one note, and what its source says of it; None: nothing."""

    path: Path
    timbre: str
    key: int | None = None
    velocities: tuple[int, int] | None = None  # lowest and highest that it stands for
    held_s: float | None = None  # the key is let go so long after the file's beginning
    gain_db: float = 0.0
    velocity_in_level: bool = True  # the recording is as loud as its velocity; else as 127
    sustained: bool | None = None


@dataclass(frozen=True)
class Source:
    """All sound files of a source."""

    name: str
    sounds: list[Sound]
    notices: list[str] = field(default_factory=list)  # one line each, for the user


def timbre_name(text: str) -> str:
    """A name that a timbre can have, out of a file's or a folder's."""
    name = OTHER.sub("-", text).strip("-").lower()[:LONGEST_NAME].rstrip("-")
    return name if name[:1].isalpha() else f"timbre-{name}"[:LONGEST_NAME].rstrip("-")
