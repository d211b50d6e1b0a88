"""Draw training batches: short crops of notes, each with another note of the same timbre.

A batch names what the generator is told (key, velocity, first step), what it should answer
(frames, note values), and the other note from which the encoder reads the timbre.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rtsynth import contract as c
from training import shards
from training.config import Config
from training.features import TIME_SATURATES_S
from training.readers import ENCODER_ONSET_FRAMES, ENCODER_SPAN

Floats = npt.NDArray[np.float32]
LATEST_FRAME = int(TIME_SATURATES_S * c.FRAME_RATE_HZ) + 64  # no need to be shown later ones
ONSET_STEPS = 4


@dataclass(frozen=True)
class Note:
    """One analysed note: where its frames lie, and what belongs to it."""

    timbre: int
    key: float
    velocity: float
    start: int
    frames: int
    values: tuple[float, float, float, float]  # in the order of `NOTE_FIELDS`
    held_out: bool
    sustained: bool


@dataclass
class Library:
    """All notes of a data set. `frames` holds a float16 array (frames, 160) a timbre."""

    timbres: list[str]
    notes: list[Note]
    frames: list[npt.NDArray[np.float16]]
    about: dict[str, Any]

    @staticmethod
    def open(folder: Path) -> Library:
        """Map the data set at `folder` into memory.

        Raises:
            training.shards.DataSetError: it is missing, unfinished or of another contract.

        """
        data = shards.load(folder)
        notes = [_note(note, number) for number, t in enumerate(data.timbres) for note in t.notes]
        sustained = {t.name: t.sustained for t in data.timbres}
        return Library(
            [t.name for t in data.timbres],
            notes,
            [t.frames for t in data.timbres],
            {"soundfont": data.soundfont, "sustained": sustained},
        )

    def excerpt(self, note: Note, start: int, count: int) -> Floats:
        """Frames `start` to `start + count` of a note, (count, 160); past its end its tail."""
        source = self.frames[note.timbre]
        stop = min(start + count, note.frames)
        first = min(start, max(stop - 8, 0))
        have = np.asarray(source[note.start + first : note.start + stop], np.float32)
        if stop - start >= count:
            return have
        last = have[-8:].mean(0)  # (160,)
        late = np.arange(max(stop, start), start + count, dtype=np.float32) - (note.frames - 1)
        slope = note.values[2] * c.HOP_S
        tail = np.maximum(last + slope * late[:, None], c.FLOOR_DB)  # (missing, 160)
        return np.concatenate([have[start - first :], tail]).astype(np.float32)

    def opening(self, note: Note) -> Floats:
        """What the encoder reads: the onset and every fourth frame after, (80, 160)."""
        frames = self.excerpt(note, 0, ENCODER_SPAN)
        return np.concatenate([frames[:ENCODER_ONSET_FRAMES], frames[ENCODER_ONSET_FRAMES::4]])


def _note(note: shards.Note, timbre: int) -> Note:
    tail = 0.0 if note.sustained else min(note.tail_db_per_s, 0.0)
    return Note(
        timbre=timbre,
        key=float(note.key),
        velocity=float(note.velocity),
        start=note.start,
        frames=note.frames,
        values=(note.inharmonicity_log10, note.gain_db, tail, note.release_db_per_s),
        held_out=note.held_out,
        sustained=note.sustained,
    )


@dataclass
class Batch:
    """Crops and their conditions, all float32 on one device (timbre: int64)."""

    timbre: Tensor  # (batch,)
    key: Tensor  # (batch,)
    velocity: Tensor  # (batch,)
    step: Tensor  # (batch,)
    frames: Tensor  # (batch, crop_frames, 160)
    note: Tensor  # (batch, 4)
    later: int  # so many of the first rows begin behind the onset
    mixed: Tensor  # (batch,) the rows in random order; the first `encoded` have another note
    other_key: Tensor  # (encoded,)
    other_velocity: Tensor  # (encoded,)
    other_frames: Tensor  # (encoded, 80, 160)


class Crops:
    """An endless supply of batches from the notes that may be trained on."""

    def __init__(self, library: Library, config: Config, seed: int, device: torch.device) -> None:
        self.library = library
        self.config = config
        self.device = device
        self.random = np.random.default_rng(seed)
        self.by_timbre: list[list[Note]] = [[] for _ in library.timbres]
        for note in library.notes:
            if not note.held_out:
                self.by_timbre[note.timbre].append(note)
        if not all(self.by_timbre):
            raise ValueError("a timbre of the data set has no notes to train on")

    def batch(self, encoded: int) -> Batch:
        """Draw a batch; `encoded` of its rows come with another note of their timbre."""
        config, library = self.config, self.library
        timbres = self.random.permutation(np.arange(config.batch) % len(library.timbres))
        drawn = [self._any(t) for t in timbres]
        placed = [(note, self._start(note)) for note in drawn]
        placed.sort(key=lambda pair: pair[1] < ONSET_STEPS * c.FRAMES_PER_STEP)
        notes, starts = [note for note, _ in placed], [start for _, start in placed]
        timbres = np.array([note.timbre for note in notes])
        crops = [self._crop(n, s) for n, s in zip(notes, starts, strict=True)]
        steps = [s // c.FRAMES_PER_STEP for s in starts]
        empty = np.zeros((0, 80, c.FRAME_VALUES), np.float32)
        mixed = self.random.permutation(config.batch)
        others = [self._any(t) for t in timbres[mixed[:encoded]]]
        openings = [library.opening(n) for n in others]
        jitter = self.random.standard_normal((2, config.batch))
        velocities = np.array([n.velocity for n in notes]) + config.velocity_jitter * jitter[1]
        return Batch(
            timbre=torch.as_tensor(timbres, dtype=torch.int64, device=self.device),
            key=self._tensor([n.key for n in notes] + config.key_jitter * jitter[0]),
            velocity=self._tensor(velocities.clip(1.0, 127.0)),
            step=self._tensor(steps),
            frames=self._tensor(np.stack(crops)),
            note=self._tensor([n.values for n in notes]),
            later=sum(s >= ONSET_STEPS * c.FRAMES_PER_STEP for s in starts),
            mixed=torch.as_tensor(mixed, dtype=torch.int64, device=self.device),
            other_key=self._tensor([n.key for n in others]),
            other_velocity=self._tensor([n.velocity for n in others]),
            other_frames=self._tensor(np.stack(openings) if openings else empty),
        )

    def openings(self, timbre: int) -> tuple[Tensor, Tensor, Tensor]:
        """Every training note of a timbre as the encoder reads it: frames, key, velocity."""
        notes = self.by_timbre[timbre]
        frames = self._tensor(np.stack([self.library.opening(n) for n in notes]))
        keys = self._tensor([n.key for n in notes])
        return frames, keys, self._tensor([n.velocity for n in notes])

    def _tensor(self, values: Any) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(self.device)

    def _any(self, timbre: int) -> Note:
        notes = self.by_timbre[timbre]
        return notes[int(self.random.integers(len(notes)))]

    def _start(self, note: Note) -> int:
        """A first frame, a multiple of `FRAMES_PER_STEP`."""
        draw, where = self.random.random(2)
        last = min(LATEST_FRAME if note.sustained else note.frames, LATEST_FRAME)
        last = max(last - self.config.crop_frames, 1)
        if draw < self.config.onset_share:
            return int(where * ONSET_STEPS) * c.FRAMES_PER_STEP
        if draw > 1.0 - self.config.beyond_share:
            start = last + where * max(LATEST_FRAME - last, 0)
        else:
            start = last * where**1.5
        return int(start) // c.FRAMES_PER_STEP * c.FRAMES_PER_STEP

    def _crop(self, note: Note, start: int) -> Floats:
        """The frames at `start`; a sustained note's later ones are any of its second half."""
        count = self.config.crop_frames
        last = note.frames - count
        if note.sustained and start > last > 0:
            start = int(self.random.integers(min(note.frames // 2, last), last + 1))
        return self.library.excerpt(note, start, count)
