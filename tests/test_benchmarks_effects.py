"""The benchmark of effects: its measure of decay is right, and the reverb decays as asked."""

import numpy as np
import pytest

from benchmarks import budget, effects
from benchmarks.tables import Grid


@pytest.mark.parametrize("time_s", [0.5, 3.0])
def test_the_decay_of_made_up_noise_is_found(time_s):
    time = np.arange(int(48000 * (time_s + 0.5))) / 48000.0
    noise = np.random.default_rng(1).standard_normal((len(time), 2))
    sound = noise * 10.0 ** (-3.0 * time / time_s)[:, None]
    assert effects.decay_s(sound.astype(np.float32), 48000.0) == pytest.approx(time_s, rel=0.05)


@pytest.mark.parametrize(("rate_hz", "time_s"), [(44100, 0.5), (48000, 2.0), (96000, 1.0)])
def test_a_tail_decays_in_the_time_asked_for(rate_hz, time_s):
    tail = effects.tail(rate_hz, time_s, 0.6, 0.4)
    assert effects.decay_s(tail, rate_hz) == pytest.approx(time_s, rel=budget.DECAY_WITHIN)


def test_effects_cost_something_and_less_than_a_block():
    grid = effects.cost_grid(0.5)
    shares = {row[1]: row[4] for row in grid.rows if row[0] == "rtsynth"}
    assert shares["no send"] == 0.0
    assert 0.0 < shares["chorus"] < shares["both"]
    assert 0.0 < shares["reverb"] < shares["both"] < 100.0


def test_the_finding_is_missed_where_one_time_is_far_off():
    costs = Grid("", (), [("rtsynth", "both", 10.0, 5.0, 0.4), ("FluidSynth", "both", 4.0, 1, 0.1)])
    near, far = (48000, 0.6, 0.4, 1.0, 1.1), (48000, 0.0, 0.4, 1.0, 0.8)
    assert effects.finding(costs, [near]).met
    found = effects.finding(costs, [near, far])
    assert not found.met
    assert "FluidSynth" in found.measured
    assert "20 %" in found.measured
