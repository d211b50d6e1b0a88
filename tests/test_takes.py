"""What is generated first, and noise that depends on its place only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth.metadata import Timbre
from rtsynth.takes import (
    CATCH_UP_PAGES,
    STEPS_PER_PAGE,
    Job,
    StepNoise,
    TakeMaker,
    Wishes,
    batches,
    middle_page,
)

TIMBRE = Timbre("any", np.zeros(16, np.float32), 21, 108, (), True)
HELD = {0: TIMBRE, 1: TIMBRE}


def rows(*each: tuple[int, int, int, int, int]) -> np.ndarray:
    return np.array(each, np.int32).reshape(-1, 5)


def test_noise_depends_on_its_place_only() -> None:
    noise = StepNoise(seed=7)
    job = Job(2, 60, 5, page=3)
    alone = noise.rows([job], 1)
    beside = noise.rows([Job(0, 21, 0, 0), job, Job(2, 61, 5, 3)], 1)
    np.testing.assert_array_equal(alone[0], beside[1])
    assert (beside[0] != beside[1]).any()
    assert (beside[2] != beside[1]).any()
    assert (StepNoise(seed=8).rows([job], 1) != alone).any()


def test_pages_share_their_context() -> None:
    noise = StepNoise(seed=0)
    long = noise.rows([Job(1, 50, 3, 0)], 3)[0]
    second = noise.rows([Job(1, 50, 3, 1)], 1)[0]
    np.testing.assert_array_equal(long[STEPS_PER_PAGE : STEPS_PER_PAGE + len(second)], second)


def test_slow_noise_is_the_same_in_whatever_order_pages_come() -> None:
    noise = StepNoise(seed=5)
    whole = noise.rows([Job(1, 40, 2, 0)], 16)[0]
    for page in (9, 2, 15, 0):
        part = noise.rows([Job(1, 40, 2, page)], 1)[0]
        start = page * STEPS_PER_PAGE
        np.testing.assert_allclose(part, whole[start : start + len(part)], atol=1e-6)
    for place, period in enumerate(contract.STEP_NOISE_PERIODS):
        if period == 0:
            assert np.ptp(whole[:, place]) == 0.0
        elif period > 1:
            assert np.abs(np.diff(whole[:, place])).max() < 5.0 * np.pi / 2.0 / period


def test_noise_is_gaussian() -> None:
    jobs = [Job(t, key, layer, 0) for t in range(2) for key in range(21, 109) for layer in range(8)]
    values = StepNoise(seed=1).rows(jobs, 1)
    assert abs(float(values.mean())) < 0.01
    assert abs(float(values.std()) - 1.0) < 0.01
    np.testing.assert_allclose(values.std(0), 1.0, atol=0.08)  # at every step


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


def test_keys_outside_a_timbre_s_range_get_the_nearest_inside(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = instrument.load(tiny)
    seen: list[list[float]] = []
    generate = loaded.generate

    def spy(keys: np.ndarray, *rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(keys.tolist())
        return generate(keys, *rest)

    monkeypatch.setattr(loaded, "generate", spy)
    frames, notes = TakeMaker(loaded, 0).make([Job(1, 21, 5, 0), Job(1, 108, 5, 0)])
    assert seen == [[40.0, 90.0]]
    assert frames.shape == (2, contract.PAGE_FRAMES, contract.FRAME_VALUES)
    assert notes.shape == (2, contract.NOTE_VALUES)


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


def test_a_middle_take_goes_on_where_it_ends_and_is_forgotten_when_it_is_gone() -> None:
    wishes, ready = Wishes(HELD), Ready()
    middle = (contract.TIMBRE_SLOTS, 60, 5)
    ready.pages = {middle: 21}
    wishes.add(rows((*middle, 21 * 32, 1), (contract.TIMBRE_SLOTS, 61, 5, 21 * 32, 1)))
    assert wishes.next(8, ready) == [Job(*middle, 21)]
    ready.pages = {}
    assert wishes.next(8, ready) == []
    assert len(wishes) == 0


def test_a_middle_take_has_the_noise_and_the_timbre_of_its_slot(tiny: Path) -> None:
    maker = TakeMaker(instrument.load(tiny), 3)
    take = maker.make([Job(1, 60, 5, 7)])
    middle = maker.make([Job(contract.TIMBRE_SLOTS + 1, 60, 5, 7)])
    np.testing.assert_array_equal(take[0], middle[0])


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


def test_a_correction_is_added_to_the_levels(tiny: Path) -> None:
    loaded = instrument.load(tiny)
    correction = np.linspace(-3.0, 3.0, contract.FRAME_LEVELS).astype(np.float32)
    plain = loaded.metadata.timbres[0]
    corrected = replace(plain, correction=np.tile(correction, (10, 1)))
    makers = (TakeMaker(loaded, 0, {0: timbre}) for timbre in (plain, corrected))
    before, after = (maker.make([Job(0, 60, 5, 0)])[0][0] for maker in makers)
    levels = contract.FRAME_LEVELS
    np.testing.assert_allclose(
        (after - before)[:, :levels], np.tile(correction, (32, 1)), atol=1e-4
    )
    np.testing.assert_array_equal(after[:, levels:], before[:, levels:])
