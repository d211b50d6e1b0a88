"""Learned controllers in a file of the user's, from one start to the next."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rtsynth.desk import Change, Desk
from rtsynth.errors import RtsynthError
from rtsynth.stage.shelf import SUFFIX, Shelf

FORMAT: Final = 1
SHELF: Final = Shelf("list of controllers", "controllers", FORMAT)
NAME: Final = "learned"


class LearnedFile:
    """Reads a desk's learned controllers, and writes them whenever they change. Thread: any."""

    def __init__(self, desk: Desk, say: Callable[[str], None]) -> None:
        """Nothing is read yet. `say` hears of a file that cannot be read or written."""
        self._desk = desk
        self._say = say
        self._aside = False  # the file that is there is damaged, and is to be kept

    def open(self) -> None:
        """Learn what the file says, and keep it up to date from now on."""
        if any(entry.name == NAME for entry in SHELF.entries()):
            try:
                self._desk.learn.load(SHELF.read(SHELF.entry(NAME, whole=True)).get("learned"))
            except RtsynthError as error:
                self._aside = True
                self._say(f"{path()}: {error}")
        self._desk.listen(self._heard)

    def _heard(self, change: Change) -> None:
        if change.name != "learned":
            return
        try:
            if self._aside:
                os.replace(path(), path().with_suffix(f"{SUFFIX}.damaged"))
                self._aside = False
            SHELF.save(NAME, {"learned": self._desk.learn.state()}, replace=True)
        except OSError as error:
            self._say(f"cannot keep what was learned: {error.strerror}")
        except RtsynthError as error:
            self._say(str(error))


def path() -> Path:
    """Where it is; it need not exist."""
    return SHELF.folder() / f"{NAME}{SUFFIX}"
