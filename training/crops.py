"""Draw training batches: short crops of notes, each with another note of the same timbre.

A batch names what the generator is told (key, velocity, first step), what it should answer
(frames, note values), and the other note from which the encoder reads the timbre. Which crops
belong to a batch depends on the seed and the number of the training step alone, so a run goes on
where it stopped, on however many processes; each process reads only its own rows from disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rtsynth import contract as c
from training import shards
from training.config import Config
from training.features import TIME_SATURATES_S
from training.readers import ENCODER_FRAMES, ENCODER_ONSET_FRAMES, ENCODER_SPAN

Floats = npt.NDArray[np.float32]
LATEST_FRAME = int(TIME_SATURATES_S * c.FRAME_RATE_HZ) + 64  # no need to be shown later ones
ONSET_STEPS = 4
LOWEST = np.append(np.full(c.FRAME_LEVELS, c.FLOOR_DB), -c.PITCH_RANGE_CENTS).astype(np.float32)


@dataclass(frozen=True)
class Note:
    """One analysed note: where its frames lie, and what belongs to it."""

    timbre: int
    key: float
    velocity: float
    start: int
    frames: int
    values: tuple[float, ...]  # NOTE_VALUES of them: `NOTE_FIELDS`, then the detunes in cents
    held_out: bool
    sustained: bool


@dataclass
class Library:
    """All notes of a data set. `frames` holds a float16 array (frames, 161) a timbre."""

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
        about = {
            "soundfont": data.soundfont,
            "notes": len(notes),
            "sustained": {t.name: t.sustained for t in data.timbres},
            "programs": {t.name: t.program for t in data.timbres},
            "ranges": {t.name: [t.low, t.high] for t in data.timbres},
        }
        names, frames = [t.name for t in data.timbres], [t.frames for t in data.timbres]
        return Library(names, notes, frames, about)

    def excerpt(self, note: Note, start: int, count: int) -> Floats:
        """Frames `start` to `start + count` of a note, (count, 161); past its end its tail."""
        source = self.frames[note.timbre]
        stop = min(start + count, note.frames)
        first = min(start, max(stop - 8, 0))
        have = np.asarray(source[note.start + first : note.start + stop], np.float32)
        if stop - start >= count:
            return have
        last = have[-8:].mean(0)  # (161,)
        late = np.arange(max(stop, start), start + count, dtype=np.float32) - (note.frames - 1)
        fall = np.append(np.full(c.FRAME_LEVELS, note.values[2] * c.HOP_S), 0.0)  # a frame
        tail = np.maximum(last + fall * late[:, None], LOWEST)  # (missing, 161)
        return np.concatenate([have[start - first :], tail]).astype(np.float32)

    def opening(self, note: Note) -> Floats:
        """What the encoder reads: the onset and every fourth frame after, (80, 161)."""
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
        values=(
            note.inharmonicity_log10,
            note.gain_db,
            tail,
            note.release_db_per_s,
            note.width,
            *note.detune_cents,
        ),
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
    frames: Tensor  # (batch, crop_frames, 161)
    note: Tensor  # (batch, NOTE_VALUES)
    later: int  # so many of the first rows begin behind the onset
    mixed: Tensor  # (batch,) the rows in random order; the first `encoded` have another note
    other_key: Tensor  # (encoded,)
    other_velocity: Tensor  # (encoded,)
    other_frames: Tensor  # (encoded, 80, 161)


class Row(NamedTuple):
    """One crop of a batch, before anything is read."""

    note: Note
    start: int  # frame
    other: Note  # of the same timbre
    key: float
    velocity: float


class Crops:
    """An endless supply of batches from the notes that may be trained on."""

    def __init__(
        self, library: Library, config: Config, device: torch.device, rank: int = 0, world: int = 1
    ) -> None:
        self.library = library
        self.config = config
        self.device = device
        self.rank, self.world = rank, world
        self.by_timbre: list[list[Note]] = [[] for _ in library.timbres]
        for note in library.notes:
            if not note.held_out:
                self.by_timbre[note.timbre].append(note)
        if not all(self.by_timbre):
            raise ValueError("a timbre of the data set has no notes to train on")
        if config.batch // config.long_factor < world:
            raise ValueError(f"a batch of {config.batch} is too small for {world} processes")
        if config.crop_frames % 32:
            raise ValueError(f"crop_frames is {config.crop_frames}, no multiple of 32")

    def is_long(self, step: int) -> bool:
        """Whether the crops of this training step are the long ones."""
        return step % self.config.long_every == self.config.long_every - 1

    def plan(self, step: int) -> tuple[list[Row], int]:
        """The crops of a training step for all processes, and their length in frames.

        Rows behind the onset come first. Timbres are drawn in turn, in a random order each time;
        so are the notes of each timbre.
        """
        config = self.config
        random = np.random.default_rng([config.seed, step])
        long = self.is_long(step)
        rows = config.batch // config.long_factor if long else config.batch
        frames = config.crop_frames * (config.long_factor if long else 1)
        longs = step // config.long_every  # before this step
        first = (step - longs) * config.batch + longs * (config.batch // config.long_factor)
        plan = []
        for note in (self._drawn(i) for i in range(first, first + rows)):
            notes = self.by_timbre[note.timbre]
            other = notes[int(random.integers(len(notes)))]
            key, velocity = random.standard_normal(2) * (config.key_jitter, config.velocity_jitter)
            velocity = float(np.clip(note.velocity + velocity, 1.0, 127.0))
            start = self._start(note, frames, random)
            plan.append(Row(note, start, other, note.key + float(key), velocity))
        plan.sort(key=lambda row: row.start < ONSET_STEPS * c.FRAMES_PER_STEP)
        return plan, frames

    def batch(self, step: int, encoded_share: float) -> Batch:
        """This process's rows of a step; `encoded_share` of them with their other note."""
        plan, frames = self.plan(step)
        rows = plan[self.rank :: self.world]
        random = np.random.default_rng([self.config.seed, step, self.rank, 1])
        mixed = random.permutation(len(rows))
        others = [rows[i].other for i in mixed[: round(len(rows) * encoded_share)]]
        openings = [self.library.opening(n) for n in others]
        empty = np.zeros((0, ENCODER_FRAMES, c.FRAME_VALUES), np.float32)
        crops = [self._crop(row.note, row.start, frames, random) for row in rows]
        return Batch(
            timbre=self._integers([row.note.timbre for row in rows]),
            key=self._tensor([row.key for row in rows]),
            velocity=self._tensor([row.velocity for row in rows]),
            step=self._tensor([row.start // c.FRAMES_PER_STEP for row in rows]),
            frames=self._tensor(np.stack(crops)),
            note=self._tensor([row.note.values for row in rows]),
            later=sum(row.start >= ONSET_STEPS * c.FRAMES_PER_STEP for row in rows),
            mixed=self._integers(mixed),
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

    def _integers(self, values: Any) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.int64)).to(self.device)

    def _drawn(self, index: int) -> Note:
        """The note of the run's crop number `index`."""
        seed = self.config.seed
        turn, place = divmod(index, len(self.by_timbre))
        timbre = int(np.random.default_rng([seed, 2, turn]).permutation(len(self.by_timbre))[place])
        notes = self.by_timbre[timbre]
        epoch, number = divmod(turn, len(notes))
        order = np.random.default_rng([seed, 3, timbre, epoch]).permutation(len(notes))
        return notes[int(order[number])]

    def _start(self, note: Note, frames: int, random: np.random.Generator) -> int:
        """A first frame, a multiple of `FRAMES_PER_STEP`, for a crop of `frames`."""
        draw, where = random.random(2)
        last = min(LATEST_FRAME if note.sustained else note.frames, LATEST_FRAME)
        last = max(last - frames, 1)
        if draw < self.config.onset_share:
            return int(where * ONSET_STEPS) * c.FRAMES_PER_STEP
        if draw > 1.0 - self.config.beyond_share:
            start = last + where * max(LATEST_FRAME - last, 0)
        else:
            start = last * where**1.5
        return int(start) // c.FRAMES_PER_STEP * c.FRAMES_PER_STEP

    def _crop(self, note: Note, start: int, count: int, random: np.random.Generator) -> Floats:
        """The frames at `start`; a sustained note's later ones are any of its second half."""
        last = note.frames - count
        if note.sustained and start > last > 0:
            start = int(random.integers(min(note.frames // 2, last), last + 1))
        return self.library.excerpt(note, start, count)
