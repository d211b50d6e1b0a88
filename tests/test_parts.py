"""Pressure, slides, zones and layers: which slot the engine plays of what, and what goes along."""

import pytest

from rtsynth.contents import NO_SLOT
from rtsynth.desk import Layer
from tests.desk_rig import Rig, rig

__all__ = ["rig"]  # a fixture


def read(rig: Rig, slot: int) -> list[int]:
    """Keys of the notes that read a slot."""
    return sorted({row[0] for row in rig.engine.reading(slot).tolist()})


def zone(rig: Rig, members: int) -> None:
    for controller, value in ((101, 0), (100, 6), (6, members)):
        rig.controls.at((0xB0, controller, value))
    rig.play(64)


def lent(rig: Rig) -> dict[tuple[int, int], int]:
    return rig.controls.parts.slots._lent


def test_a_member_s_pressure_turns_its_own_note_alone(rig: Rig) -> None:
    zone(rig, 5)
    for channel, key in ((1, 60), (2, 64)):
        rig.note(key, channel)
    rig.play(9600)
    for pressure in range(1, 128, 2):
        rig.controls.at((0xD1, pressure, 0))
        rig.play(512)
    rig.play(2400)
    slot = lent(rig)[1, 0]
    assert read(rig, slot) == [60]
    assert read(rig, 0) == [64]
    expected = rig.metadata.directions.up[0, 0] * 0.5 + rig.metadata.timbres[0].latent
    assert rig.generator._held[slot].latent == pytest.approx(expected, abs=1e-4)
    stats = rig.engine.stats()
    assert (stats.voices, stats.late_frames) == (2, 0)
    assert stats.arrivals >= 20
    rig.controls.at((0x81, 60, 0))
    rig.play(64)
    assert lent(rig) == {}  # given back
    rig.note(62, 1)  # pressed already: it begins as the zone is, and goes to where it is pressed
    rig.play(4800)
    assert read(rig, lent(rig)[1, 0]) == [62]
    assert rig.controls.slot_of(1) == rig.controls.slot_of(0) == 0


def test_a_slide_of_a_member_is_no_turn_of_the_zone(rig: Rig) -> None:
    zone(rig, 5)
    rig.note(60, 1)
    rig.play(4800)
    rig.controls.at((0xB1, 74, 0))
    rig.play(4800)
    slot = lent(rig)[1, 0]
    assert read(rig, slot) == [60]
    assert rig.desk.get("bright", 0) == rig.desk.get("bright", 1) == 0.0
    rig.controls.at((0xB0, 74, 127))  # the manager's turns all: home and held note
    rig.play(9600)
    assert rig.desk.get("bright", 0) == 1.0
    assert rig.generator._held[slot].latent == pytest.approx(rig.metadata.timbres[0].latent)


def test_a_zone_has_one_timbre_and_its_layers(rig: Rig) -> None:
    rig.desk.set_layers((Layer("bell"), Layer("organ", transpose=12)))
    zone(rig, 3)
    rig.play(512)
    places = [(channel, layer) for channel in range(4) for layer in range(2)]
    assert [rig.controls.slot_of(*place) for place in places] == [1, 0] * 4
    assert all(rig.controls.parts._sent[place] in (0, 1) for place in places)
    rig.controls.at((0xC2, 0, 0))  # a member chooses nothing
    assert rig.controls.timbre_of(2).name == "bell"
    rig.controls.at((0xC0, 0, 0))
    assert {rig.controls.timbre_of(channel).name for channel in range(4)} == {"organ"}
    zone(rig, 0)
    assert rig.controls.slot_of(2, 1) == NO_SLOT


def test_channel_10_plays_as_a_member_only(rig: Rig) -> None:
    rig.note(60, 9)
    rig.play(128)
    assert rig.engine.stats().voices == 0
    zone(rig, 10)
    rig.note(60, 9)
    rig.play(128)
    assert rig.engine.stats().voices == 1


