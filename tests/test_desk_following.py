"""The desk keeps up with what is played: controllers, programs, on a thread of its own."""

import threading

import pytest

from rtsynth.desk import Change
from tests.desk_rig import TICK, Rig, rig

__all__ = ["rig"]  # fixtures


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
    assert rig.changes == [Change("timbre", 4, 0.0, played=True)]


def test_it_follows_on_a_thread_of_its_own(rig: Rig) -> None:
    heard = threading.Event()
    rig.desk.listen(lambda change: heard.set())
    rig.desk.start()
    rig.controls.at((0xB0, 7, 1))
    assert heard.wait(10.0)
    rig.desk.stop()
    assert rig.desk.get("volume") == pytest.approx(1 / 127)


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
