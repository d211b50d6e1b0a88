"""Every parameter reaches what carries it out, comes back from MIDI, and survives a preset."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Change, Desk, Layer
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.parameters import PARAMETERS
from rtsynth.tuning.own import Tuning
from rtsynth.tuning.scala import Scale

TICK = 64


class Rig:
    """An engine, a generator in the same thread, and a desk."""

    def __init__(self, tiny: Path) -> None:
        loaded = instrument.load(tiny)
        self.metadata = loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
        self.engine = Engine(48000.0)
        self.generator = Generator(self.engine, loaded)
        self.generator.prime(0)
        self.controls = Controls(self.engine, self.metadata, fill=self.generator.fill)
        self.desk = Desk(self.controls)
        self.changes: list[Change] = []
        self.desk.listen(self.changes.append)
        self.clock = 0

    def play(self, samples: int) -> np.ndarray:
        """Render, and follow what was played."""
        out = np.zeros((samples, 2), np.float32)
        for start in range(0, samples, 512):
            self.generator.settle(self.clock / 48000.0)
            self.engine.render(out[start : start + 512])
            self.clock += len(out[start : start + 512])
            while self.generator.serve():
                pass
        self.desk.catch_up()
        return out

    def note(self, key: int = 60, channel: int = 0) -> None:
        self.desk.play((0x90 | channel, key, 88))  # of the layer that is there

    def requested(self) -> set[int]:
        """Slots of which voices ask for frames."""
        self.engine.render(np.zeros((TICK, 2), np.float32))
        return set(self.engine.requests(256, 0.0)[:, 0].tolist())


@pytest.fixture
def rig(tiny: Path) -> Rig:
    return Rig(tiny)


class Sent:
    """Stands for an engine: what it was sent."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.refuses = 0

    def __getattr__(self, name: str) -> Callable[..., bool]:
        def send(*arguments: Any) -> bool:
            if self.refuses:
                self.refuses -= 1
                return False
            self.events.append((name, *arguments))
            return True

        return send


@pytest.fixture
def sent(tiny: Path) -> tuple[Sent, Desk]:
    engine = Sent()
    controls = Controls(engine, instrument.load(tiny).metadata)  # type: ignore[arg-type]
    desk = Desk(controls)
    engine.events.clear()
    return engine, desk


def midi(engine: Sent) -> list[tuple[int, ...]]:
    return [event[1:4] for event in engine.events if event[0].startswith("midi")]


@pytest.mark.parametrize(
    ("name", "value", "messages"),
    [
        ("volume", 1.0, [(0xB2, 7, 127)]),
        ("pan", -1.0, [(0xB2, 10, 1)]),
        ("pan", 0.0, [(0xB2, 10, 64)]),
        ("reverb_send", 0.5, [(0xB2, 91, 64)]),
        ("sostenuto", 1.0, [(0xB2, 66, 127)]),
        ("bright", 1.0, [(0xB2, 74, 127)]),
        ("mono", 1.0, [(0xB2, 126, 1)]),
        ("mono", 0.0, [(0xB2, 127, 0)]),
        ("bend_range", 12.5, [(0xB2, 101, 0), (0xB2, 100, 0), (0xB2, 6, 12), (0xB2, 38, 50),
                              (0xB2, 101, 127), (0xB2, 100, 127)]),
        ("transpose", -12.0, [(0xB2, 101, 0), (0xB2, 100, 2), (0xB2, 6, 52), (0xB2, 38, 0),
                              (0xB2, 101, 127), (0xB2, 100, 127)]),
        ("fine_tune", 50.0, [(0xB2, 101, 0), (0xB2, 100, 1), (0xB2, 6, 96), (0xB2, 38, 0),
                             (0xB2, 101, 127), (0xB2, 100, 127)]),
    ],
)  # fmt: skip
def test_what_midi_has_is_sent_as_midi(
    sent: tuple[Sent, Desk], name: str, value: float, messages: list[tuple[int, ...]]
) -> None:
    engine, desk = sent
    assert desk.set(name, value, 2) == value
    assert midi(engine) == messages
    assert desk.get(name, 2) == value
    assert desk.get(name, 3) == PARAMETERS[name].default


def test_the_core_s_parameters_go_to_the_core(sent: tuple[Sent, Desk]) -> None:
    engine, desk = sent
    desk.set("width", 0.5, 3)
    desk.set("master_volume", 0.25)
    desk.set("reverb_time", 99.0)
    assert engine.events == [
        ("set_parameter", "width", 0.5, 3),
        ("set_parameter", "volume", 0.25, 0),
        ("set_parameter", "reverb_time", 12.0, 0),
    ]


