"""What is generated, in which order, within which budget: pages of takes and their noise."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.instrument import Instrument
from rtsynth.metadata import CORRECTION_FRAMES, Floats, Timbre

STEPS_PER_PAGE: Final = contract.PAGE_FRAMES // contract.FRAMES_PER_STEP
AHEAD_PAGES: Final = 2  # pages made for a voice that asks for more of a take it plays
CATCH_UP_PAGES: Final = 8  # pages made at a time of a take that a voice is far into
CATCH_UP_BATCH: Final = 2  # and of so many takes: a new note must not wait long
SOON_FRAMES: Final = 16  # a page of which less is left is made with the one behind it
LOOP_PAGES: Final = 16  # a sustained note goes on within so many pages from LOOP_FIRST_PAGE on
NOISE_ROWS: Final = 1 << 13  # step noise is drawn from so many rows


Take = tuple[int, int, int]  # timbre slot (from TIMBRE_SLOTS on its middle takes), key, layer


class Job(NamedTuple):
    """Pages of one take that are to be made."""

    timbre: int  # slot
    key: int
    layer: int
    page: int  # first page
    pages: int = 1


def nearest_key(key: int) -> int:
    """The key whose take a key plays."""
    return min(max(key, contract.KEY_LOW), contract.KEY_HIGH)


def slot_of(take: Take | Job) -> int:
    """The timbre slot that a take belongs to, a middle take as well."""
    return take[0] % contract.TIMBRE_SLOTS


def middle_page(frame: int, sustained: bool) -> tuple[int, int]:
    """First page and number of pages for a note that reads `frame` and is to go over."""
    page, place = divmod(frame, contract.PAGE_FRAMES)
    if sustained and page >= contract.LOOP_FIRST_PAGE + LOOP_PAGES:
        return contract.LOOP_FIRST_PAGE + page % LOOP_PAGES, 1
    soon = place >= contract.PAGE_FRAMES - SOON_FRAMES and page + 1 < contract.TAKE_PAGES
    return page, 2 if soon else 1


class StepNoise:
    """Step noise that is a pure function of (seed, timbre, key, layer, step). Thread: any.

    A hash of take, period and number of the draw picks a row of a fixed table; slow values are
    blended between two draws as `contract.noise_blend` has it. Pages may come in any order.
    """

    def __init__(self, seed: int) -> None:
        self._seed = np.uint64(seed & 0xFFFFFFFF)
        self._table = _gaussian_rows()

    def rows(self, jobs: Sequence[Job], pages: int) -> Floats:
        """Noise (jobs, CONTEXT_STEPS + pages * STEPS_PER_PAGE + CONTEXT_STEPS, STEP_NOISE_SIZE)."""
        where = np.array([(slot_of(job), *job[1:4]) for job in jobs], np.int64)  # (jobs, 4)
        take = (where[:, 0] << 16) | (where[:, 1] << 8) | where[:, 2]
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
    """Turns jobs into frames with an instrument. One thread at a time."""

    def __init__(
        self, instrument: Instrument, seed: int, held: Mapping[int, Timbre] | None = None
    ) -> None:
        """`held` is what the timbre slots hold, and may change; None: the instrument's timbres."""
        self._instrument = instrument
        self._held = dict(enumerate(instrument.metadata.timbres)) if held is None else held
        self._noise = StepNoise(seed)

    def make(self, jobs: Sequence[Job]) -> tuple[Floats, Floats]:
        """Frames (jobs, pages * PAGE_FRAMES, FRAME_VALUES) dB and notes (jobs, NOTE_VALUES).

        All jobs must ask for the same number of pages. A key outside a timbre's range gets the
        spectrum of the nearest key inside: the voice plays it at its own pitch.
        """
        pages = jobs[0].pages
        timbres = [self._held[slot_of(job)] for job in jobs]
        keys = [min(max(j.key, t.low), t.high) for j, t in zip(jobs, timbres, strict=True)]
        frames, notes = self._instrument.generate(
            np.array(keys, np.float32),
            np.array([contract.layer_velocity(job.layer) for job in jobs], np.float32),
            np.stack([each.latent for each in timbres]),
            np.array([job.page * STEPS_PER_PAGE for job in jobs], np.float32),
            self._noise.rows(jobs, pages),
        )
        for job, row, each in zip(jobs, frames, timbres, strict=True):
            if each.correction is not None:
                added = _correction_places(job.page, pages) @ each.correction
                levels = row[:, : contract.FRAME_LEVELS]
                silent = levels <= contract.FLOOR_DB  # and stays so
                levels[:] = np.maximum(levels + added, contract.FLOOR_DB)
                levels[silent] = contract.FLOOR_DB
        return frames, notes


