"""Makes takes: jobs to frames, each with the instrument of its timbre, and the noise they need."""

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.instrument import Instrument
from rtsynth.metadata import CORRECTION_FRAMES, Floats, Timbre
from rtsynth.takes import STEPS_PER_PAGE, Job, slot_of

NOISE_ROWS: Final = 1 << 13  # step noise is drawn from so many rows


class StepNoise:
    """Step noise that is a pure function of (seed, key, layer, step). Thread: any.

    The slot of a timbre is none of it: in which one a timbre came to lie is not to be heard.
    A hash of take, period and number of the draw picks a row of a fixed table; slow values are
    blended between two draws as `contract.noise_blend` has it. Pages may come in any order.
    """

    def __init__(self, seed: int) -> None:
        self._seed = np.uint64(seed & 0xFFFFFFFF)
        self._table = _gaussian_rows()

    def rows(self, jobs: Sequence[Job], pages: int) -> Floats:
        """Noise (jobs, CONTEXT_STEPS + pages * STEPS_PER_PAGE + CONTEXT_STEPS, STEP_NOISE_SIZE)."""
        where = np.array([job[1:3] for job in jobs], np.int64)  # (jobs, 2): key and layer
        take = (where[:, 0] << 8) | where[:, 1]
        take_hash = _mix((take.astype(np.uint64) << np.uint64(32)) ^ self._seed)
        places = [_noise_places(job.page, pages) for job in jobs]
        number, weight_now, weight_then = (np.stack(each) for each in zip(*places, strict=True))
        stream = _mix(take_hash[:, None] + _PERIODS)[:, None, _PERIOD_OF_DRAW]  # (jobs, 1, draws)
        row = (_mix(stream + number) & np.uint64(NOISE_ROWS - 1)).astype(np.int64)
        noise = self._table[row[..., _NOW], np.arange(contract.STEP_NOISE_SIZE)]
        then = self._table[row[..., _THEN], _SLOW]  # (jobs, steps, slow values)
        noise[..., _SLOW] = weight_now * noise[..., _SLOW] + weight_then * then
        return noise


_DRAWS: Final = [  # what the values of a step are made of: (period, 0: draw before, 1: the next)
    (period, later)
    for period in sorted(set(contract.STEP_NOISE_PERIODS))
    for later in ((0, 1) if period > 1 else (0,))
]
_SLOW: Final = np.flatnonzero(np.array(contract.STEP_NOISE_PERIODS) > 1)
_NOW: Final = [_DRAWS.index((period, 0)) for period in contract.STEP_NOISE_PERIODS]
_THEN: Final = [_DRAWS.index((contract.STEP_NOISE_PERIODS[i], 1)) for i in _SLOW]
_PERIODS: Final = np.array(sorted(set(contract.STEP_NOISE_PERIODS)), np.uint64)
_PERIOD_OF_DRAW: Final = np.searchsorted(_PERIODS, [period for period, _ in _DRAWS])