def test_touch_and_a_fixed_velocity_become_a_curve(sent: tuple[Sent, Desk]) -> None:
    engine, desk = sent
    desk.set("touch", 1.0)
    curve = {played: sounding for name, played, sounding in engine.events if name == "set_velocity"}
    assert sorted(curve) == list(range(1, 128))
    assert curve[127] == 127.0
    assert curve[64] == pytest.approx(127 * (64 / 127) ** 2)
    assert curve[1] == 1.0
    engine.events.clear()
    desk.set("fixed_velocity", 90.0)
    assert {event[2] for event in engine.events} == {90.0}
    desk.set("fixed_velocity", 0.0)
    assert engine.events[-1] == ("set_velocity", 127, 127.0)


def test_a_full_queue_is_waited_for(sent: tuple[Sent, Desk]) -> None:
    engine, desk = sent
    engine.refuses = 3
    desk.set("width", 0.5)
    assert desk.get("width") == 0.5
    engine.refuses = 1_000_000
    with pytest.raises(RtsynthError, match="takes no events"):
        desk.set("width", 0.75)
    assert desk.get("width") == 0.5


def test_every_parameter_can_be_set_to_both_ends(rig: Rig) -> None:
    for name, known in PARAMETERS.items():
        for value in (known.low, known.high, known.default):
            assert rig.desk.set(name, value, 5) == value
            rig.play(TICK)
            assert rig.desk.get(name, 5) == value


@pytest.mark.parametrize(
    ("name", "value", "channel", "message"),
    [
        ("loudness", 1.0, 0, "no parameter 'loudness'"),
        ("volume", float("nan"), 0, "volume: not a number"),
        ("volume", 1.0, 16, "there is no channel 17"),
    ],
)
def test_what_cannot_be_set_is_said(
    rig: Rig, name: str, value: float, channel: int, message: str
) -> None:
    with pytest.raises(RtsynthError, match=message):
        rig.desk.set(name, value, channel)
    assert rig.changes == []


def test_a_keyboard_s_controllers_show(rig: Rig) -> None:
    for message in [(0xB1, 7, 127), (0xB1, 16, 127), (0xB1, 71, 127), (0xB1, 101, 0),
                    (0xB1, 100, 0), (0xB1, 6, 24), (0xB1, 126, 1), (0xB1, 64, 127)]:  # fmt: skip
        rig.controls.at(message)
    rig.controls.follow((0xB1, 1, 127))  # played in a device's callback
    rig.play(TICK)
    shown = {change.name: change.value for change in rig.changes}
    assert shown == {"volume": 1.0, "bright": 1.0, "breathy": -1.0, "bend_range": 24.0,
                     "mono": 1.0, "sustain": 1.0, "modulation": 1.0}  # fmt: skip
    assert {change.channel for change in rig.changes} == {1}
    rig.controls.at((0xB1, 121, 0))
    rig.play(TICK)
    assert rig.desk.get("modulation", 1) == rig.desk.get("bright", 1) == 0.0
    assert rig.desk.get("volume", 1) == 1.0


def test_a_program_change_shows_as_a_timbre(rig: Rig) -> None:
    assert rig.desk.timbre(4) == "organ"
    rig.controls.at((0xC4, 100, 0))
    rig.play(TICK)
    assert rig.desk.timbre(4) == "bell"
    assert rig.changes == [Change("timbre", 4, 0.0)]


def test_it_follows_on_a_thread_of_its_own(rig: Rig) -> None:
    heard = threading.Event()
    rig.desk.listen(lambda change: heard.set())
    rig.desk.start()
    rig.controls.at((0xB0, 7, 1))
    assert heard.wait(10.0)
    rig.desk.stop()
    assert rig.desk.get("volume") == pytest.approx(1 / 127)


def test_a_morph_is_chosen_while_a_note_rings_out(rig: Rig) -> None:
    rig.note(60)
    rig.play(4800)
    rig.desk.set_timbre("organ:0.5+bell:0.5")
    rig.play(4800)
    slot = rig.controls.slot_of(0)
    assert slot == 2
    assert rig.engine.stats().arrivals == 0  # the held note stays what it is
    assert [row[0] for row in rig.engine.reading(0).tolist()] == [60]
    rig.note(64)
    rig.play(2400)
    assert {row[0] for row in rig.engine.reading(slot).tolist()} == {64}
    np.testing.assert_allclose(rig.generator._held[slot].latent[:2], [0.5, 0.5])