def test_pressure_of_a_plain_channel_leaves_new_notes_as_they_are(rig: Rig) -> None:
    for key in (60, 64, 67):
        rig.note(key, 3)
    rig.note(60, 4)  # shares the slot
    rig.play(4800)
    onsets = rig.engine.frames_ready(0, 72, 5)
    rig.controls.at((0xD3, 127, 0))
    rig.play(4800)
    assert read(rig, lent(rig)[3, 0]) == [60, 64, 67]
    assert read(rig, 0) == [60]
    assert rig.engine.frames_ready(0, 72, 5) == onsets  # what new notes begin on is still there
    rig.controls.at((0xC3, 100, 0))  # another timbre: what is held rings out
    rig.controls.at((0xD3, 0, 0))
    rig.play(4800)
    assert lent(rig) == {}
    assert rig.engine.stats().voices == 4


def test_without_pressure_nothing_is_lent(rig: Rig) -> None:
    rig.desk.set("pressure_turn", 0.0, 3)
    rig.note(60, 3)
    rig.play(512)
    rig.controls.at((0xD3, 127, 0))
    rig.play(512)
    assert lent(rig) == {}


def test_key_pressure_turns_no_timbre(rig: Rig) -> None:
    rig.note(60)
    rig.controls.at((0xA0, 60, 127))
    rig.play(512)
    assert lent(rig) == {}


def test_a_transposed_layer_s_notes_go_along(rig: Rig) -> None:
    rig.desk.set_layers((Layer("organ"), Layer("bell", transpose=12)))
    rig.play(512)
    rig.note(60)
    rig.play(9600)
    rig.controls.at((0xD0, 127, 0))
    rig.play(9600)
    assert read(rig, lent(rig)[0, 0]) == [60]
    assert read(rig, lent(rig)[0, 1]) == [72]


def test_more_presses_than_slots_leave_the_rest_as_it_is(rig: Rig) -> None:
    for channel in range(16):
        rig.desk.set_layers(tuple(Layer(f"random:{4 * channel + i}") for i in range(4)), channel)
    rig.play(512)
    zone(rig, 15)
    for channel in range(1, 16):
        rig.note(40 + channel, channel)
        rig.controls.at((0xD0 | channel, 127, 0))
    rig.play(512)
    slots = rig.controls.parts.slots
    assert len(slots.lent()) == len(lent(rig))
    assert not slots.lent() & slots.selected()


def test_a_layer_that_a_full_queue_refused_comes_with_the_next_message(rig: Rig) -> None:
    rig.desk.set_layers([Layer("organ"), Layer("bell")])
    rig.play(512)
    parts, engine = rig.controls.parts, rig.engine
    chosen = rig.metadata.timbres[0]
    while engine.midi(0xB0, 7, 100):
        pass
    assert not parts.choose(0, chosen, 1)
    rig.play(512)
    rig.note(60)
    rig.play(64)
    assert rig.controls.slot_of(0, 1) == 0
    assert parts._sent[0, 1] == 0


def test_a_preset_says_nothing_of_a_zone_by_its_members(rig: Rig) -> None:
    rig.desk.set_timbre("organ", 2)
    rig.desk.set_layers((Layer("organ", low=60), Layer("organ")), 3)
    zone(rig, 3)
    rig.desk.load({"channels": {"1": {"layers": [{"timbre": "bell", "low": 30}]}}})
    rig.play(512)
    assert {rig.controls.timbre_of(channel).name for channel in range(4)} == {"bell"}
    assert rig.controls.slot_of(3, 1) == NO_SLOT
    zone(rig, 0)
    rig.note(50, 2)
    rig.play(512)
    assert [rig.controls.timbre_of(channel).name for channel in (0, 2, 3)] == [
        "bell", rig.metadata.timbres[0].name, rig.metadata.timbres[0].name,
    ]  # fmt: skip


def test_a_split_of_a_zone_is_not_left_behind_in_its_members(rig: Rig) -> None:
    rig.desk.set_layers((Layer("bell", low=60),))
    zone(rig, 3)
    zone(rig, 0)
    rig.note(50, 2)
    rig.play(512)
    assert rig.engine.stats().voices == 1


def test_a_layer_of_a_former_member_is_turned(rig: Rig) -> None:
    zone(rig, 3)
    rig.desk.set_layers((Layer("bell"), Layer("organ")), 2)
    zone(rig, 0)
    rig.desk.set("bright", 1.0, 2)
    rig.note(60, 2)
    rig.play(9600)
    assert rig.controls.slot_of(2, 1) != NO_SLOT
