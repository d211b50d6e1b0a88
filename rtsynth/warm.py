"""A cache on disk: onsets of the keyboard that was played last, so that the next start is warm.

One file a timbre: a line of JSON (what it was made from), the takes' numbers, frames and note
values, and a digest of all that. Files are found by the digest of what they were made from, so one
of another instrument, version, seed or format is never read.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import platformdirs
from numpy.typing import NDArray

from rtsynth import __version__, contract
from rtsynth._core import Link
from rtsynth.errors import RtsynthError
from rtsynth.metadata import Floats, Timbre

FORMAT: Final = 2
MOST_BYTES: Final = 64 << 20  # of all files: about eight timbres
SUFFIX: Final = ".takes"
DIGEST_BYTES: Final = 16
FRAME_STEPS: Final = 256.0  # int16, as in the core
PAGE_SHAPE: Final = (contract.PAGE_FRAMES, contract.FRAME_VALUES)
ROW: Final = np.dtype([("key", "<i2"), ("layer", "<i2"), ("frames", "<i2", PAGE_SHAPE),
                       ("note", "<f4", contract.NOTE_VALUES)])  # fmt: skip

Say = Callable[[str], None]
Rows = NDArray[Any]  # of ROW
Onset = tuple[Floats, Floats]  # frames (PAGE_FRAMES, FRAME_VALUES) dB and note (NOTE_VALUES,)


def folder() -> Path:
    """Where the files lie, for this user."""
    return platformdirs.user_cache_path("rtsynth", appauthor=False)


class WarmCache:
    """The files of one instrument. Thread: any one at a time, never the audio thread."""

    def __init__(self, instrument: Path, seed: int, frame_bits: int, say: Say) -> None:
        """Reads the whole instrument file, for its digest. `say` hears of a damaged file."""
        self.damaged = 0  # files that were thrown away
        self._say = say
        self._origin = {
            "format": FORMAT,
            "rtsynth": __version__,
            "contract": contract.CONTRACT_VERSION,
            "instrument": _digest(instrument.read_bytes()).hex(),
            "seed": seed,
            "frame_bits": frame_bits,
        }

    def restore(self, engine: Link, slot: int, timbre: Timbre) -> int:
        """Put the onsets that are on disk into the slot that holds the timbre; returns how many."""
        found = self.find(timbre)
        for (key, layer), (frames, note) in found.items():
            engine.put(slot, key, layer, 0, frames, note)
        return len(found)

    def find(self, timbre: Timbre) -> "Onsets":
        """The onsets of a timbre that are on disk: none, where there is no whole file."""
        path, header = self._file(timbre)
        try:
            data = path.read_bytes()
        except OSError:
            return Onsets(np.zeros(0, ROW))  # none there, or none for us
        rows = _read(data, header)
        if rows is None:
            self.damaged += 1
            self._say(f"{path} is damaged: it is left out, and made anew")
            with contextlib.suppress(OSError):
                path.unlink()
            return Onsets(np.zeros(0, ROW))
        _used(path)
        return Onsets(rows)

    def save(self, engine: Link, slot: int, timbre: Timbre) -> bool:
        """Write the onsets that a slot has; False: there are none, or they cannot be written.

        Thread: generator, or none but this one. A file with as many stays. One appears when it is
        complete; the oldest ones go where all would take more than MOST_BYTES.
        """
        rows = np.array(list(_onsets(engine, slot)), ROW)
        if not len(rows):
            return False
        path, header = self._file(timbre)
        if _has(path, header, len(rows)):
            _used(path)
            return True
        body = header + rows.tobytes()
        partial = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_room(path, MOST_BYTES - len(body) - DIGEST_BYTES)
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
            ) as partial:
                partial.write(body + _digest(body))
            os.replace(partial.name, path)
        except OSError:  # no folder, no room, no right: the next start is cold, that is all
            if partial is not None:
                with contextlib.suppress(OSError):
                    os.unlink(partial.name)
            return False
        return True

    def _file(self, timbre: Timbre) -> tuple[Path, bytes]:
        """Where a timbre's onsets lie, and the first line that they begin with."""
        state = [timbre.latent.tobytes(), bytes([timbre.low, timbre.high])]
        if timbre.correction is not None:
            state.append(timbre.correction.tobytes())
        origin = {**self._origin, "timbre": _digest(b"".join(state)).hex()}
        header = json.dumps(origin).encode() + b"\n"
        return folder() / (_digest(header).hex() + SUFFIX), header


class Onsets(Mapping[tuple[int, int], Onset]):
    """Onsets of a timbre by key and layer. Thread: any one."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._places = {(int(row["key"]), int(row["layer"])): i for i, row in enumerate(rows)}

    def __getitem__(self, place: tuple[int, int]) -> Onset:
        row = self._rows[self._places[place]]
        return row["frames"].astype(np.float32) / np.float32(FRAME_STEPS), row["note"].copy()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def files() -> list[Path]:
    """All files of the cache, the one used longest ago first."""
    with contextlib.suppress(OSError):
        found = [(path.stat().st_mtime, path) for path in folder().glob(f"*{SUFFIX}")]
        return [path for _, path in sorted(found)]
    return []


def clear() -> int:
    """Delete them all, and what was never completed; returns how many files there were.

    Raises:
        RtsynthError: one cannot be deleted.
    """
    found = files()
    for path in [*found, *folder().glob(f".*{SUFFIX}.*.tmp")]:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise RtsynthError(f"cannot delete {path}: {error.strerror}") from error
    return len(found)


def _onsets(engine: Link, slot: int) -> Iterator[tuple[Any, ...]]:
    for key in range(contract.KEY_LOW, contract.KEY_HIGH + 1):
        for layer in range(contract.VELOCITY_LAYERS):
            page = engine.first_page(slot, key, layer)
            if page is not None:
                yield key, layer, np.rint(page[0] * FRAME_STEPS), page[1][0]


def _read(data: bytes, header: bytes) -> Rows | None:
    """The rows of a file, None where anything in it is not as it was written."""
    body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if _digest(body) != digest or not body.startswith(header):
        return None
    rows = body[len(header) :]
    return np.frombuffer(rows, ROW) if rows and len(rows) % ROW.itemsize == 0 else None


def _has(path: Path, header: bytes, count: int) -> bool:
    """Whether a whole file has so many rows, or more."""
    with contextlib.suppress(OSError):
        rows = _read(path.read_bytes(), header)
        return rows is not None and len(rows) >= count
    return False


def _used(path: Path) -> None:
    """It goes last where room is made."""
    with contextlib.suppress(OSError):
        os.utime(path)


def _make_room(keep: Path, most_bytes: int) -> None:
    others = [path for path in files() if path != keep]
    used = sum(path.stat().st_size for path in others)
    for path in others:
        if used <= most_bytes:
            return
        used -= path.stat().st_size
        path.unlink(missing_ok=True)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
