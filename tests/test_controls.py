"""Messages to the engine, and what they mean for timbres."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.generator import Generator
from rtsynth.placing import Filling
from rtsynth.tuning.own import Tuning


@pytest.fixture
def engine(tiny: Path) -> Engine:
    engine = Engine(48000.0)
    Generator(engine, instrument.load(tiny)).prime(0)
    return engine


def controls_of(engine: Engine, tiny: Path, **options: object) -> Controls:
    return Controls(engine, instrument.load(tiny).metadata, **options)  # type: ignore[arg-type]


def voices(engine: Engine, samples: int = 256) -> int:
    engine.render(np.zeros((samples, 2), np.float32))
    return engine.stats().voices


def test_notes_reach_the_engine(engine: Engine, tiny: Path) -> None:
    controls = controls_of(engine, tiny)
    assert controls.at((0x90, 60, 100))
    assert voices(engine) == 1
    controls.at((0x80, 60, 0))
    assert voices(engine, 96_000) == 0


def test_program_change_chooses_the_timbre(engine: Engine, tiny: Path) -> None:
    seen: list[tuple[int, ...]] = []
    controls = controls_of(engine, tiny, on_timbres=seen.append)
    controls.at((0xC2, 100, 0))
    assert controls.slot_of(2) == 1
    assert controls.slot_of(0) == 0
    controls.at((0xC2, 100, 0))
    controls.at((0xC2, 3, 0))
    assert controls.slot_of(2) == 0
    assert seen == [(0,), (1, 0), (0, 1)]
    assert controls.slots_in_use == (0, 1)


def test_drums_are_silent_and_it_says_so_once(engine: Engine, tiny: Path) -> None:
    lines: list[str] = []
    controls = controls_of(engine, tiny, say=lines.append)
    for _ in range(3):
        assert controls.at((0x99, 36, 100))
    assert voices(engine) == 0
    assert len(lines) == 1
    assert "channel 10" in lines[0]


def test_panic_silences(engine: Engine, tiny: Path) -> None:
    controls = controls_of(engine, tiny)
    controls.at((0x90, 60, 100))
    voices(engine)
    controls.panic()
    assert voices(engine, 9600) == 0


def test_a_flood_is_refused_not_overwritten(engine: Engine, tiny: Path) -> None:
    controls = controls_of(engine, tiny)
    accepted = sum(controls.at((0xB0, 7, i % 128)) for i in range(100_000))
    assert accepted < 100_000
    assert engine.stats().events_dropped == 100_000 - accepted
    voices(engine)
    controls.at((0x90, 60, 100))
    assert voices(engine) == 1


class Fills:
    """Stands for the generator: carries fills out when told."""

    def __init__(self) -> None:
        self.slots: list[int] = []
        self._thens: list[Callable[[], None]] = []

    def __call__(self, filling: Filling, then: Callable[[], None]) -> None:
        self.slots.append(filling.slot)
        self._thens.append(then)

    def carry_out(self) -> None:
        for then in self._thens:
            then()
        self._thens.clear()


def turning(engine: Engine, tiny: Path, fill: Fills | None) -> Controls:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    return Controls(engine, metadata, fill=fill)


def test_knobs_fill_slots(engine: Engine, tiny: Path) -> None:
    fills = Fills()
    controls = turning(engine, tiny, fills)
    assert all(controls.at((0xB0, 74, value)) for value in range(128))
    assert set(fills.slots) == {0}
    assert len(fills.slots) == 127  # 64 and 0 change nothing at first
    assert controls.timbre_of(0).name == "organ"
    assert controls.at((0xB0, 121, 0))
    assert len(fills.slots) == 128


def test_a_channel_moves_to_its_own_slot_when_that_is_filled(engine: Engine, tiny: Path) -> None:
    fills = Fills()
    controls = turning(engine, tiny, fills)
    controls.at((0x90, 60, 88))
    controls.at((0x91, 60, 88))
    controls.at((0xB1, 74, 127))
    assert controls.slot_of(1) == 2
    controls.at((0x91, 62, 88))  # while it is being filled: the old slot
    voices(engine)
    assert engine.requests(64, 0.0)[:, 0].max(initial=0) == 0
    fills.carry_out()
    controls.at((0x91, 64, 88))
    voices(engine)
    assert engine.requests(64, 0.0)[:, 0].max() == 2


class Told:
    """Stands for an engine: what channel 3 was told to play, and numbers of program changes."""

    def __init__(self) -> None:
        self.timbres: list[tuple[int, int]] = []

    def tune(self, *key: float) -> bool:
        raise AssertionError(f"nothing is tuned here: {key}")

    def set_timbre(self, channel: int, slot: int, at_sample: int = -1, change: int = -1) -> bool:
        if channel == 2:
            self.timbres.append((slot, change))
        return True


def test_a_slot_is_told_again_when_a_device_did_not_know_the_program(tiny: Path) -> None:
    told, fills = Told(), Fills()
    controls = turning(told, tiny, fills)  # type: ignore[arg-type]
    told.timbres.clear()
    for change in (1, 2):  # the engine takes none but the last one's number
        controls.follow((0xC2, 100, 0), slot=-1, change=change)
    assert told.timbres == [(1, 1), (1, 2)]
    controls.follow((0xC2, 3, 0), slot=0, change=3)  # known
    assert told.timbres == [(1, 1), (1, 2)]
    controls.follow((0xB2, 74, 127))
    slot = controls.slot_of(2)
    controls.follow((0xC2, 3, 0), slot=-1, change=4)
    fills.carry_out()
    controls.follow((0xC2, 3, 0), slot=-1, change=5)
    assert told.timbres == [(1, 1), (1, 2), (slot, 4), (slot, 5)]


def test_without_a_generator_knobs_do_nothing(engine: Engine, tiny: Path) -> None:
    controls = turning(engine, tiny, None)
    assert controls.at((0xB0, 74, 127))
    assert controls.at((0x90, 60, 88))
    assert controls.slot_of(0) == 0
    assert voices(engine) == 1


def test_notes_of_many_channels_do_not_shuffle_what_is_in_use(engine: Engine, tiny: Path) -> None:
    seen: list[tuple[int, ...]] = []
    controls = controls_of(engine, tiny, on_timbres=seen.append)
    controls.at((0xC1, 100, 0))
    for channel in (0, 1, 0, 1):
        controls.at((0x90 | channel, 60, 88))
    assert seen == [(0,), (1, 0)]


GM_ON = b"\xf0\x7e\x7f\x09\x01\xf7"


def test_a_general_midi_reset_brings_back_the_start(engine: Engine, tiny: Path) -> None:
    fills = Fills()
    controls = turning(engine, tiny, fills)
    for message in [(0xC2, 100, 0), (0xB0, 74, 127), (0x92, 60, 100), (0x90, 60, 100)]:
        controls.at(message)
    fills.carry_out()
    assert voices(engine) == 2
    assert controls.slot_of(2) == 1
    assert controls.play(GM_ON)
    assert controls.timbre_of(2).name == controls.timbre_of(0).name == "organ"
    assert voices(engine, 48_000) == 0
    fills.carry_out()
    controls.at((0x92, 60, 88))
    voices(engine)
    assert set(engine.requests(64, 0.0)[:, 0]) <= {0, 1, 2, controls.slot_of(2)}
    assert controls.slot_of(2) in fills.slots


@pytest.mark.parametrize("bank", [120, 126, 127])
def test_a_bank_of_drums_keeps_the_timbre_and_other_banks_are_melodic(
    engine: Engine, tiny: Path, bank: int
) -> None:
    controls = controls_of(engine, tiny)
    controls.at((0xB2, 0, bank))
    controls.at((0xC2, 100, 0))
    assert controls.slot_of(2) == 0
    controls.at((0xB2, 0, 8))
    controls.at((0xC2, 100, 0))
    assert controls.slot_of(2) == 1


def test_a_tuning_that_the_queue_had_no_room_for_follows_later(engine: Engine, tiny: Path) -> None:
    controls = controls_of(engine, tiny)
    for _ in range(16_384 - 100):
        controls.at((0xB0, 7, 100))
    assert not controls.set_tuning(Tuning(reference_hz=466.16))
    voices(engine)
    assert controls.at((0xB0, 7, 100))
    before = engine.stats().events_dropped
    assert controls.set_tuning(controls.tuning)
    assert engine.stats().events_dropped == before
