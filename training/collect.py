"""What all makers of data sets share: worker processes, an analysed note, a timbre on disk."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth.codec.analysis import Analysis, SilentNoteError
from rtsynth.contract import velocity_gain_db
from training.shards import DataSetError, Frames, Note, load, read_timbre, write_index, write_timbre

SILENT_DB: Final = -110.0  # dB re full scale at velocity 127
ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Found:
    """One analysed note; `note.start` is not yet known."""

    note: Note
    frames: Frames


@dataclass(frozen=True)
class Played:
    """How a note was played, and what is known of it before it is analysed."""

    timbre: str
    program: int  # General MIDI program, 0..127
    key: int
    velocity: int
    sustained: bool
    pitched: bool
    release_db_per_s: float
    held_out: bool  # kept from training, for its key or its velocity
    held_out_velocity: bool


def found_note(played: Played, found: Analysis, gain_db: float | None = None) -> Found:
    """Put together what is kept of a note.

    `gain_db` is the level of its loudest frame at velocity 127; None: its level is that of its
    velocity.

    Raises:
        SilentNoteError: the note is too soft to be heard.
    """
    if gain_db is None:
        gain_db = found.reference_db - velocity_gain_db(played.velocity)
    if gain_db < SILENT_DB:
        raise SilentNoteError("the note does not sound")
    note = Note(
        timbre=played.timbre,
        program=played.program,
        key=played.key,
        velocity=played.velocity,
        start=0,
        frames=len(found.frames),
        inharmonicity_log10=float(np.log10(found.pitch.inharmonicity)),
        gain_db=gain_db,
        tail_db_per_s=found.tail_db_per_s,
        release_db_per_s=played.release_db_per_s,
        width=found.width,
        detune_cents=[round(float(cents), 2) for cents in found.pitch.detune_cents],
        cents=found.pitch.cents,
        held_out=played.held_out,
        held_out_velocity=played.held_out_velocity,
        sustained=played.sustained,
        pitched=played.pitched,
    )
    return Found(note, found.frames.astype(np.float16))


def workers(processes: int) -> Pool:
    """Processes that compute with one thread each."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")  # read when a new process loads numpy
    return multiprocessing.get_context("spawn").Pool(processes)


def write_found(folder: Path, found: Sequence[Found]) -> None:
    """Write a timbre's notes. Those that share an array of frames share it on disk, too."""
    notes, frames, start = [], [], 0
    at: dict[int, int] = {}
    for one in found:
        if id(one.frames) not in at:
            at[id(one.frames)] = start
            frames.append(one.frames)
            start += len(one.frames)
        notes.append(replace(one.note, start=at[id(one.frames)]))
    write_timbre(folder, notes, frames)


def is_there(folder: Path) -> bool:
    """Whether a timbre is written, and whole."""
    try:
        read_timbre(folder)
    except DataSetError:
        return False
    return True


def add_to_index(out: Path, source: str, programs: dict[str, int]) -> None:
    """List timbres that are written behind those that the data set has; their range is their keys'.

    A data set of another contract, or a broken one, counts as none.
    """
    try:
        before = load(out)
        old, names = before.timbres, before.soundfont.split(", ")
    except DataSetError:
        old, names = [], []
    every = {timbre.name: timbre.program for timbre in old} | programs
    sustained = {timbre.name: timbre.sustained for timbre in old}
    ranges = {timbre.name: (timbre.low, timbre.high) for timbre in old}
    for name in programs:
        notes, _ = read_timbre(out / name)
        keys = [note.key for note in notes]
        sustained[name], ranges[name] = notes[0].sustained, (min(keys), max(keys))
    write_index(out, ", ".join(dict.fromkeys([*names, source])), every, sustained, ranges)
