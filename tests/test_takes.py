"""What is generated first, and noise that depends on its place only."""

from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth.takes import (
    AHEAD_PAGES,
    LAYER_ORDER,
    MIDDLE_KEY,
    STEPS_PER_PAGE,
    Background,
    Job,
    StepNoise,
    TakeMaker,
    batches,
    requested_jobs,
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


def test_substitutes_come_first_then_what_runs_out_then_what_is_ahead() -> None:
    jobs = requested_jobs(
        rows((0, 60, 5, 64, 0), (0, 61, 5, 32, 1), (1, 62, 5, 0, 1), (9, 60, 5, 0, 1)), timbres=2
    )
    assert jobs == [
        Job(1, 62, 5, 0, 1),
        Job(0, 61, 5, 1, AHEAD_PAGES),
        Job(0, 60, 5, 2, AHEAD_PAGES),
    ]


def test_a_take_is_asked_for_once_and_never_beyond_its_end() -> None:
    last = (contract.TAKE_PAGES - 1) * contract.PAGE_FRAMES
    jobs = requested_jobs(
        rows((0, 60, 5, last, 1), (0, 61, 5, 0, 1), (0, 61, 5, 0, 1), (0, 62, 5, last + 32, 1)), 1
    )
    assert sorted(jobs) == [Job(0, 60, 5, contract.TAKE_PAGES - 1, 1), Job(0, 61, 5, 0, 1)]


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
