"""Presets: all that the desk holds, as TOML files in the user's folder and with the package.

A file says `format = 1`, `about` (a line for people) and what differs from the start, in the words
of `Desk.state`. What it does not name is as at the start.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError
from rtsynth.stage.shelf import Entry, Shelf

FORMAT: Final = 1
MOST_ABOUT: Final = 200  # characters
SHELF: Final = Shelf("preset", "presets", FORMAT, Path(__file__).parents[1] / "presets")


@dataclass(frozen=True)
class Preset:
    """A preset as it was read."""

    entry: Entry
    about: str  # one line for people
    state: dict[str, Any]  # as `Desk.state` has it

    @property
    def name(self) -> str:
        """What it is called."""
        return self.entry.name


def read(name: str, whole: bool = False) -> Preset:
    """The preset of a name, or of a part that no other has (but for `whole`).

    Raises:
        RtsynthError: there is none, or its file is damaged or newer than this rtsynth.
    """
    entry = SHELF.entry(name, whole)
    state = SHELF.read(entry)
    about = state.pop("about", "")
    if not isinstance(about, str):
        raise SHELF.damaged(entry, "'about' is no text")
    return Preset(entry, " ".join(about.split())[:MOST_ABOUT], state)


def load(desk: Desk, preset: Preset) -> None:
    """Set everything on a desk as a preset says.

    Raises:
        RtsynthError: it asks for what there is not, in words that name the file and the field;
            nothing has changed.
    """
    try:
        desk.load(preset.state)
    except RtsynthError as error:
        raise RtsynthError(f"preset {preset.name}: {error} (in {preset.entry.path})") from error


def save(name: str, desk: Desk, about: str = "", replace: bool = False) -> Path:
    """Keep what a desk holds under a name; a preset that has it only gives way if `replace`.

    Raises:
        RtsynthError: the name cannot be one, or is taken, or the folder cannot be written.
    """
    line = " ".join(about.split())[:MOST_ABOUT]
    return SHELF.save(name, {"about": line, **desk.state()}, replace)
