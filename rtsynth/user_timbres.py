"""The player's own timbres: one JSON file each in the user's data folder."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs

from rtsynth import contract
from rtsynth.errors import RtsynthError, one_line
from rtsynth.files import write_whole
from rtsynth.metadata import CORRECTION_FRAMES, WRONG, Floats, Metadata, Timbre

FORMAT: Final = 1
NAME: Final = re.compile(r"[^\W\d_][\w-]{0,39}")
RESERVED: Final = ("random",)  # means something else behind --timbre
MOST_CORRECTION_DB: Final = 100.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class UserTimbre:
    """A timbre of the player's, and the instrument whose latent space it lies in."""

    timbre: Timbre
    instrument: str  # name and version, to be read
    network: str  # `fingerprint` of the instrument
    source: str  # where it came from, to be read
    path: Path


def folder() -> Path:
    """Where the files are; it need not exist."""
    return platformdirs.user_data_path("rtsynth", appauthor=False) / "timbres"


def fingerprint(metadata: Metadata) -> str:
    """Tells networks apart, whatever they are called: a hash of the stored output."""
    return hashlib.sha256(str(metadata.check.get("frames", "")).encode()).hexdigest()[:16]


def load_all(metadata: Metadata, say: Say | None = None) -> tuple[Timbre, ...]:
    """The user's timbres for an instrument, by name; `say` hears of files that cannot be read."""
    wanted = fingerprint(metadata)
    return tuple(each.timbre for each in read_all(say) if each.network == wanted)


def read_all(say: Say | None = None) -> list[UserTimbre]:
    """Every timbre there is, whatever instrument it belongs to, by name."""
    found = []
    for path in sorted(folder().glob("*.json")):
        try:
            found.append(_read(path))
        except RtsynthError as error:
            if say is not None:
                say(str(error))
    return found


def check_name(name: str, metadata: Metadata, replace: bool = False) -> None:
    """Refuse a name that cannot be given to a new timbre of an instrument.

    Raises:
        RtsynthError: it cannot be typed behind --timbre, or is taken (a timbre of the user's may
            be taken away if `replace`).
    """
    if not NAME.fullmatch(name) or name.lower() in RESERVED:
        raise RtsynthError(
            f"'{name}' is no name for a timbre: a letter, then up to 39 letters, digits, - or _"
        )
    for timbre in metadata.timbres:
        if timbre.name.lower() == name.lower():
            raise RtsynthError(
                f"{metadata.name} has a timbre named {timbre.name}: give another --name"
            )
    if not replace and _paths(name):
        raise RtsynthError(f"there is a timbre named {name}: give another --name, or --force")


def save(timbre: Timbre, metadata: Metadata, source: str) -> Path:
    """Write a timbre of an instrument; what had its name is replaced, all at once.

    Raises:
        RtsynthError: the folder cannot be written.
    """
    data = {
        "format": FORMAT,
        "name": timbre.name,
        "instrument": f"{metadata.name} {metadata.version}".strip(),
        "network": fingerprint(metadata),
        "source": source,
        "latent": [round(float(value), 5) for value in timbre.latent],
        "correction_db": _rows(timbre.correction),
        "low": timbre.low,
        "high": timbre.high,
        "sustained": timbre.sustained,
    }
    path = folder() / f"{timbre.name}.json"
    old = [each for each in _paths(timbre.name) if each.name != path.name]
    try:
        write_whole(path, json.dumps(data) + "\n")
        for each in old:  # the same name in other letters
            each.unlink(missing_ok=True)
    except OSError as error:
        raise RtsynthError(f"cannot write {path}: {error.strerror}") from error
    return path


def remove(name: str) -> Path:
    """Delete the file of a timbre.

    Raises:
        RtsynthError: there is none, or it cannot be deleted.
    """
    paths = _paths(name)
    if not paths:
        there = ", ".join(path.stem for path in sorted(folder().glob("*.json"))) or "none"
        raise RtsynthError(f"no timbre of yours is named '{name}' (there are: {there})")
    try:
        for path in paths:
            path.unlink()
    except OSError as error:
        raise RtsynthError(f"cannot delete {paths[0]}: {error.strerror}") from error
    return paths[0]


def _paths(name: str) -> list[Path]:
    return [path for path in folder().glob("*.json") if path.stem.lower() == name.lower()]


def _read(path: Path) -> UserTimbre:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise RtsynthError(f"{path} was written by another rtsynth: clone it again")
        timbre = Timbre(
            name=str(data["name"]),
            latent=_numbers(data["latent"], contract.LATENT_SIZE),
            low=int(data["low"]),
            high=int(data["high"]),
            programs=(),
            sustained=bool(data["sustained"]),
            correction=_correction(data["correction_db"]),
        )
        if not 0 <= timbre.low <= timbre.high <= 127 or timbre.name != path.stem:
            raise ValueError("its range or its name is wrong")
        instrument, network = str(data["instrument"]), str(data["network"])
        return UserTimbre(timbre, instrument, network, str(data["source"]), path)
    except OSError as error:
        raise RtsynthError(f"cannot read {path}: {error.strerror}") from error
    except WRONG as error:
        raise RtsynthError(
            f"{path} is no timbre ({one_line(error)}): clone it again or delete it"
        ) from error


def _correction(values: Any) -> Floats | None:
    if not values:
        return None
    numbers = _numbers(values, len(CORRECTION_FRAMES), contract.FRAME_LEVELS)
    return np.clip(numbers, -MOST_CORRECTION_DB, MOST_CORRECTION_DB)


def _rows(correction: Floats | None) -> list[list[float]]:
    rows = correction if correction is not None else ()
    return [[round(float(value), 1) for value in row] for row in rows]


def _numbers(values: Any, *shape: int) -> Floats:
    with np.errstate(over="ignore"):
        numbers = np.asarray(values, np.float32)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise ValueError(f"{' x '.join(map(str, shape))} numbers are due")
    return numbers
