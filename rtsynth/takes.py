"""What is generated, in which order, within which budget: pages of takes."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.metadata import Timbre

STEPS_PER_PAGE: Final = contract.PAGE_FRAMES // contract.FRAMES_PER_STEP
AHEAD_PAGES: Final = 2  # pages made for a voice that asks for more of a take it plays
CATCH_UP_PAGES: Final = 8  # pages made at a time of a take that a voice is far into
CATCH_UP_BATCH: Final = 2  # and of so many takes: a new note must not wait long
SOON_FRAMES: Final = 16  # a page of which less is left is made with the one behind it
LOOP_PAGES: Final = 16  # a sustained note goes on within so many pages from LOOP_FIRST_PAGE on

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
        turning: Container[int] = (),
    ) -> list[Job]:
        """Up to `limit` jobs of the same number of pages, the most urgent first.

        That is: voices that play a substitute, then voices about to run out, then those far into
        a take that is made anew, then the others, which are left with `urgent_only`. A wish that
        is fulfilled is forgotten, as one for a middle take or a slot that is gone. Of the slots
        `moving` only onsets are wanted: notes that are held go over to middle takes in any case. Of
        those that are `turning` nothing is made that a voice asks for ahead.
        """
        ranked: list[tuple[int, Job]] = []
        for take, (urgent, wanted) in list(self._ends.items()):
            page = frames_ready(*take) // contract.PAGE_FRAMES
            gone = page == 0 and take[0] >= contract.TIMBRE_SLOTS
            if page >= wanted or gone or slot_of(take) not in self._held:
                del self._ends[take]
            elif page > 0 and slot_of(take) in moving:
                continue
            elif page + AHEAD_PAGES < urgent:
                ranked.append((2, Job(*take, page, min(CATCH_UP_PAGES, urgent - page))))
            elif page < urgent:
                ranked.append((0 if page == 0 else 1, Job(*take, page)))
            elif not urgent_only and slot_of(take) not in turning:
                ranked.append((3, Job(*take, page, min(AHEAD_PAGES, wanted - page))))
        ranked.sort(key=lambda each: each[0])
        first = next(batches([job for _, job in ranked], limit), [])
        return first[:CATCH_UP_BATCH] if first and first[0].pages > AHEAD_PAGES else first

    def forget(self, job: Job) -> None:
        """Give a take up until a voice asks again: there is no room for it."""
        self._ends.pop(job[:3], None)

    def clear(self) -> None:
        """Give all up until a voice asks again."""
        self._ends.clear()

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
