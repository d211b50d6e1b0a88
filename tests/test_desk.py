"""Every parameter reaches what carries it out; timbres and layers are chosen; panic."""

import numpy as np
import pytest

from rtsynth.desk import Change, Desk, Layer
from rtsynth.errors import RtsynthError
from rtsynth.parameters import PARAMETERS
from rtsynth.tuning.own import Tuning
from tests.desk_rig import TICK, Rig, Sent, midi, rig, sent

__all__ = ["rig", "sent"]  # fixtures


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


def test_concert_pitch_and_stretch_tune(rig: Rig) -> None:
    rig.desk.set("reference", 442.0)
    rig.desk.set("stretch", 1.0)
    assert rig.controls.tuning == Tuning(reference_hz=442.0, stretch=1.0)


def test_a_listener_hears_no_more_once_it_ended_that(rig: Rig) -> None:
    heard: list[Change] = []
    end = rig.desk.listen(heard.append)
    rig.desk.set("pan", 0.5)
    end()
    rig.desk.set("pan", 0.0)
    assert heard == [Change("pan", 0, 0.5)]


def test_a_timbre_that_is_chosen_sounds_after_a_bank_of_drums(rig: Rig) -> None:
    for message in [(0xB0, 0, 127), (0xC0, 0, 0), (0x90, 60, 88)]:
        rig.desk.play(message)
    assert not np.any(rig.play(4096))
    rig.desk.set_timbre("bell")
    rig.play(4096)  # before a key is pressed: where JACK plays, nothing comes in between
    rig.engine.midi(0x90, 60, 88)
    assert np.any(rig.play(4096))
