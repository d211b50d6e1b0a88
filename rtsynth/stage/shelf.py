"""Named TOML files of one kind: those in the user's folder, before those that come with rtsynth."""

import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs

from rtsynth.errors import RtsynthError, one_line
from rtsynth.files import write_whole

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SUFFIX: Final = ".toml"
MOST_BYTES: Final = 1 << 20  # a larger file is none of ours
# What every file system and a terminal can take: no / \ : * ? " < > |, no dot or space at an end.
NAME: Final = re.compile(r"[^\W_](?:[\w '&+,()-]{0,58}[\w')])?")
DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # on Windows


@dataclass(frozen=True)
class Entry:
    """A file that stands on a shelf, read or not."""

    name: str
    path: Path
    bundled: bool  # it came with rtsynth


class Shelf:
    """Files of one kind. Thread: any; what is on disk is looked up anew each time.

    A user's file hides a bundled one of the same name, in whatever case.
    """

    def __init__(self, kind: str, folder: str, newest: int, bundled: Path | None = None) -> None:
        """`kind` is the word for one of them, `newest` the latest format that can be read."""
        self._kind = kind
        self._folder = folder
        self._newest = newest
        self._bundled = bundled

    def folder(self) -> Path:
        """Where the user's files are; it need not exist."""
        return platformdirs.user_data_path("rtsynth", appauthor=False) / self._folder

    def entries(self) -> list[Entry]:
        """All there are, by name."""
        found = {}
        for path in sorted(self._bundled.glob(f"*{SUFFIX}")) if self._bundled is not None else ():
            found[_same(path.stem)] = Entry(path.stem, path, True)
        for path in sorted(self.folder().glob(f"[!.]*{SUFFIX}")):
            found[_same(path.stem)] = Entry(path.stem, path, False)
        return [found[same] for same in sorted(found)]

    def entry(self, name: str, whole: bool = False) -> Entry:
        """The one of a name, or of a part that no other name has (but for `whole`).

        Raises:
            RtsynthError: there is none, or more than one.
        """
        entries, wanted = self.entries(), _same(name)
        found = [entry for entry in entries if _same(entry.name) == wanted]
        if not found and not whole:
            found = [entry for entry in entries if wanted and wanted in _same(entry.name)]
        if len(found) > 1:
            fits = ", ".join(entry.name for entry in found)
            raise RtsynthError(f"more than one {self._kind} fits '{name}': {fits}")
        if not found:
            there = ", ".join(entry.name for entry in entries) or "none"
            raise RtsynthError(f"no {self._kind} named '{name}' (there are: {there})")
        return found[0]

    def read(self, entry: Entry) -> dict[str, Any]:
        """What a file says, its format left out: plain JSON values.

        Raises:
            RtsynthError: it cannot be read, is damaged, or was written by a newer rtsynth. The file
                stays as it is.
        """
        try:
            if entry.path.stat().st_size > MOST_BYTES:
                raise ValueError("it is too large")
            data = tomllib.loads(entry.path.read_text(encoding="utf-8"))
            _check_plain("", data)
            version = data.pop("format")
            if type(version) is not int or version < 1:
                raise ValueError(f"its format is {version!r}")
        except OSError as error:
            raise RtsynthError(f"cannot read {self._named(entry)}: {error.strerror}") from error
        except KeyError as error:
            raise self.damaged(entry, "it says no format") from error
        except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
            raise self.damaged(entry, one_line(error)) from error
        if version > self._newest:
            raise RtsynthError(
                f"{self._named(entry)} was written by a newer rtsynth (format {version}, this one "
                f"reads {self._newest}): update rtsynth"
            )
        return data

    def damaged(self, entry: Entry, why: str) -> RtsynthError:
        """The error of a file whose content is wrong."""
        return RtsynthError(f"{self._named(entry)} is damaged ({why}): mend it or delete it")

    def save(self, name: str, data: Mapping[str, Any], replace: bool = False) -> Path:
        """Write a file of the user's; one that has its name only gives way if `replace`.

        Raises:
            RtsynthError: the name cannot be one, or is taken, or the folder cannot be written.
        """
        import tomli_w

        name = self.check_name(name)
        taken = next((e for e in self.entries() if _same(e.name) == _same(name)), None)
        if taken is not None and not replace:
            raise RtsynthError(f"there is a {self._kind} named {taken.name}: give another name, or "
                               "say that it is to be replaced")  # fmt: skip
        path = self.folder() / f"{name}{SUFFIX}"
        try:
            write_whole(path, tomli_w.dumps({"format": self._newest, **data}))
            if taken is not None and not taken.bundled and not taken.path.samefile(path):
                taken.path.unlink(missing_ok=True)  # the same name in other letters
        except OSError as error:
            raise RtsynthError(f"cannot write {path}: {error.strerror}") from error
        return path

    def remove(self, name: str) -> Path:
        """Delete a file of the user's; a bundled one that it hid is there again.

        Raises:
            RtsynthError: there is none, or it cannot be deleted.
        """
        entry = self.entry(name, whole=True)
        if entry.bundled:
            raise RtsynthError(f"{self._kind} {entry.name} comes with rtsynth: it stays")
        try:
            entry.path.unlink()
        except OSError as error:
            raise RtsynthError(f"cannot delete {entry.path}: {error.strerror}") from error
        return entry.path

    def check_name(self, name: str) -> str:
        """A name as its file will have it.

        Raises:
            RtsynthError: it can be no file's name everywhere.
        """
        plain = unicodedata.normalize("NFC", name.strip())
        if not NAME.fullmatch(plain) or DEVICES.fullmatch(plain):
            raise RtsynthError(
                f"{name!r} is no name for a {self._kind}: a letter or digit, then up to 59 "
                "letters, digits, spaces or any of - _ ' & + , ( )"
            )
        return plain

    def _named(self, entry: Entry) -> str:
        return f"{self._kind} {entry.path}"


def _same(name: str) -> str:
    """What names that count as the same have in common, whatever their case, spaces or hyphens."""
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", name)).strip().casefold()


def _check_plain(where: str, value: Any) -> None:
    """Refuse what TOML can say and JSON cannot."""
    if isinstance(value, dict):
        for key, each in value.items():
            _check_plain(f"{where}.{key}" if where else key, each)
    elif isinstance(value, list):
        for each in value:
            _check_plain(where, each)
    elif not isinstance(value, str | int | float):
        raise ValueError(f"{where} is a {type(value).__name__}")
    elif value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"{where} is not a finite number")
