"""What is generated first, and noise that depends on its place only."""

from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth.takes import (
    LAYER_ORDER,
    MIDDLE_KEY,
    STEPS_PER_PAGE,
    Background,
    Job,
    StepNoise,
    TakeMaker,
    Wishes,
    batches,
)


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


def test_noise_is_gaussian() -> None:
    jobs = [Job(t, key, layer, 0) for t in range(2) for key in range(21, 109) for layer in range(8)]
    values = StepNoise(seed=1).rows(jobs, 1)
    assert abs(float(values.mean())) < 0.01
    assert abs(float(values.std()) - 1.0) < 0.01


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
    wishes, ready = Wishes(timbres=2), Ready()
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
    wishes, ready = Wishes(1), Ready()
    wishes.add(rows(*((0, key, 5, page * 32, 0) for key in range(40, 80) for page in range(4))))
    ready.make(wishes.next(8, ready))
    wishes.add(rows((0, 100, 5, 0, 1), (0, 100, 5, 32, 0)))
    assert wishes.next(8, ready) == [Job(0, 100, 5, 0)]


def test_every_page_asked_for_is_made_once_however_often_it_was_asked_for() -> None:
    wishes, ready = Wishes(1), Ready()
    last = contract.TAKE_PAGES - 1
    for _ in range(3):
        wishes.add(rows((0, 61, 5, 0, 1), (0, 61, 5, 32, 0), (0, 61, 5, last * 32, 0)))
    total = 0
    while jobs := wishes.next(8, ready):
        ready.make(jobs)
        total += sum(job.pages for job in jobs)
    assert total == contract.TAKE_PAGES


def test_a_take_without_room_is_given_up_until_it_is_asked_for_again() -> None:
    wishes, ready = Wishes(1), Ready()
    wishes.add(rows((0, 60, 5, 0, 1)))
    wishes.forget(wishes.next(8, ready)[0])
    assert wishes.next(8, ready) == []
    wishes.add(rows((0, 60, 5, 0, 1)))
    assert len(wishes.next(8, ready)) == 1


def test_batches_hold_jobs_of_one_length() -> None:
    jobs = [Job(0, 1, 0, 0, 1), Job(0, 2, 0, 0, 1), Job(0, 3, 0, 0, 1), Job(0, 4, 0, 1, 2)]
    assert [len(group) for group in batches(jobs, 2)] == [2, 1, 1]


def test_the_whole_keyboard_at_the_timbre_in_use_comes_first(tiny: Path) -> None:
    plan = Background(instrument.load(tiny).metadata.timbres)
    plan.use([1])
    keys = contract.KEY_HIGH - contract.KEY_LOW + 1
    first = [plan.next(1)[0] for _ in range(keys)]
    assert {job.timbre for job in first} == {1}
    assert {job.layer for job in first} == {LAYER_ORDER[0]}
    assert [job.key for job in first[:3]] == [MIDDLE_KEY, MIDDLE_KEY - 1, MIDDLE_KEY + 1]
    assert {job.key for job in first} == set(range(contract.KEY_LOW, contract.KEY_HIGH + 1))


def test_a_plan_covers_everything_once_and_starts_anew_with_another_timbre(tiny: Path) -> None:
    plan = Background(instrument.load(tiny).metadata.timbres)
    plan.use([0])
    total = len(plan)
    found = []
    while group := plan.next(16):
        assert len({job.pages for job in group}) == 1
        found += group
    assert len(found) == total == len(set(found))
    plan.use([0])
    assert len(plan) == 0
    plan.use([1, 0])
    assert plan.next(1)[0].timbre == 1


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


def test_what_was_asked_for_comes_before_all_else(tiny: Path) -> None:
    plan = Background(instrument.load(tiny).metadata.timbres)
    plan.use([0])
    plan.ask([Job(1, 30, 0, 0), Job(1, 31, 0, 0)])
    assert plan.next(8) == [Job(1, 30, 0, 0), Job(1, 31, 0, 0)]
    assert plan.next(1)[0].timbre == 0
