"""The benchmark of the plugin in a host: its probe plays both sides, and its verdicts can fail."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from benchmarks import budget
from benchmarks.bounce import Found
from benchmarks.bounce import judged as bounced
from benchmarks.plugin import findings
from benchmarks.plugin_cycles import Held
from benchmarks.plugin_host_watch import Growth
from benchmarks.plugin_hosts import judged
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


# --- other hosts ---------------------------------------------------------------------------------

FLAT = Growth(Held(60.0, 6, 2), Held(61.0, 6, 2))


def test_what_hosts_and_servers_hold_is_judged():
    found = judged("a host", 200, {"host": FLAT, "server": FLAT}, [])
    assert found.target in budget.TARGETS
    assert found.met
    assert judged("a host", 200, {"host": None, "server": FLAT}, []).met  # a process a cycle


@pytest.mark.parametrize(
    "late", [Held(200.0, 6, 2), Held(61.0, 7, 2), Held(61.0, 6, 3), Held(61.0, 6, 2, 1)]
)
@pytest.mark.parametrize("who", ["host", "server"])
def test_what_hosts_and_servers_keep_is_missed(who, late):
    held = {"host": FLAT, "server": FLAT, who: Growth(FLAT.early, late)}
    assert not judged("a host", 200, held, []).met
    assert not judged("a host", 200, {"host": FLAT, "server": FLAT}, ["server.sock"]).met


def test_what_ardour_keeps_by_itself_is_not_the_plugins():
    keeps = Growth(FLAT.early, Held(660.0, 6, 2))
    assert judged("Ardour, LV2", 200, {"host": keeps, "server": FLAT}, []).met
    assert not judged("Ardour, LV2", 200, {"host": FLAT, "server": keeps}, []).met
    assert not judged("Ardour, LV2", 100, {"host": keeps, "server": FLAT}, []).met


def test_growth_is_that_behind_the_first_tenth():
    held = [Held(10.0 * i, 6, 2 + i % 2) for i in range(20)]
    found = Growth.of(held)
    assert (found.early.memory_mb, found.late.memory_mb) == (20.0, 180.0)
    assert not found.kept  # a thread that is there every other time
    assert Growth.read(json.loads(json.dumps(asdict(found)))) == found
    assert Growth.of([]) is None


def test_this_process_is_counted_with_its_segments(played):
    with_one = Held.now()
    assert with_one.segments >= 1
    assert Held(with_one.memory_mb, 0, 0).segments == 0
    assert with_one.beyond(Held(0.0, with_one.descriptors - 2, with_one.threads, 0)) == [
        "2 descriptors", f"{with_one.segments} segments"
    ]  # fmt: skip


@pytest.mark.parametrize(("db", "same", "met"), [(-91, True, True), (-89, True, False),
                                                (-200, False, False)])  # fmt: skip
def test_bounces_are_judged(db, same, met):
    found = bounced("a host", Found(180.0, db, same, (9.1, 8.9)))
    assert [each.met for each in found] == [met, True]
    assert {each.target for each in found} <= set(budget.TARGETS)
    assert not bounced("a host", Found(180.0, db, same, (9.2, 9.1)))[1].met
    assert len(bounced("a host", Found(12.0, db, same, (1.0, 1.0)))) == 1
