"""What is generated first, and noise that depends on its place only."""

import numpy as np
import pytest

from rtsynth import contract
from rtsynth.metadata import Timbre
from rtsynth.takes import CATCH_UP_PAGES, Job, Wishes, batches, middle_page

TIMBRE = Timbre("any", np.zeros(16, np.float32), 21, 108, (), True)
HELD = {0: TIMBRE, 1: TIMBRE}


def rows(*each: tuple[int, int, int, int, int]) -> np.ndarray:
    return np.array(each, np.int32).reshape(-1, 5)


class Ready:
    """Stands for the engine's arena."""

    def __init__(self) -> None:
        self.pages: dict[tuple[int, int, int], int] = {}

    def __call__(self, timbre: int, key: int, layer: int) -> int:
        return self.pages.get((timbre, key, layer), 0) * contract.PAGE_FRAMES

    def make(self, jobs: list[Job]) -> None:
        for job in jobs:
            assert job.page == self.pages.get(job[:3], 0)
            self.pages[job[:3]] = job.page + job.pages


def test_substitutes_come_first_then_what_runs_out_then_what_is_ahead() -> None:
    wishes, ready = Wishes(HELD), Ready()
    ready.pages = {(0, 60, 5): 2, (0, 61, 5): 1}
    wishes.add(
        rows((0, 60, 5, 64, 0), (0, 60, 5, 96, 0), (0, 61, 5, 32, 1), (1, 62, 5, 0, 1),
             (9, 60, 5, 0, 1))
    )  # fmt: skip
    made = []
    while jobs := wishes.next(1, ready):
        ready.make(jobs)
        made += jobs
    assert made == [Job(1, 62, 5, 0), Job(0, 61, 5, 1), Job(0, 60, 5, 2, 2)]
    assert len(wishes) == 0


def test_a_new_note_overtakes_what_was_asked_for_ahead() -> None:
    wishes, ready = Wishes({0: TIMBRE}), Ready()
    wishes.add(rows(*((0, key, 5, page * 32, 0) for key in range(40, 80) for page in range(4))))
    ready.make(wishes.next(8, ready))
    wishes.add(rows((0, 100, 5, 0, 1), (0, 100, 5, 32, 0)))
    assert wishes.next(8, ready) == [Job(0, 100, 5, 0)]


def test_every_page_asked_for_is_made_once_however_often_it_was_asked_for() -> None:
    wishes, ready = Wishes({0: TIMBRE}), Ready()
    last = contract.TAKE_PAGES - 1
    for _ in range(3):
        wishes.add(rows((0, 61, 5, 0, 1), (0, 61, 5, 32, 0), (0, 61, 5, last * 32, 0)))
    total = 0
    while jobs := wishes.next(8, ready):
        ready.make(jobs)
        total += sum(job.pages for job in jobs)
    assert total == contract.TAKE_PAGES


def test_a_take_without_room_is_given_up_until_it_is_asked_for_again() -> None:
    wishes, ready = Wishes({0: TIMBRE}), Ready()
    wishes.add(rows((0, 60, 5, 0, 1)))
    wishes.forget(wishes.next(8, ready)[0])
    assert wishes.next(8, ready) == []
    wishes.add(rows((0, 60, 5, 0, 1)))
    assert len(wishes.next(8, ready)) == 1


def test_batches_hold_jobs_of_one_length() -> None:
    jobs = [Job(0, 1, 0, 0, 1), Job(0, 2, 0, 0, 1), Job(0, 3, 0, 0, 1), Job(0, 4, 0, 1, 2)]
    assert [len(group) for group in batches(jobs, 2)] == [2, 1, 1]


def test_a_take_that_a_voice_is_far_into_is_caught_up_with_behind_new_notes() -> None:
    wishes, ready = Wishes(HELD), Ready()
    wishes.add(rows(*((0, key, 5, 19 * 32, 1) for key in (60, 64, 67))))
    wishes.add(rows((0, 72, 5, 0, 1)))
    made = []
    while jobs := wishes.next(8, ready):
        made.append([(job.key, job.page, job.pages) for job in jobs])
        ready.make(jobs)
    assert made[0] == [(72, 0, 1)]
    assert made[1] == [(60, 0, CATCH_UP_PAGES), (64, 0, CATCH_UP_PAGES)]
    assert max(len(group) for group in made[1:]) == 2
    assert [ready(0, key, 5) // contract.PAGE_FRAMES for key in (60, 64, 67)] == [20] * 3


def test_only_what_is_urgent_may_be_asked_for() -> None:
    wishes, ready = Wishes(HELD), Ready()
    ready.pages = {(0, 61, 5): 1}
    wishes.add(rows((0, 60, 5, 0, 1), (0, 61, 5, 32, 0)))
    assert wishes.next(8, ready, urgent_only=True) == [Job(0, 60, 5, 0)]
    ready.make([Job(0, 60, 5, 0)])
    assert wishes.next(8, ready, urgent_only=True) == []
    wishes.add(rows((0, 61, 5, 32, 1), (0, 62, 5, 0, 1)))
    assert wishes.next(8, ready, moving=[0]) == [Job(0, 62, 5, 0)]
    ready.make([Job(0, 62, 5, 0)])
    assert wishes.next(8, ready) == [Job(0, 61, 5, 1)]


def test_of_what_turns_nothing_is_made_that_is_asked_ahead() -> None:
    wishes, ready = Wishes(HELD), Ready()
    ready.pages = {(0, 60, 5): 1, (0, 61, 5): 1}
    wishes.add(rows((0, 60, 5, 32, 0), (0, 61, 5, 32, 1)))
    assert wishes.next(8, ready, turning=[0]) == [Job(0, 61, 5, 1)]
    ready.make([Job(0, 61, 5, 1)])
    assert wishes.next(8, ready, turning=[0]) == []
    assert wishes.next(8, ready) == [Job(0, 60, 5, 1)]
    wishes.clear()
    assert wishes.next(8, ready) == []


def test_a_middle_take_goes_on_where_it_ends_and_is_forgotten_when_it_is_gone() -> None:
    wishes, ready = Wishes(HELD), Ready()
    middle = (contract.TIMBRE_SLOTS, 60, 5)
    ready.pages = {middle: 21}
    wishes.add(rows((*middle, 21 * 32, 1), (contract.TIMBRE_SLOTS, 61, 5, 21 * 32, 1)))
    assert wishes.next(8, ready) == [Job(*middle, 21)]
    ready.pages = {}
    assert wishes.next(8, ready) == []
    assert len(wishes) == 0


@pytest.mark.parametrize(
    ("frame", "sustained", "pages"),
    [
        (0, True, (0, 1)),
        (32 * 9 + 15, False, (9, 1)),
        (32 * 9 + 16, False, (9, 2)),
        (32 * 47 + 31, True, (47, 2)),
        (32 * 48 + 31, True, (32, 1)),  # it goes round: anywhere will do
        (32 * 63 + 31, False, (63, 1)),
        (32 * 63, True, (47, 1)),
    ],
)
def test_where_a_middle_take_begins(frame: int, sustained: bool, pages: tuple[int, int]) -> None:
    assert middle_page(frame, sustained) == pages
