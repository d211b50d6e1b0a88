"""A rig on a plugin's memory: in what order it hears of the project and of what was played."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtsynth._core import Engine
from rtsynth.serve.host_parameters import PLACES
from rtsynth.serve.library import Library
from rtsynth.serve.makers import Makers
from rtsynth.serve.playing import Playing
from rtsynth.serve.state import Saved

SET_DB = -40.0
BRIGHT = bytes((0xB2, 74, 110))  # turns channel 3's timbres


class SetBefore(Engine):
    """A plugin whose host set the gain, and knows what it was told of it."""

    def __init__(self) -> None:
        super().__init__(48_000.0, arena_mib=16, shared=True)
        self.gains_db: list[float] = []
        self._told = [(PLACES["gain"], SET_DB, 0)]

    def told(self, most: int) -> Any:
        found, self._told = self._told[:most], []
        return found

    def set_gain_db(self, gain_db: float, at_sample: int = -1) -> bool:
        self.gains_db.append(gain_db)
        return super().set_gain_db(gain_db)


class Waiting(Engine):
    """A plugin that goes on as soon as what it played is settled."""

    def __init__(self) -> None:
        super().__init__(48_000.0, arena_mib=16, shared=True)
        self.played: list[tuple[bytes, int, int, int]] = []
        self.slots: dict[int, list[int]] = {}  # by channel: what programs bring
        self.settled: list[list[int]] = []  # what they brought on channel 3 by then

    def heard(self, limit: int, wait_ms: float) -> list[tuple[bytes, int, int, int]]:
        found, self.played = self.played[:limit], []
        return found

    def set_slots(self, channel: int, slots: list[int]) -> None:
        self.slots[channel] = slots
        super().set_slots(channel, slots)

    def settle(self, look_at: int = -1) -> None:
        self.settled.append(self.slots[2])
        super().settle(look_at)


@pytest.fixture
def playing(tiny: Path) -> Iterator[tuple[Playing, SetBefore]]:
    engine, library, makers = SetBefore(), Library(), Makers(lambda line: None)
    instrument = library.load(str(tiny))
    made = Playing(engine, instrument, library, makers, lambda line: None, *[lambda: None] * 2)
    yield made, engine
    made.close()


def test_what_was_set_before_a_server_came_is_newer_than_the_project(
    playing: tuple[Playing, SetBefore],
) -> None:
    made, engine = playing
    made.load(Saved(), None)
    made.follow()
    assert made.rig.desk.get("gain") == SET_DB
    assert engine.gains_db == []  # it sounds so already, and went on sounding so meanwhile


def test_a_project_that_is_opened_later_is_newer(playing: tuple[Playing, SetBefore]) -> None:
    made, engine = playing
    made.load(Saved(), None)
    made.load(Saved(), None)
    made.follow()
    assert made.rig.desk.get("gain") == 0.0
    assert engine.gains_db == [made.rig.controls.metadata.level_db]


def test_what_programs_bring_is_told_before_what_was_played_is_settled(bundled: Path) -> None:
    engine, library, makers = Waiting(), Library(), Makers(lambda line: None)
    instrument = library.load(str(bundled))
    made = Playing(engine, instrument, library, makers, lambda line: None, *[lambda: None] * 2)
    made.load(Saved(), None)
    made.follow()
    before = engine.slots[2]
    engine.played = [(BRIGHT, 0, -1, 0)]
    made.follow()
    made.close()
    assert engine.settled == [made.rig.controls.program_slots(2)]
    assert engine.settled != [before]  # slots whose timbres are not turned, which were there
