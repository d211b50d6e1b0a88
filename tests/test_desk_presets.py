"""What the desk is set to comes back whole, and what is wrong changes nothing."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtsynth.desk import Desk, Layer
from rtsynth.errors import RtsynthError
from rtsynth.parameters import PARAMETERS
from rtsynth.tuning.own import Tuning
from rtsynth.tuning.scala import Scale
from tests.desk_rig import Rig, Sent, rig, sent

__all__ = ["rig", "sent"]  # fixtures


JUST = Scale("just", (200.0, 386.3, 702.0, 1200.0))


def test_a_state_brings_everything_back(rig: Rig, tiny: Path) -> None:
    rig.controls.set_tuning(Tuning(JUST))
    rig.desk.set("reference", 442.0)
    rig.desk.set("reverb_time", 3.0)
    rig.desk.set("pan", -0.5, 3)
    rig.desk.set("sustain", 1.0)  # what a foot holds is no part of a preset
    rig.desk.set_timbre("organ:0.5+bell:0.5", 2)
    rig.desk.set_layers((Layer("bell", low=10), Layer("organ", gain_db=-6.0)), 1)
    state = rig.desk.state()
    assert state == {
        "parameters": {"reference": 442.0, "reverb_time": 3.0},
        "channels": {
            "2": {"layers": [{"timbre": "bell", "low": 10}, {"timbre": "organ", "gain_db": -6.0}]},
            "3": {"layers": [{"timbre": "organ:0.5+bell:0.5"}]},
            "4": {"parameters": {"pan": -0.5}},
        },
        "tuning": {"scale": {"name": "just", "cents": list(JUST.cents)}},
    }
    other = Rig(tiny)
    other.desk.set("width", 0.5)
    other.desk.load(state)
    assert other.desk.state() == state
    assert other.controls.tuning == Tuning(JUST, reference_hz=442.0)
    assert other.desk.get("width") == 1.0
    assert other.changes[-1].name == "preset"
    other.desk.load({})
    assert other.desk.state() == {}
    assert other.desk.layers(1) == (Layer("organ"),)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "the state: not an object"),
        ({"colour": 1}, "no field 'colour'"),
        ({"parameters": {"loudness": 1}}, "no parameter 'loudness'"),
        ({"parameters": {"pan": 1}}, "parameters: pan is a channel's parameter"),
        ({"parameters": {"reverb_time": "long"}}, "reverb_time is 'long', not a number"),
        ({"parameters": {"reverb_time": 100}}, "reverb_time is 100, not 0.2 to 12"),
        ({"channels": {"17": {}}}, "there is no channel '17'"),
        ({"channels": {"1": {"timbre": "bell"}}}, "channel 1: no field 'timbre'"),
        ({"channels": {"1": {"layers": []}}}, "channel 1: a channel has 1 to 4 layers"),
        ({"channels": {"1": {"layers": [{"low": 3}]}}}, "channel 1, layer 1 has no timbre"),
        ({"channels": {"1": {"layers": [{"timbre": "tuba"}]}}}, "no timbre named 'tuba'"),
        ({"channels": {"1": {"layers": [{"timbre": "bell", "low": 1.5}]}}}, "low is 1.5"),
        ({"parameters": {"width": 0.5}}, "width is a channel's"),
        ({"tuning": "wrong"}, "tuning: an object with"),
        ({"parameters": {"reverb_time": 10**400}}, "reverb_time is 1000"),
        ({"parameters": {"reverb_time": float("nan")}}, "reverb_time is nan"),
        ({"channels": {"9" * 5000: {}}}, "there is no channel '999"),
        ({"channels": {"1": {"layers": [{"timbre": "bell", "low": 10**400}]}}}, "low is 1000"),
        (
            {"channels": {"1": {"layers": [{"timbre": "random:" + "9" * 5000}]}}},
            "write random:SEED",
        ),
        ({"channels": {"1": {"layers": [{"timbre": "\u00b2"}]}}}, "no timbre named"),
    ],
)
def test_a_wrong_state_is_refused_and_nothing_has_changed(
    rig: Rig, state: Any, message: str
) -> None:
    rig.desk.set("pan", 0.5, 2)
    before = rig.desk.state()
    with pytest.raises(RtsynthError, match=message):
        rig.desk.load(state)
    assert rig.desk.state() == before


def test_a_preset_sounds_after_a_bank_of_drums(rig: Rig) -> None:
    for message in [(0xB0, 0, 127), (0xC0, 0, 0)]:
        rig.desk.play(message)
    rig.play(512)
    rig.desk.load({})
    rig.engine.midi(0x90, 60, 88)
    assert np.any(rig.play(4096))


def test_a_preset_tells_each_key_once(sent: tuple[Sent, Desk]) -> None:
    engine, desk = sent
    scale = {"name": "just", "cents": list(JUST.cents)}
    desk.load({"parameters": {"reference": 442.0, "stretch": 0.5}, "tuning": {"scale": scale}})
    tuned = [event[1:3] for event in engine.events if event[0] == "tune"]
    assert 0 < len(tuned) == len(set(tuned))


def test_a_preset_sets_what_was_moved_just_before(rig: Rig) -> None:
    """A keyboard's controllers are followed on another thread, which may lag behind."""
    behind = threading.Event()
    rig.desk.listen(lambda change: change.name == "pan" and bool(behind.wait(0.1)))
    rig.desk.start()
    rig.desk.play((0xB0, 10, 0))
    rig.desk.play((0xB0, 7, 0))
    rig.desk.load({})
    assert rig.desk.get("volume") == PARAMETERS["volume"].default
    rig.desk.stop()
    assert rig.desk.get("volume") == PARAMETERS["volume"].default
