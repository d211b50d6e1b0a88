"""What is made ahead while nobody waits: in which order, and what gives way for it."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

import numpy as np

from rtsynth import contract
from rtsynth.metadata import Timbre
from rtsynth.takes import Job

MIDDLE_KEY: Final = 60
LAYER_ORDER: Final = (5, 4, 6, 3, 7, 2, 1, 0)  # how often players use them, most first
OTHER_LAYERS: Final = (5,)  # of timbres that are not in use, so that a program change is ready
FIRST_PASS: Final = (0, 1)  # first page and how many pages: the onset of every note
SECOND_PASS: Final = (1, 2)
PLACES: Final = 4  # keys and layers that were played last, around which work begins
LAYER_KEYS: Final = 4  # a velocity layer away is as far as so many keys


class Background:
    """What is made ahead while nobody waits. Thread: generator.

    What a song plays comes first; then timbres in use: the onset of every key at every layer, then
    the pages behind it; then the onsets of the other timbres at the commonest layer, within their
    own ranges. Of a timbre in use the keys and layers that were played last come first, then those
    near them; before anything was played the middle of the keyboard at the commonest layers.
    """

    def __init__(self, held: Mapping[int, Timbre]) -> None:
        """`held` is what the timbre slots hold, and may change."""
        self._held = held
        self._queue: deque[Job] = deque()
        self._asked: deque[Job] = deque()  # before the queue
        self._song: dict[int, dict[Job, None]] = {}  # all that was asked for, by slot
        self._in_use: tuple[int, ...] = ()
        self._made: set[int] = set()  # slots that something was made of
        self._places: list[tuple[int, int]] = []  # key and layer, the latest first
        self._left_out: set[int] = set()
        self._moved = False  # the queue is in the order of other places

    def use(self, slots: Iterable[int]) -> None:
        """Say which timbres are in use, the latest first; starts the order anew if they changed."""
        wanted = tuple(dict.fromkeys(slots))
        if wanted != self._in_use:
            self._in_use = wanted
            self._start_anew()

    def play(self, key: int, layer: int) -> None:
        """Say what is played: work goes on around it."""
        place = (key, layer)
        if place not in self._places:
            self._places = [place, *self._places[: PLACES - 1]]
            self._moved = True

    def ask(self, jobs: Iterable[Job]) -> None:
        """Make these before all else, whatever timbre is in use."""
        wanted = list(jobs)
        self._asked.extend(wanted)
        self.ask_later(wanted)

    def ask_later(self, jobs: Iterable[Job]) -> None:
        """Make these before all else whenever their slot holds another timbre."""
        for job in jobs:
            self._song.setdefault(job.timbre, {})[job] = None

    def renew(self, slot: int) -> None:
        """A slot holds another timbre: make its takes again, those of others afterwards."""
        self._made.discard(slot)
        self._left_out.discard(slot)
        self._asked.extend(self._song.get(slot, ()))
        rest = [job for job in self._queue if job.timbre != slot]
        if slot in self._in_use:
            self._queue = deque((*self._all_of(slot, FIRST_PASS), *self._all_of(slot, SECOND_PASS)))
            self._queue.extend(rest)
            self._moved = bool(self._places)
        else:
            self._queue = deque((*rest, *self._some_of(slot)))

    def leave_out(self, slot: int) -> None:
        """A slot is for held notes alone, until it is renewed."""
        if slot not in self._left_out:
            self._left_out.add(slot)
            self._made.discard(slot)
            self._queue = deque(job for job in self._queue if job.timbre != slot)

    def next(self, pages: int) -> list[Job]:
        """Jobs of the same number of pages, taken off the queue: `pages` in all, or one job."""
        found: list[Job] = []
        if self._moved and not self._asked:
            self._put_in_order()
        queue = self._asked or self._queue
        while queue and (not found or (len(found) + 1) * found[0].pages <= pages):
            if found and queue[0].pages != found[0].pages:
                break
            job = queue.popleft()
            if job.timbre in self._held:
                found.append(job)
                self._made.add(job.timbre)
        return found

    def least_wanted(self) -> int | None:
        """The slot that may be dropped for what is to be made next; None: nothing is worth it."""
        order = self._order()
        head = None if self._asked or not self._queue else order.index(self._queue[0].timbre)
        behind = order[head + 1 :] if head is not None else order
        return next((s for s in reversed(behind) if s in self._made and s not in self._song), None)

    def dropped(self, slot: int) -> None:
        """A slot's takes were thrown away."""
        self._made.discard(slot)

    def forget(self, slot: int) -> None:
        """A slot holds nothing any more."""
        self._made.discard(slot)
        self._song.pop(slot, None)
        self._queue = deque(job for job in self._queue if job.timbre != slot)
        self._asked = deque(job for job in self._asked if job.timbre != slot)

    def give_up(self) -> None:
        """Forget the rest: the budget is used up."""
        self._queue.clear()
        self._asked.clear()

    def __len__(self) -> int:
        return len(self._asked) + len(self._queue)

    def _put_in_order(self) -> None:
        """Begin with what is near of the jobs that come next: one timbre's, the same pages."""
        self._moved = False
        if not self._queue or self._queue[0].timbre not in self._in_use:
            return
        first = self._queue[0]
        same = takewhile(lambda job: job[0] == first.timbre and job[3] == first.page, self._queue)
        jobs = list(same)
        keys, layers = np.array([job[1:3] for job in jobs]).T
        near = [abs(keys - key) + LAYER_KEYS * abs(layers - layer) for key, layer in self._places]
        order = np.argsort(np.min(near, axis=0), kind="stable")
        for _ in jobs:
            self._queue.popleft()
        self._queue.extendleft(jobs[i] for i in order[::-1])

    def _order(self) -> list[int]:
        return list(dict.fromkeys((*self._in_use, *self._held)))

    def _start_anew(self) -> None:
        self._queue.clear()
        self._moved = bool(self._places)
        for span in (FIRST_PASS, SECOND_PASS):
            for slot in self._in_use:
                self._queue.extend(self._all_of(slot, span))
        for slot in self._held:
            if slot not in self._in_use and slot not in self._left_out:
                self._queue.extend(self._some_of(slot))

    def _all_of(self, slot: int, span: tuple[int, int]) -> Iterator[Job]:
        return keyboard_jobs(LAYER_ORDER, slot, *span)

    def _some_of(self, slot: int) -> Iterator[Job]:
        keys = range(self._held[slot].low, self._held[slot].high + 1)
        return keyboard_jobs(OTHER_LAYERS, slot, *FIRST_PASS, keys=keys)


def keyboard_jobs(
    layers: Sequence[int],
    slot: int,
    page: int = 0,
    pages: int = 1,
    keys: Iterable[int] = range(contract.KEY_LOW, contract.KEY_HIGH + 1),
) -> Iterator[Job]:
    """The same pages for every key, from the middle of the keyboard outward, layer by layer."""
    inside = [key for key in keys if contract.KEY_LOW <= key <= contract.KEY_HIGH]
    order = sorted(inside, key=lambda key: (abs(key - MIDDLE_KEY), key))
    return (Job(slot, key, layer, page, pages) for layer in layers for key in order)