@lru_cache(maxsize=contract.TAKE_PAGES)
def _correction_places(page: int, pages: int) -> Floats:
    """Weights of a correction's rows in each frame, (pages * PAGE_FRAMES, CORRECTION_FRAMES)."""
    first, count = page * contract.PAGE_FRAMES, pages * contract.PAGE_FRAMES
    frames = np.log1p(np.arange(first, first + count))
    told = np.log1p(CORRECTION_FRAMES)
    rows = [np.interp(frames, told, row) for row in np.eye(len(told))]
    return np.stack(rows, axis=1).astype(np.float32)


class Wishes:
    """What voices asked for and did not get yet. Thread: generator.

    Voices ask for single pages; a wish is a take and how far its pages are wanted, so that what
    to make next is always the page that the take lacks, whatever came in between.
    """

    def __init__(self, held: Mapping[int, Timbre]) -> None:
        """`held` is what the timbre slots hold: wishes of empty slots are passed over."""
        self._held = held
        self._ends: dict[Take, tuple[int, int]] = {}  # pages wanted urgently, pages wanted

    def add(self, requests: NDArray[np.int32]) -> None:
        """Take in rows (n, 5) of timbre, key, layer, first_frame, sounding."""
        for timbre, key, layer, first_frame, sounding in requests.tolist():
            take, end = (timbre, key, layer), first_frame // contract.PAGE_FRAMES + 1
            if slot_of(take) in self._held:
                self._want(take, end if sounding else 0, end)

    def _want(self, take: Take, urgent: int, end: int) -> None:
        before = self._ends.get(take, (0, 0))
        self._ends[take] = (max(before[0], urgent), max(before[1], end))

    def next(
        self,
        limit: int,
        frames_ready: Callable[[int, int, int], int],
        urgent_only: bool = False,
        moving: Container[int] = (),
    ) -> list[Job]:
        """Up to `limit` jobs of the same number of pages, the most urgent first.

        That is: voices that play a substitute, then voices about to run out, then those far into
        a take that is made anew, then the others, which are left with `urgent_only`. A wish that
        is fulfilled is forgotten, and so is one for a middle take that is gone. Of the slots
        `moving` only onsets are wanted: notes that are held go over to middle takes in any case.
        """
        ranked: list[tuple[int, Job]] = []
        for take, (urgent, wanted) in list(self._ends.items()):
            page = frames_ready(*take) // contract.PAGE_FRAMES
            if page >= wanted or (page == 0 and take[0] >= contract.TIMBRE_SLOTS):
                del self._ends[take]
            elif page > 0 and slot_of(take) in moving:
                continue
            elif page + AHEAD_PAGES < urgent:
                ranked.append((2, Job(*take, page, min(CATCH_UP_PAGES, urgent - page))))
            elif page < urgent:
                ranked.append((0 if page == 0 else 1, Job(*take, page)))
            elif not urgent_only:
                ranked.append((3, Job(*take, page, min(AHEAD_PAGES, wanted - page))))
        ranked.sort(key=lambda each: each[0])
        first = next(batches([job for _, job in ranked], limit), [])
        return first[:CATCH_UP_BATCH] if first and first[0].pages > AHEAD_PAGES else first

    def forget(self, job: Job) -> None:
        """Give a take up until a voice asks again: there is no room for it."""
        self._ends.pop(job[:3], None)

    def __len__(self) -> int:
        return len(self._ends)


def batches(jobs: Sequence[Job], limit: int) -> Iterator[list[Job]]:
    """Jobs in order, in groups of `limit` at most that ask for the same number of pages."""
    group: list[Job] = []
    for job in jobs:
        if group and (len(group) == limit or job.pages != group[0].pages):
            yield group
            group = []
        group.append(job)
    if group:
        yield group
