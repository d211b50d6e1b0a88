"""What was set holds again when a host ends what was played; a bounce leaves nothing."""

from pathlib import Path

import pytest

from rtsynth.heard import HeardFollower
from rtsynth.messages import SYSTEM_RESET
from tests.desk_rig import TICK, Rig


@pytest.fixture
def rig(tiny: Path) -> Rig:
    return Rig(tiny)


def play(rig: Rig, *messages: tuple[int, int, int]) -> None:
    """A song's messages, as a plugin's audio thread plays them."""
    for message in messages:
        rig.controls.follow(message)
    rig.desk.catch_up()


def end(rig: Rig) -> None:
    """A host's reset, which the engine has carried out."""
    rig.engine.reset()
    rig.controls.forget_played()
    rig.desk.catch_up()


def test_what_was_played_goes_and_what_was_set_is_set_again(rig: Rig) -> None:
    rig.desk.set("volume", 0.5, 3)
    rig.desk.set("bright", 1.0, 3)
    rig.desk.set("master_volume", 0.75)
    before = rig.desk.state()
    play(rig, (0xB3, 7, 12), (0xB3, 91, 90), (0xB3, 1, 90), (0xB3, 74, 0), (0xB0, 64, 127),
         (0xB3, 101, 0), (0xB3, 100, 2), (0xB3, 6, 70))  # fmt: skip
    assert rig.controls.sysex(bytes([0xF0, 0x7F, 0x7F, 4, 1, 0, 0x20, 0xF7]))
    rig.desk.catch_up()
    assert rig.desk.state() != before
    assert rig.desk.state(played=False) == before
    rig.changes.clear()
    end(rig)
    assert rig.desk.state() == before
    assert rig.desk.get("sustain") == 0.0
    assert {change.name for change in rig.changes if change.played} >= {"volume", "sustain"}
    assert not [change for change in rig.changes if not change.played]


def test_a_host_says_so_among_what_is_heard(rig: Rig) -> None:
    class Source:
        unheard = 0

        def heard(self, limit: int, wait_ms: float) -> list[tuple[bytes, int, int, int]]:
            return [(bytes((0xB3, 7, 12)), 0, -1, 0), (bytes(SYSTEM_RESET[:1]), 0, -1, 0),
                    (bytes((0xB3, 10, 0)), 0, -1, 0)]  # fmt: skip

        def set_slots(self, channel: int, slots: list[int]) -> None:
            """Nothing plays."""

    rig.desk.set("pan", 0.5, 3)
    assert HeardFollower(Source(), rig.controls).follow() == 3
    assert rig.controls.send(lambda engine: engine.midi(0xB3, 10, 0))  # as the callback did
    rig.desk.catch_up()
    assert rig.desk.get("volume", 3) == pytest.approx(100 / 127)
    assert rig.desk.get("pan", 3) == -1.0


def test_the_engine_plays_as_it_was_set(rig: Rig) -> None:
    rig.desk.set("volume", 0.25, 3)
    rig.play(TICK)

    def level() -> float:
        rig.note(60, 3)
        found = float(abs(rig.play(4800)).max())
        rig.desk.panic()
        rig.play(48_000)
        return found

    quiet = level()
    rig.controls.at((0xB3, 7, 127))
    assert level() > 4.0 * quiet
    end(rig)
    assert 0.5 * quiet < level() < 2.0 * quiet  # no two notes are alike


def test_programs_of_a_bounce_go_and_those_that_are_played_live_stay(rig: Rig) -> None:
    rig.controls.at((0xC4, 100, 0))
    rig.play(TICK)
    live = rig.desk.timbre(4)
    rig.desk.bounce(True)
    for program in (0, 100, 0):
        rig.controls.at((0xC4, program, 0))
        rig.play(TICK)
    assert rig.desk.timbre(4) != live
    assert rig.desk.state(played=False)["channels"]["5"]["layers"] == [{"timbre": live}]
    end(rig)
    assert rig.desk.timbre(4) == live
    rig.controls.at((0xC4, 0, 0))
    rig.play(TICK)
    rig.desk.bounce(False)
    assert rig.desk.timbre(4) == live


def test_a_timbre_that_is_chosen_by_hand_while_it_bounces_stays(rig: Rig) -> None:
    rig.desk.bounce(True)
    rig.controls.at((0xC4, 100, 0))
    rig.play(TICK)
    rig.desk.set_timbre("organ", 4)
    rig.desk.bounce(False)
    assert rig.desk.timbre(4) == "organ"


def test_what_was_learned_is_set_live_and_played_in_a_bounce(rig: Rig) -> None:
    rig.desk.learn.load([{"source": 0, "controller": 20, "parameter": "reverb_time"}])
    play(rig, (0xB0, 20, 0), (0xB0, 20, 127))  # it takes over where it passes
    live = rig.desk.get("reverb_time")
    assert rig.desk.state(played=False)["parameters"]["reverb_time"] == live
    rig.desk.bounce(True)
    play(rig, (0xB0, 20, 0))
    assert rig.desk.get("reverb_time") != live
    assert rig.desk.state(played=False)["parameters"]["reverb_time"] == live
    end(rig)
    assert rig.desk.get("reverb_time") == live


def test_a_state_that_is_loaded_is_set(rig: Rig) -> None:
    play(rig, (0xB3, 7, 12))
    rig.desk.load({"channels": {"4": {"parameters": {"pan": -0.5}}}})
    assert rig.desk.standing("volume", 3) == rig.desk.get("volume", 3) == pytest.approx(100 / 127)
    assert rig.desk.standing("pan", 3) == -0.5
