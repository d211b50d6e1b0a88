"""A folder of sound files: each sub-folder is a timbre, the notes are in the files' names."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from training.sources.names import parse, with_layers
from training.sources.sounds import Sound, Source, SourceError, timbre_name

SUFFIXES: Final = (".wav", ".flac", ".ogg", ".oga", ".aif", ".aiff")
DIGITS: Final = re.compile(r"(\d+)")


def read(folder: Path) -> Source:
    """Every sound file below a folder; those of its own are a timbre of the folder's name.

    Raises:
        SourceError: there is none, or two sub-folders would have one name.
    """
    groups: dict[str, list[Path]] = defaultdict(list)
    homes: dict[str, str] = {}
    for path in sorted(folder.rglob("*"), key=in_order):
        below = path.relative_to(folder)
        if path.suffix.lower() not in SUFFIXES or any(p.startswith(".") for p in below.parts):
            continue
        home = below.parts[0] if len(below.parts) > 1 else folder.resolve().name
        name = timbre_name(home)
        if homes.setdefault(name, home) != home:
            raise SourceError(f"{folder}: {homes[name]} and {home} would both be called {name}")
        groups[name].append(path)
    if not groups:
        raise SourceError(f"{folder}: no sound files ({', '.join(SUFFIXES)})")
    sounds = []
    for name, paths in groups.items():
        named = [parse(path.stem) for path in paths]
        for path, said, velocities in zip(paths, named, with_layers(named), strict=True):
            sounds.append(Sound(path, name, key=said.key, velocities=velocities))
    return Source(folder.resolve().name, sounds)


def in_order(path: Path) -> tuple[tuple[int, str], ...]:
    """Order of files by name, in which "2" comes before "10"."""
    parts = DIGITS.split(str(path).lower())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)