def test_moving_a_timbre_takes_held_notes_along(rig: Rig) -> None:
    rig.note(60)
    rig.note(61, channel=1)  # plays the same slot, and stays
    rig.play(9600)
    for i in range(10):
        rig.desk.move_timbre(f"organ:{10 - i}+bell:{i}")
        rig.play(2400)
    slot = rig.controls.slot_of(0)
    assert slot != rig.controls.slot_of(1) == 0
    assert [row[0] for row in rig.engine.reading(slot).tolist()] == [60]
    assert [row[0] for row in rig.engine.reading(0).tolist()] == [61]
    stats = rig.engine.stats()
    assert (stats.voices, stats.late_frames) == (2, 0)
    assert stats.arrivals >= 9
    np.testing.assert_allclose(rig.generator._held[slot].latent[:2], [0.1, 0.9], atol=1e-6)


def test_the_same_text_is_the_same_slot(rig: Rig) -> None:
    for channel in range(4):
        rig.desk.set_timbre("random:7", channel)
    rig.play(TICK)
    assert {rig.controls.slot_of(channel) for channel in range(4)} == {2}


def test_a_timbre_that_is_none_is_refused(rig: Rig) -> None:
    for text in ("tuba", "random:x", "organ:loud", ""):
        with pytest.raises(RtsynthError):
            rig.desk.set_timbre(text)
    assert rig.desk.timbre() == "organ"
    assert rig.changes == []


def test_a_split_has_two_slots(rig: Rig) -> None:
    rig.desk.set_layers((Layer("organ", high=59), Layer("bell", low=60, transpose=12, pan=0.5)))
    rig.play(512)
    assert [rig.controls.slot_of(0, layer) for layer in range(3)] == [0, 1, -1]
    assert rig.desk.layers()[1].transpose == 12
    rig.desk.set_layers((Layer("organ"),))
    assert rig.controls.slot_of(0, 1) == -1
    assert [change.name for change in rig.changes] == ["layers", "timbre"] * 2


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "1 to 4 layers, not 0"),
        ((Layer("organ"),) * 5, "1 to 4 layers, not 5"),
        ((Layer("organ", low=60, high=50),), "ends before it begins"),
        ((Layer("organ", pan=2.0),), "layer 1: pan is 2"),
        ((Layer("organ", gain_db=float("nan")),), "layer 1: gain_db"),
        ((Layer("organ"), Layer("tuba")), "no timbre named 'tuba'"),
    ],
)
def test_layers_that_cannot_be_are_refused(
    rig: Rig, layers: tuple[Layer, ...], message: str
) -> None:
    with pytest.raises(RtsynthError, match=message):
        rig.desk.set_layers(layers)
    assert rig.desk.layers() == (Layer("organ"),)


def test_panic_leaves_nothing_held(rig: Rig) -> None:
    rig.desk.set("sustain", 1.0)
    rig.desk.set("bright", 0.5)
    rig.note()
    rig.play(TICK)
    rig.desk.panic()
    rig.play(4800)
    assert rig.engine.stats().voices == 0
    assert rig.desk.get("sustain") == rig.desk.get("bright") == 0.0
    rig.note()
    rig.play(TICK)
    rig.desk.play((0x80, 60, 0))
    rig.play(48_000)
    assert rig.engine.stats().voices == 0


JUST = Scale("just", (200.0, 386.3, 702.0, 1200.0))


def test_concert_pitch_and_stretch_tune(rig: Rig) -> None:
    rig.desk.set("reference", 442.0)
    rig.desk.set("stretch", 1.0)
    assert rig.controls.tuning == Tuning(reference_hz=442.0, stretch=1.0)


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


def test_a_listener_hears_no_more_once_it_ended_that(rig: Rig) -> None:
    heard: list[Change] = []
    end = rig.desk.listen(heard.append)
    rig.desk.set("pan", 0.5)
    end()
    rig.desk.set("pan", 0.0)
    assert heard == [Change("pan", 0, 0.5)]


class Taker:
    """Takes every program change, as a set list does."""

    def takes(self, channel: int) -> bool:
        return True

    def program(self, channel: int, program: int) -> bool:
        return True


def test_a_program_change_that_chooses_nothing_leaves_the_words_of_a_morph(rig: Rig) -> None:
    rig.desk.set_timbre("organ:0.5+bell:0.5")
    rig.desk.claim_programs(Taker())
    rig.desk.play((0xC0, 1, 0))
    rig.play(512)
    assert rig.desk.timbre() == "organ:0.5+bell:0.5"
    state = rig.desk.state()
    rig.desk.load({})
    rig.desk.load(state)
    assert rig.desk.state() == state


def test_a_timbre_that_is_chosen_sounds_after_a_bank_of_drums(rig: Rig) -> None:
    for message in [(0xB0, 0, 127), (0xC0, 0, 0), (0x90, 60, 88)]:
        rig.desk.play(message)
    assert not np.any(rig.play(4096))
    rig.desk.set_timbre("bell")
    rig.play(4096)  # before a key is pressed: where JACK plays, nothing comes in between
    rig.engine.midi(0x90, 60, 88)
    assert np.any(rig.play(4096))


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
