"""What every key is tuned to, and that the engine hears of every change, once."""

import pytest
from tuning_data import bulk, frequency, sysex

from rtsynth.sysex import actions
from rtsynth.tuning.mts import KeyTuning, OctaveProgram, OctaveTuning
from rtsynth.tuning.own import Tuning
from rtsynth.tuning.scala import KeyboardMap, Scale
from rtsynth.tuning.tuner import NOT_PLAYED, Tuner

FIFTH = Scale("a fifth", (702.0,))


class Engine:
    """Stands for the engine: what its keys are tuned to."""

    def __init__(self) -> None:
        self.keys = {(channel, key): 0.0 for channel in range(16) for key in range(128)}
        self.sent: list[tuple[int, int, float, bool, int]] = []
        self.room = 100_000

    def tune(self, channel: int, key: int, semitones: float, live: bool, at: int) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.sent.append((channel, key, semitones, live, at))
        self.keys[channel, key] = semitones
        return True


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def tuner(engine: Engine) -> Tuner:
    return Tuner(engine.tune)


def test_nothing_is_sent_where_nothing_changes(engine: Engine, tuner: Tuner) -> None:
    assert not tuner.waits
    tuner.set_own(Tuning())
    tuner.reset()
    assert tuner.bring(True, -1)
    assert engine.sent == []


def test_the_players_own_tuning(engine: Engine, tuner: Tuner) -> None:
    tuner.set_own(Tuning(FIFTH))
    assert tuner.waits
    tuner.bring(True, 700)
    assert engine.keys[0, 61] == pytest.approx(6.02)
    assert engine.keys[15, 60] == 0.0
    assert {(live, at) for *_, live, at in engine.sent} == {(True, 700)}
    assert all(abs(each) <= 127.0 for each in engine.keys.values())
    assert not tuner.waits


def test_a_wrong_map_changes_nothing(engine: Engine, tuner: Tuner) -> None:
    tuner.set_own(Tuning(FIFTH))
    with pytest.raises(Exception, match="unmapped"):
        tuner.set_own(Tuning(FIFTH, KeyboardMap((None,))))
    assert tuner.own.scale == FIFTH
    assert tuner.own.keyboard == KeyboardMap()


def test_unmapped_keys_are_not_played_and_sounding_ones_do_not_dive(
    engine: Engine, tuner: Tuner
) -> None:
    tuner.set_own(Tuning(FIFTH, KeyboardMap((0, None))))
    tuner.bring(True, -1)
    assert engine.keys[0, 61] == NOT_PLAYED
    assert engine.keys[0, 62] == pytest.approx(5.02)
    assert all(not live for _, _, semitones, live, _ in engine.sent if semitones == NOT_PLAYED)


def test_a_full_queue_is_gone_on_with(engine: Engine, tuner: Tuner) -> None:
    tuner.set_own(Tuning(FIFTH))
    engine.room = 100
    assert not tuner.bring(True, -1)
    assert tuner.waits
    engine.room = 100_000
    assert tuner.bring(True, -1)
    assert len(engine.sent) == len({each[:2] for each in engine.sent})
    assert engine.keys[15, 100] == pytest.approx(engine.keys[0, 100])


def test_programs_are_heard_by_the_channels_that_select_them(engine: Engine, tuner: Tuner) -> None:
    tuner.set_own(Tuning(reference_hz=466.16))
    tuner.change(KeyTuning((2, 5), ((60, 60.5),), True))
    tuner.bring(True, -1)
    engine.sent.clear()
    for message in [(101, 0), (100, 4), (6, 2), (100, 3), (6, 5)]:
        tuner.follow((0xB3, *message))
    assert tuner.waits
    tuner.bring(False, -1)
    assert [each[:2] for each in engine.sent] == [(3, 60)]
    assert engine.keys[3, 60] == pytest.approx(1.5, abs=1e-3)  # concert pitch moves it, too
    assert not engine.sent[0][3]


def test_data_for_other_parameters_selects_nothing(engine: Engine, tuner: Tuner) -> None:
    tuner.change(KeyTuning((0, 5), ((60, 60.5),), True))
    tuner.bring(True, -1)
    for message in [(101, 0), (100, 3), (99, 1), (6, 5), (101, 0), (100, 3), (121, 0), (6, 5)]:
        tuner.follow((0xB0, *message))
    assert not tuner.waits


def test_offsets_are_added_and_replace_each_other(engine: Engine, tuner: Tuner) -> None:
    tuner.change(KeyTuning((0, 0), ((64, 65.0),), True))
    tuner.change(OctaveProgram((0, 0), (10.0,) * 12))
    for step in (50.0, 20.0):
        tuner.change(OctaveTuning((1, 2), (0.0,) * 4 + (step,) + (0.0,) * 7, True))
    tuner.bring(True, -1)
    assert engine.keys[0, 64] == pytest.approx(1.1)
    assert engine.keys[1, 64] == pytest.approx(1.3)
    assert engine.keys[2, 76] == pytest.approx(0.3)
    assert engine.keys[2, 77] == pytest.approx(0.1)


def test_master_tuning_and_reset(engine: Engine, tuner: Tuner) -> None:
    tuner.set_own(Tuning(FIFTH))
    tuner.set_master(cents=50.0)
    tuner.set_master(semitones=-2.0)
    tuner.silence(4, True)
    tuner.bring(True, -1)
    assert engine.keys[0, 60] == -1.5
    assert engine.keys[4, 60] == NOT_PLAYED
    tuner.reset()
    tuner.bring(False, -1)
    assert engine.keys[0, 60] == 0.0
    assert engine.keys[4, 60] == 0.0
    assert engine.keys[0, 61] == pytest.approx(6.02)  # the player's own stays


def test_a_bulk_dump_reaches_every_channel(engine: Engine, tuner: Tuner) -> None:
    (change,) = actions(bulk([key + 0.25 for key in range(127)] + [127.0]))
    assert isinstance(change, KeyTuning)
    tuner.change(change)
    tuner.bring(change.live, -1)
    assert engine.keys[9, 0] == pytest.approx(0.25, abs=1e-4)
    assert len(engine.sent) == 16 * 127
    assert not any(live for *_, live, _ in engine.sent)
    (again,) = actions(sysex(0x7F, 0, 8, 2, 0, 1, 69, frequency(69.0)))
    assert isinstance(again, KeyTuning)
    tuner.change(again)
    assert tuner.bring(again.live, 5)
    assert engine.keys[0, 69] == 0.0
    assert engine.keys[0, 68] == pytest.approx(0.25, abs=1e-4)
