"""Controllers are learned, take over softly, and give their own meaning back."""

from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.parameters import parameter
from rtsynth.stage.learn import Learned
from rtsynth.stage.mapping import Mapping
from tests.desk_rig import Rig, rig

__all__ = ["rig"]  # a fixture


class Values:
    """Stands for a desk: what parameters are set to."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, int], float] = {}
        self.ignored: set[tuple[int, int]] = set()
        self.learn = Learned(self, self.ignore)

    def get(self, name: str, channel: int = 0) -> float:
        return self.values.get((name, channel), parameter(name).default)

    def set(self, name: str, value: float, channel: int = 0) -> float:
        self.values[name, channel] = value
        return value

    def ignore(self, source: int, controller: int, on: bool) -> None:
        (self.ignored.add if on else self.ignored.discard)((source, controller))

    def move(self, *values: int, controller: int = 21, source: int = 0) -> bool:
        heard = [self.learn.heard((0xB0 | source, controller, value)) for value in values]
        return False not in heard


@pytest.fixture
def desk() -> Values:
    return Values()


def test_the_next_controller_that_moves_is_learned(desk: Values) -> None:
    desk.learn.learn("reverb_time")
    assert desk.learn.waiting == "reverb_time"
    assert not desk.learn.heard((0x90, 60, 100))  # a key is no controller
    assert not desk.move(5, controller=101)  # nor are these by themselves
    assert not desk.move(5, controller=0)
    assert not desk.move(0, controller=123)
    assert desk.move(64, source=3)
    assert desk.learn.waiting == ""
    assert desk.learn.mappings == (Mapping(3, 21, "reverb_time"),)
    assert desk.ignored == {(3, 21), (3, 53)}
    assert not desk.move(64, source=2)
    assert desk.move(1, controller=53, source=3)  # what refines it moves nothing by itself


def test_a_knob_moves_nothing_until_it_passes(desk: Values) -> None:
    desk.set("width", 1.0, 4)  # the middle of 0..2
    desk.learn.learn("width", 4)
    desk.move(10)
    for value in (20, 40, 62):
        desk.move(value)
        assert desk.get("width", 4) == 1.0
    desk.move(66)
    assert desk.get("width", 4) == pytest.approx(2 * 66 / 127)
    desk.move(3)
    assert desk.get("width", 4) == pytest.approx(2 * 3 / 127)


def test_from_above_as_well_and_at_once_where_it_stands_there(desk: Values) -> None:
    desk.learn.learn("width")
    desk.move(120)
    desk.move(80)
    assert desk.get("width") == 1.0
    desk.move(40)
    assert desk.get("width") == pytest.approx(2 * 40 / 127)
    desk.learn.learn("pan", 1)
    desk.move(100, controller=22)
    desk.move(64, controller=22)  # its middle is the parameter's
    assert desk.get("pan", 1) == 0.0
    desk.move(127, controller=22)
    assert desk.get("pan", 1) == 1.0


def test_a_parameter_that_went_elsewhere_has_to_be_caught_again(desk: Values) -> None:
    desk.learn.learn("width")
    desk.move(64, 64, 70)
    assert desk.get("width") == pytest.approx(2 * 70 / 127)
    desk.set("width", 0.1)  # on the page
    desk.move(72)
    assert desk.get("width") == 0.1
    desk.move(60, 30)
    assert desk.get("width") == 0.1
    desk.move(2)
    assert desk.get("width") == pytest.approx(2 * 2 / 127)


def test_switches_and_pedals_need_no_catching(desk: Values) -> None:
    done: list[str] = []
    desk.learn.register("next in set list", lambda: done.append("next"))
    desk.learn.learn_action("next in set list")
    desk.move(127, controller=64)  # the press that is learned does nothing yet
    assert done == []
    desk.move(0, 127, 100, 0, 127, controller=64)
    assert done == ["next", "next"]
    desk.learn.learn("legato", 2)
    desk.move(127, controller=80)
    desk.move(127, controller=80)
    assert desk.get("legato", 2) == 1.0
    desk.move(0, controller=80)
    assert desk.get("legato", 2) == 0.0


def test_one_controller_has_one_target_and_the_other_way_round(desk: Values) -> None:
    desk.learn.learn("width")
    desk.move(1)
    desk.learn.learn("reverb_time")
    desk.move(2)
    assert desk.learn.mappings == (Mapping(0, 21, "reverb_time"),)
    desk.learn.learn("reverb_time")
    desk.move(2, controller=70)
    assert desk.learn.mappings == (Mapping(0, 70, "reverb_time"),)
    assert desk.ignored == {(0, 70)}
    desk.learn.learn("width")
    desk.move(1)
    assert len(desk.learn.mappings) == 2
    assert desk.learn.forget("width")
    assert not desk.learn.forget("width")
    desk.learn.forget_all()
    assert desk.learn.mappings == ()
    assert desk.ignored == set()


def test_what_cannot_be_learned_is_said(desk: Values) -> None:
    with pytest.raises(RtsynthError, match="no parameter 'loudness'"):
        desk.learn.learn("loudness")
    with pytest.raises(RtsynthError, match="nothing is called 'fly'"):
        desk.learn.learn_action("fly")
    assert desk.learn.waiting == ""
    desk.learn.learn("width")
    desk.learn.cancel()
    assert not desk.move(1)


def test_what_was_learned_comes_back(desk: Values) -> None:
    desk.learn.learn("width", 3)
    desk.move(1, controller=70)
    desk.learn.register("panic", lambda: None)
    desk.learn.learn_action("panic")
    desk.move(127, controller=66, source=1)
    state = desk.learn.state()
    assert state == [{"source": 0, "controller": 70, "parameter": "width", "channel": 3},
                     {"source": 1, "controller": 66, "action": "panic"}]  # fmt: skip
    other = Values()
    changed: list[bool] = []
    other.learn.changed = lambda: changed.append(True)
    other.learn.load(state)
    assert other.learn.state() == state
    assert other.ignored == {(0, 70), (1, 66)}
    assert changed == [True]
    other.move(127, controller=66, source=1)  # nobody has registered it: nothing happens


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "a list of 256"),
        ([1], "learned controller 1: an object"),
        ([{"source": 0, "controller": 70}], "either a parameter or an action"),
        ([{"source": 0, "controller": 70, "parameter": "fly"}], "controller 1: no parameter 'fly'"),
        ([{"source": 16, "controller": 70, "parameter": "pan"}], "source is 16, not 0 to 15"),
        ([{"source": 0, "controller": "x", "parameter": "pan"}], "controller is 'x'"),
        ([{"source": 0, "controller": 101, "parameter": "pan"}], "cannot be learned"),
        ([{"source": 0, "controller": 70, "parameter": "pan", "colour": 1}], "an object with"),
        ([{"source": 0, "controller": 70, "parameter": "pan"},
          {"source": 0, "controller": 70, "parameter": "width"}], "the same controller twice"),
    ],
)  # fmt: skip
def test_a_wrong_state_is_refused(desk: Values, state: Any, message: str) -> None:
    desk.learn.learn("width")
    desk.move(1)
    before = desk.learn.state()
    with pytest.raises(RtsynthError, match=message):
        desk.learn.load(state)
    assert desk.learn.state() == before


def test_a_learned_wheel_bends_no_note_any_more(rig: Rig) -> None:
    rig.desk.learn.learn("reverb_time")
    rig.controls.at((0xB0, 1, 100))  # it is heard as vibrato until it is learned
    rig.play(512)
    assert [m.parameter for m in rig.desk.learn.mappings] == ["reverb_time"]
    assert rig.desk.get("modulation") == 0.0
    rig.controls.at((0xB0, 1, 0))
    rig.controls.at((0xB0, 1, 127))
    rig.play(512)
    assert rig.desk.get("reverb_time") == 12.0
    assert rig.desk.get("modulation") == 0.0
    rig.desk.set("modulation", 0.5)  # on the page it is there still
    assert rig.changes[-1].name == "modulation"
    rig.desk.learn.forget("reverb_time")
    rig.controls.at((0xB0, 1, 127))
    rig.play(512)
    assert rig.desk.get("modulation") == 1.0


def test_a_direction_of_the_timbre_can_be_learned(rig: Rig) -> None:
    rig.desk.learn.learn("bright", 2)
    for value in (64, 65, 127):
        rig.controls.at((0xB0, 20, value))
    rig.play(512)
    rig.play(2400)
    assert rig.desk.get("bright", 2) == 1.0
    slot = rig.controls.slot_of(2)
    moved = rig.generator._held[slot].latent - rig.metadata.timbres[0].latent
    assert abs(moved).max() > 0.0


def test_what_lies_32_above_a_pedal_is_no_low_byte(desk: Values) -> None:
    desk.learn.learn("width")
    assert desk.move(64, controller=42)
    assert not desk.move(64, controller=74)


def test_what_has_no_channel_is_forgotten_from_any(desk: Values) -> None:
    desk.learn.learn("reverb_time", 3)
    desk.move(64)
    assert desk.learn.forget("reverb_time", 3)
    assert desk.learn.mappings == ()
    assert desk.ignored == set()
