"""The benchmark of the plugin in a host: its probe plays both sides, and its verdicts can fail."""

import numpy as np
import pytest

from benchmarks import budget
from benchmarks.plugin import findings
from benchmarks.plugin_cycles import Held
from benchmarks.plugin_playing import Cost, Dense, Stall
from benchmarks.plugin_probe import CoreBlocks, PluginBlocks
from benchmarks.sounds import VELOCITY, sine_engine

pytest_plugins = ["tests.clap_fixtures"]


def test_the_probe_plays_both_and_the_plugin_adds_little(played):
    engine = sine_engine([60])
    players = PluginBlocks(played, 64), CoreBlocks(engine, 64)
    slices = [[float(np.median(each.times_ms(200))) for each in players] for _ in range(9)]
    plugin_ms, core_ms = np.asarray(slices).T
    assert np.median(plugin_ms / core_ms) < 3.0  # of blocks in which nothing sounds
    assert engine.stats().clock_samples == 9 * 200 * 64
    engine.midi(0x90, 60, VELOCITY)
    players[1].times_ms(20)
    assert players[1].sound.any()


def test_a_plugin_that_does_not_process_is_no_figure(played):
    blocks = PluginBlocks(played, 64)
    played.calls.stop_processing(played.address)
    with pytest.raises(RuntimeError, match="does not process"):
        blocks.times_ms(1)


GOOD = {
    "late": np.zeros(9, np.int64),
    "cost": Cost(np.full(9, 0.0103), np.full(9, 0.01)),
    "stall": Stall(Dense(1500, 1, 0, 90, 0), Dense(1500, 1, 0, 90, 0)),
    "count": 200,
    "early": Held(300.0, 20, 5),
    "end": Held(301.0, 20, 5),
    "left": [],
}


def test_every_target_can_be_met():
    found = findings(**GOOD)
    assert [each.met for each in found] == [True] * 4
    assert {each.target for each in found} <= set(budget.TARGETS)


@pytest.mark.parametrize(
    ("place", "worse"),
    [
        (0, {"late": np.array([0, 0, 1])}),
        (1, {"cost": Cost(np.full(9, 0.0107), np.full(9, 0.01))}),
        (2, {"stall": Stall(Dense(1500, 0, 0, 90, 0), Dense(1500, 0, 0, 90, 1))}),
        (2, {"stall": Stall(Dense(1500, 0, 0, 90, 0), Dense(1500, 0, 1, 90, 0))}),
        (2, {"stall": Stall(Dense(1500, 0, 0, 90, 0), Dense(1500, 1, 0, 90, 0))}),
        (3, {"end": Held(330.0, 20, 5)}),
        (3, {"end": Held(301.0, 21, 5)}),
        (3, {"end": Held(301.0, 20, 6)}),
        (3, {"left": ["server.sock"]}),
    ],
)
def test_every_target_can_be_missed(place, worse):
    found = findings(**{**GOOD, **worse})
    assert [each.met for each in found] == [at != place for at in range(4)]
