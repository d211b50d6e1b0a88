"""Write and read the data set: the frames of single notes, one folder a timbre.

<folder>/dataset.json          contract_version, soundfont, timbres, sustained, programs, ranges
<folder>/<timbre>/frames.npy   float16 (frames of all notes, FRAME_VALUES), dB
<folder>/<timbre>/notes.json   a list of notes; `start` and `frames` point into frames.npy
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rtsynth.contract import CONTRACT_VERSION, FRAME_VALUES

Frames = npt.NDArray[np.float16]  # (frames, FRAME_VALUES) dB


class DataSetError(RuntimeError):
    """The data set is missing, unfinished or of another version; the message is one line."""


@dataclass(frozen=True)
class Note:
    """What is known of one note beside its frames; units as in `contract.NOTE_FIELDS`."""

    timbre: str
    program: int
    key: int
    velocity: int
    start: int  # first row in the timbre's frames
    frames: int
    inharmonicity_log10: float
    gain_db: float
    tail_db_per_s: float
    release_db_per_s: float
    width: float  # stereo, 0..1
    detune_cents: list[float]  # DETUNED_PARTIALS, of the lowest partials
    cents: float  # how far f0 is from the key
    held_out: bool  # kept from training, for its key or its velocity
    held_out_velocity: bool  # its velocity is kept from training (its key may be, too)
    sustained: bool
    pitched: bool  # False: noise bands only


@dataclass(frozen=True)
class Timbre:
    """All notes of one timbre."""

    name: str
    program: int
    sustained: bool
    low: int  # keys on which the instrument is at home
    high: int
    notes: list[Note]
    frames: Frames  # memory-mapped

    def note_frames(self, note: Note) -> Frames:
        """Frames of one note, (note.frames, FRAME_VALUES)."""
        return self.frames[note.start : note.start + note.frames]


@dataclass(frozen=True)
class DataSet:
    """Every timbre, in the order of dataset.json."""

    folder: Path
    soundfont: str
    timbres: list[Timbre]


def load(folder: str | Path) -> DataSet:
    """Read a data set.

    Raises:
        DataSetError: it is not there, not whole, or made for another contract.
    """
    folder = Path(folder)
    index = _read_json(folder / "dataset.json")
    if index.get("contract_version") != CONTRACT_VERSION:
        raise DataSetError(
            f"{folder} is of contract version {index.get('contract_version')}, "
            f"this program of {CONTRACT_VERSION}: make it anew with python -m training.data"
        )
    timbres = []
    for name in index["timbres"]:
        low, high = index["ranges"][name]
        notes, frames = read_timbre(folder / name)
        timbres.append(
            Timbre(
                name=name,
                program=int(index["programs"][name]),
                sustained=bool(index["sustained"][name]),
                low=int(low),
                high=int(high),
                notes=notes,
                frames=frames,
            )
        )
    return DataSet(folder, str(index["soundfont"]), timbres)


def read_timbre(folder: Path) -> tuple[list[Note], Frames]:
    """Read one timbre's folder.

    Raises:
        DataSetError: it is missing, or its files do not belong together.
    """
    entries = _read_json(folder / "notes.json")
    names = {field.name for field in fields(Note)}
    for entry in entries:
        if set(entry) != names:
            odd = ", ".join(sorted(names ^ set(entry)))
            raise DataSetError(f"{folder / 'notes.json'} has other fields: {odd}")
    notes = [Note(**entry) for entry in entries]
    try:
        frames = np.load(folder / "frames.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DataSetError(f"cannot read {folder / 'frames.npy'}: {error}") from error
    if frames.dtype != np.float16 or frames.ndim != 2 or frames.shape[1] != FRAME_VALUES:
        raise DataSetError(f"{folder / 'frames.npy'} is {frames.dtype} {frames.shape}")
    if any(note.start < 0 or note.start + note.frames > len(frames) for note in notes):
        raise DataSetError(f"{folder} is cut short: a note points beyond frames.npy")
    return notes, frames


def write_timbre(folder: Path, notes: Sequence[Note], frames: Sequence[Frames]) -> None:
    """Write one timbre; notes.json comes last, so that a half-written folder is seen as missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notes.json").unlink(missing_ok=True)
    rows = np.concatenate(list(frames)) if frames else np.zeros((0, FRAME_VALUES), np.float16)
    np.save(folder / "frames.npy", rows.astype(np.float16))
    _write_json(folder / "notes.json", [asdict(note) for note in notes])


def write_index(
    folder: Path,
    soundfont: str,
    programs: dict[str, int],
    sustained: dict[str, bool],
    ranges: dict[str, tuple[int, int]],
) -> None:
    """Write dataset.json for timbres that are written."""
    _write_json(
        folder / "dataset.json",
        {
            "contract_version": CONTRACT_VERSION,
            "soundfont": soundfont,
            "timbres": list(programs),
            "sustained": sustained,
            "programs": programs,
            "ranges": ranges,
        },
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataSetError(
            f"no {path}: make the data set with python -m training.data --out {path.parent}"
        ) from None
    except json.JSONDecodeError as error:
        raise DataSetError(f"{path} is broken: {error}") from error


def _write_json(path: Path, value: object) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(value, indent=1), encoding="utf-8")
    unfinished.replace(path)
