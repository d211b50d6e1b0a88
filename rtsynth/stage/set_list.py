"""Set lists: presets in the order of an evening, as TOML files in the user's folder.

format = 1
channel = 16                  # whose program changes choose among them; left out: any
presets = ["grand-piano", "split bass", "grand-piano"]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

from rtsynth.errors import RtsynthError
from rtsynth.messages import CHANNELS, PROGRAMS
from rtsynth.stage import presets
from rtsynth.stage.shelf import Entry, Shelf

FORMAT: Final = 1
MOST_PRESETS: Final = PROGRAMS  # a program change reaches each of them
SHELF: Final = Shelf("set list", "set-lists", FORMAT)
KNOWN: Final = {"presets", "channel"}


@dataclass(frozen=True)
class SetList:
    """Presets in order, and who may choose among them."""

    name: str
    presets: tuple[str, ...]  # names, one at least
    channel: int | None = None  # 0..15, whose program changes choose; None: any


def read(name: str) -> SetList:
    """The set list of a name, or of a part that no other has.

    Raises:
        RtsynthError: there is none, its file is damaged or newer than this rtsynth, or a preset of
            it is missing.
    """
    entry = SHELF.entry(name)
    found = _checked(entry, SHELF.read(entry))
    for each in found.presets:
        try:
            presets.read(each, whole=True)
        except RtsynthError as error:
            raise RtsynthError(f"set list {entry.name}: {error}") from error
    return found


def save(found: SetList, replace: bool = False) -> Path:
    """Write a set list; one that has its name only gives way if `replace`.

    Raises:
        RtsynthError: the name cannot be one, or is taken, or the folder cannot be written.
    """
    data: dict[str, Any] = {"presets": list(found.presets)}
    if found.channel is not None:
        data["channel"] = found.channel + 1
    return SHELF.save(found.name, data, replace)


def _checked(entry: Entry, data: dict[str, Any]) -> SetList:
    unknown = sorted(data.keys() - KNOWN)
    if unknown:
        raise SHELF.damaged(entry, f"it has no '{unknown[0]}': only {', '.join(sorted(KNOWN))}")
    names, channel = data.get("presets"), data.get("channel")
    if not _texts(names) or not 1 <= len(names) <= MOST_PRESETS:
        raise SHELF.damaged(entry, f"'presets' are the names of 1 to {MOST_PRESETS} presets")
    if channel is not None and (type(channel) is not int or not 1 <= channel <= CHANNELS):
        raise SHELF.damaged(entry, f"'channel' is {channel!r}, not 1 to {CHANNELS}")
    return SetList(entry.name, tuple(names), None if channel is None else channel - 1)


def _texts(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)