@lru_cache(maxsize=4 * contract.TAKE_PAGES)
def _noise_places(
    page: int, pages: int
) -> tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64]]:
    """Which draws pages and the steps around them are made of.

    Returns:
        Numbers of the draws (steps, draws), 0 or more, and the weights of the draw before and of
        the next (steps, slow values).
    """
    context = contract.CONTEXT_STEPS
    step = page * STEPS_PER_PAGE + np.arange(-context, pages * STEPS_PER_PAGE + context)
    numbers = [step // p + later if p > 1 else step * p for p, later in _DRAWS]
    place = step[:, None] / np.array(contract.STEP_NOISE_PERIODS)[_SLOW]
    angle = 0.5 * np.pi * (place - np.floor(place))
    told = np.stack(numbers, axis=1) + context
    return told.astype(np.uint64), np.cos(angle), np.sin(angle)


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@lru_cache(maxsize=1)
def _gaussian_rows() -> Floats:
    """(NOISE_ROWS, STEP_NOISE_SIZE) Gaussian numbers by Box and Muller: the same everywhere."""
    count = NOISE_ROWS * contract.STEP_NOISE_SIZE
    bits = _mix(np.arange(count, dtype=np.uint64)) >> np.uint64(11)
    uniform = (bits.astype(np.float64) + 0.5) * 2.0**-53
    radius = np.sqrt(-2.0 * np.log(uniform[: count // 2]))
    angle = 2.0 * np.pi * uniform[count // 2 :]
    normal = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return normal.astype(np.float32).reshape(NOISE_ROWS, contract.STEP_NOISE_SIZE)


class TakeMaker:
    """Turns jobs into frames, each with the instrument that its timbre belongs to.

    Thread: one at a time, but for `add` and `latest`.
    """

    def __init__(
        self, instrument: Instrument, seed: int, held: Mapping[int, Timbre] | None = None
    ) -> None:
        """`held` is what the timbre slots hold, and may change; None: the instrument's timbres."""
        self._instruments = {0: instrument}  # by origin
        self.level_db = instrument.metadata.level_db  # the output gain is that of the first
        self._held = dict(enumerate(instrument.metadata.timbres)) if held is None else held
        self._noise = StepNoise(seed)

    @property
    def latest(self) -> int:
        """Origin of the instrument that was added last."""
        return max(self._instruments)

    def add(self, instrument: Instrument) -> int:
        """Know another instrument; returns the origin that its timbres are to have. Thread: any."""
        origin = self.latest + 1
        self._instruments[origin] = instrument
        return origin

    def keep(self, origins: Container[int]) -> None:
        """Let all other instruments go, but for the latest."""
        latest = self.latest
        for origin in list(self._instruments):
            if origin not in origins and origin != latest:
                del self._instruments[origin]

    def make(self, jobs: Sequence[Job]) -> tuple[Floats, Floats]:
        """Frames (jobs, pages * PAGE_FRAMES, FRAME_VALUES) dB and notes (jobs, NOTE_VALUES).

        All jobs must ask for the same number of pages. A key outside a timbre's range gets the
        spectrum of the nearest key inside: the voice plays it at its own pitch.
        """
        places: dict[int, list[int]] = {}
        for place, job in enumerate(jobs):
            places.setdefault(self._held[slot_of(job)].origin, []).append(place)
        if len(places) == 1:
            return self._make(next(iter(places)), jobs)
        made = [self._make(origin, [jobs[i] for i in those]) for origin, those in places.items()]
        order = np.argsort(np.concatenate(list(places.values())))
        frames, notes = (np.concatenate(each)[order] for each in zip(*made, strict=True))
        return frames, notes

    def _make(self, origin: int, jobs: Sequence[Job]) -> tuple[Floats, Floats]:
        """As `make`, of one instrument's timbres."""
        instrument = self._instruments[origin]
        pages = jobs[0].pages
        timbres = [self._held[slot_of(job)] for job in jobs]
        keys = [min(max(j.key, t.low), t.high) for j, t in zip(jobs, timbres, strict=True)]
        frames, notes = instrument.generate(
            np.array(keys, np.float32),
            np.array([contract.layer_velocity(job.layer) for job in jobs], np.float32),
            np.stack([each.latent for each in timbres]),
            np.array([job.page * STEPS_PER_PAGE for job in jobs], np.float32),
            self._noise.rows(jobs, pages),
        )
        if instrument.metadata.level_db != self.level_db:
            _raise(frames, instrument.metadata.level_db - self.level_db)
        for job, row, each in zip(jobs, frames, timbres, strict=True):
            if each.correction is not None:
                _raise(row, _correction_places(job.page, pages) @ each.correction)
        return frames, notes


def _raise(frames: Floats, added_db: Floats | float) -> None:
    """Add to levels (..., frames, FRAME_LEVELS), in place; what is silent stays so."""
    levels = frames[..., : contract.FRAME_LEVELS]
    silent = levels <= contract.FLOOR_DB
    levels[:] = np.maximum(levels + added_db, contract.FLOOR_DB)
    levels[silent] = contract.FLOOR_DB


@lru_cache(maxsize=contract.TAKE_PAGES)
def _correction_places(page: int, pages: int) -> Floats:
    """Weights of a correction's rows in each frame, (pages * PAGE_FRAMES, CORRECTION_FRAMES)."""
    first, count = page * contract.PAGE_FRAMES, pages * contract.PAGE_FRAMES
    frames = np.log1p(np.arange(first, first + count))
    told = np.log1p(CORRECTION_FRAMES)
    rows = [np.interp(frames, told, row) for row in np.eye(len(told))]
    return np.stack(rows, axis=1).astype(np.float32)
