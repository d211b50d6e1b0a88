"""Frames of each timbre's instrument, and noise that depends on its place only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import save_model, tiny_metadata

from rtsynth import contract, instrument
from rtsynth.take_maker import StepNoise, TakeMaker
from rtsynth.takes import STEPS_PER_PAGE, Job


def test_noise_depends_on_its_place_only() -> None:
    noise = StepNoise(seed=7)
    job = Job(2, 60, 5, page=3)
    alone = noise.rows([job], 1)
    beside = noise.rows([Job(0, 21, 0, 0), job, Job(2, 61, 5, 3)], 1)
    np.testing.assert_array_equal(alone[0], beside[1])
    assert (beside[0] != beside[1]).any()
    assert (beside[2] != beside[1]).any()
    np.testing.assert_array_equal(noise.rows([Job(9, 60, 5, page=3)], 1), alone)  # any slot
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
    jobs = [Job(0, key, layer, 0) for key in range(21, 109) for layer in range(8)]
    values = np.concatenate([StepNoise(seed).rows(jobs, 1) for seed in (1, 2)])
    assert abs(float(values.mean())) < 0.01
    assert abs(float(values.std()) - 1.0) < 0.01
    np.testing.assert_allclose(values.std(0), 1.0, atol=0.08)  # at every step


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


def test_a_middle_take_has_the_noise_and_the_timbre_of_its_slot(tiny: Path) -> None:
    maker = TakeMaker(instrument.load(tiny), 3)
    take = maker.make([Job(1, 60, 5, 7)])
    middle = maker.make([Job(contract.TIMBRE_SLOTS + 1, 60, 5, 7)])
    np.testing.assert_array_equal(take[0], middle[0])


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


def test_each_timbre_is_made_by_its_own_instrument(tiny: Path, tmp_path: Path) -> None:
    first = instrument.load(tiny)
    path = save_model(tmp_path / "dull.onnx", tiny_metadata(level_db=-2.0), fall_db=24.0)
    second = instrument.load(path)
    held = dict(enumerate(first.metadata.timbres))
    maker = TakeMaker(first, 3, held)
    jobs = [Job(0, 60, 5, 0), Job(1, 60, 5, 0), Job(0, 67, 5, 0)]
    before = maker.make(jobs)[0]
    origin = maker.add(second)
    assert origin == maker.latest == 1
    held[1] = replace(second.metadata.timbres[1], origin=origin)
    frames, notes = maker.make(jobs)
    np.testing.assert_array_equal(frames[[0, 2]], before[[0, 2]])
    theirs = TakeMaker(second, 3, {1: second.metadata.timbres[1]}).make(jobs[1:2])[0][0]
    levels = contract.FRAME_LEVELS
    wanted = np.maximum(theirs[:, :levels] - 2.0, contract.FLOOR_DB)
    np.testing.assert_allclose(frames[1, :, :levels], wanted, atol=1e-4)
    assert (theirs[:, 15] < before[1, :, 15] - 50.0).all()
    assert notes.shape == (3, contract.NOTE_VALUES)


def test_an_instrument_without_a_timbre_is_let_go(tiny: Path) -> None:
    held = dict(enumerate(instrument.load(tiny).metadata.timbres))
    maker = TakeMaker(instrument.load(tiny), 0, held)
    origin = maker.add(instrument.load(tiny))
    maker.keep({0})
    held[0] = replace(held[0], origin=origin)
    maker.make([Job(0, 60, 5, 0), Job(1, 60, 5, 0)])
    maker.keep({origin})
    with pytest.raises(KeyError):
        maker.make([Job(1, 60, 5, 0)])
    assert maker.add(instrument.load(tiny)) == origin + 1
