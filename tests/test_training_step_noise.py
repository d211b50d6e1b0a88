"""Step noise is Gaussian at every step, slow where it should be, and goes by the absolute step."""

import numpy as np

from rtsynth import contract as c
from rtsynth.take_maker import StepNoise
from rtsynth.takes import STEPS_PER_PAGE, Job
from training import step_noise

STEPS = 40


def drawn(first: int = -4, rows: int = 4000) -> np.ndarray:
    return step_noise.draw(np.random.default_rng(0), np.full(rows, first), STEPS)


def correlation(noise: np.ndarray, place: int, apart: int) -> float:
    return float((noise[:, :-apart, place] * noise[:, apart:, place]).mean())


def test_every_step_has_unit_variance() -> None:
    noise = drawn()
    assert noise.shape == (4000, STEPS, c.STEP_NOISE_SIZE)
    np.testing.assert_allclose(noise.std(0), 1.0, atol=0.06)
    np.testing.assert_allclose(noise.mean(0), 0.0, atol=0.08)


def test_slow_values_are_smooth_and_constant_ones_constant() -> None:
    noise = drawn()
    for place, period in enumerate(c.STEP_NOISE_PERIODS):
        if period == 0:
            assert np.ptp(noise[:, :, place], axis=1).max() == 0.0
        elif period == 1:
            assert abs(correlation(noise, place, 1)) < 0.02
        else:
            assert correlation(noise, place, 1) > 0.8
            assert abs(correlation(noise, place, 2 * period)) < 0.05


def test_draws_fall_on_multiples_of_the_period() -> None:
    random = np.random.default_rng(1)
    first = np.array([-4, 3, 1000])
    noise = step_noise.draw(random, first, STEPS)
    for place, period in enumerate(c.STEP_NOISE_PERIODS):
        if period < 2:
            continue
        for row, start in enumerate(first):
            steps = np.arange(start, start + STEPS)
            nodes = {int(s) // period: noise[row, i, place]
                     for i, s in enumerate(steps) if s % period == 0}  # fmt: skip
            for i, step in enumerate(steps):
                number, before, after = c.noise_blend(int(step), period)
                if number in nodes and number + 1 in nodes:
                    expected = before * nodes[number] + after * nodes[number + 1]
                    assert abs(noise[row, i, place] - expected) < 1e-5


def test_the_runtime_s_noise_moves_alike() -> None:
    """The hashed noise of `rtsynth.takes` and the drawn one have the same correlations."""
    jobs = [Job(0, key, layer, 0) for key in range(21, 109) for layer in range(8)]
    hashed = StepNoise(seed=3).rows(jobs, STEPS // STEPS_PER_PAGE)
    ours = drawn(rows=len(jobs))
    for place in range(c.STEP_NOISE_SIZE):
        for apart in (1, 2, 5):
            pair = [correlation(noise, place, apart) for noise in (hashed, ours)]
            assert abs(pair[0] - pair[1]) < 0.12
