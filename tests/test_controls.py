"""Bytes to messages, messages to the engine; and nothing sticks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls, HeldNotes, Parser
from rtsynth.generator import Generator


def parse(*data: int) -> list[tuple[int, int, int]]:
    return list(Parser().feed(data))


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


def test_plain_messages() -> None:
    assert parse(0x90, 60, 100, 0xC3, 5, 0xE0, 0, 64) == [
        (0x90, 60, 100),
        (0xC3, 5, 0),
        (0xE0, 0, 64),
    ]


def test_running_status_with_real_time_bytes_inside() -> None:
    assert parse(0x90, 60, 0xF8, 100, 0xFE, 62, 90) == [(0x90, 60, 100), (0x90, 62, 90)]


def test_system_exclusive_is_skipped_however_long() -> None:
    sysex = [0xF0, *([0x12] * 100_000), 0xF7]
    assert parse(0x90, 60, 1, *sysex, 61, 2, 0x80, 60, 0) == [(0x90, 60, 1), (0x80, 60, 0)]


def test_a_message_cut_short_does_not_disturb_the_next() -> None:
    assert parse(0x90, 60, 0x80, 61, 0) == [(0x80, 61, 0)]


def test_data_bytes_without_a_status_are_counted() -> None:
    parser = Parser()
    assert list(parser.feed([1, 2, 3])) == []
    assert parser.skipped == 3


@given(st.binary(max_size=300))
def test_random_bytes_give_valid_messages_only(data: bytes) -> None:
    for status, data1, data2 in Parser().feed(data):
        assert 0x80 <= status < 0xF0
        assert 0 <= data1 < 128
        assert 0 <= data2 < 128


@given(st.lists(st.binary(max_size=40)))
def test_how_bytes_are_cut_does_not_matter(pieces: list[bytes]) -> None:
    parser = Parser()
    found = [message for piece in pieces for message in parser.feed(piece)]
    assert found == list(Parser().feed(b"".join(pieces)))


def test_held_notes_and_pedals_are_let_go() -> None:
    held = HeldNotes()
    for message in [(0x90, 60, 1), (0x91, 61, 1), (0x90, 62, 1), (0x90, 62, 0), (0xB1, 64, 127),
                    (0xB0, 64, 127), (0xB0, 64, 0), (0x80, 63, 0)]:  # fmt: skip
        held.note(message)
    sent: list[tuple[int, int, int]] = []

    def send(message: tuple[int, int, int]) -> bool:
        if len(sent) < 2:
            sent.append(message)
        return message in sent

    assert not held.release(send)
    assert sent == [(0xB1, 64, 0), (0x80, 60, 0)]
    sent.clear()
    assert held.release(send)
    assert sent == [(0x81, 61, 0)]
    assert held.release(send)
    assert sent == [(0x81, 61, 0)]


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
