"""Whatever comes in: no crash, finite sound, no stuck note after panic, no note late afterwards.

Time is the engine's own: what is fed in a second is what fits through a MIDI cable in a second.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.generator import Generator
from rtsynth.messages import CHANNELS
from rtsynth.midi_port import Port

RATE_HZ = 24_000
BLOCK = 240
BLOCKS_A_SECOND = RATE_HZ // BLOCK
CABLE_BYTES = 3125  # a second, at 31250 baud
GM_RESET = bytes((0xF0, 0x7E, 0x7F, 9, 1, 0xF7))
SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67


class Client:
    """An RtMidi input that has bytes ready."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[int], float]] = []

    def get_message(self) -> tuple[list[int], float] | None:
        return self.messages.pop(0) if self.messages else None

    def delete(self) -> None:
        return


class Case:
    """An instrument that is played through a port."""

    def __init__(self, tiny: Path, polyphony: int) -> None:
        self.engine = Engine(RATE_HZ, polyphony)
        loaded = instrument.load(tiny)
        Generator(self.engine, loaded).prime(0)
        self.controls = Controls(self.engine, loaded.metadata)
        self.client = Client()
        self.port = Port(self.client, "port")
        self.peak = 0.0

    def render(self, blocks: int = 1) -> None:
        out = np.zeros((BLOCK, 2), np.float32)
        for _ in range(blocks):
            self.engine.render(out)
            assert np.isfinite(out).all()
            self.peak = max(self.peak, float(np.abs(out).max()))

    def feed(self, data: list[int]) -> None:
        self.client.messages.append((data, 0.0))
        self.port.poll(self.controls)

    def play(self, *messages: tuple[int, int, int]) -> None:
        """At once, as from a keyboard."""
        for message in messages:
            self.feed(list(message))

    def is_silent_after_panic(self) -> bool:
        self.controls.panic()
        self.render(BLOCKS_A_SECOND // 10)
        self.peak = 0.0
        self.render(BLOCKS_A_SECOND // 2)
        return self.engine.stats().voices == 0 and self.peak == 0.0

    def is_on_time(self) -> bool:
        """Whether a fresh note sounds from its own sample on."""
        self.engine.trace()
        due = self.engine.stats().clock_samples + 777
        assert self.controls.at((0x90, 60, 100), due)
        self.render(10)
        rows: list[list[int]] = self.engine.trace()[:, :3].tolist()
        return rows == [[60, due, due]]


@pytest.fixture(params=[16, 128])
def case(request: pytest.FixtureRequest, tiny: Path) -> Iterator[Case]:
    """With few voices, and with as many as there are by default."""
    made = Case(tiny, request.param)
    yield made
    stats = made.engine.stats()
    assert stats.nonfinite == 0
    assert stats.events_dropped == 0
    assert made.peak <= 1.0


@pytest.mark.parametrize("kind", ["bytes", "messages", "exclusive"])
def test_a_minute_of_noise_from_a_cable(case: Case, kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    for i in range(60 * BLOCKS_A_SECOND):
        data = rng.integers(0, 256, CABLE_BYTES // BLOCKS_A_SECOND).tolist()
        if kind == "messages":  # each of them whole
            data = [byte & 0x7F if place % 3 else byte | 0x80 for place, byte in enumerate(data)]
        elif kind == "exclusive" and i % 4 < 3:  # of some length, and perhaps with an end
            data = [0xF0, 0x7E + i % 2, 0x7F, *(byte & 0x7F for byte in data)]
        case.feed(data)
        case.render()
    assert case.engine.stats().notes > 100
    assert case.is_silent_after_panic()
    case.controls.sysex(GM_RESET)  # the noise turned the volume down
    case.render()
    assert case.is_on_time()


def test_pedals_that_are_stuck(case: Case) -> None:
    for channel in range(CHANNELS):
        case.play(*((0xB0 | channel, pedal, 127) for pedal in (SUSTAIN, SOFT)))
        for key in range(0, 128, 7):
            case.play((0x90 | channel, key, 100), (0x80 | channel, key, 64))
            if key == 63:
                case.play((0xB0 | channel, SOSTENUTO, 127))
        case.render()
    case.render(3 * BLOCKS_A_SECOND)
    assert case.engine.stats().voices > 0
    assert case.is_silent_after_panic()
    assert case.is_on_time()
    case.controls.at((0x80, 60, 64))
    case.render(3 * BLOCKS_A_SECOND)
    assert case.engine.stats().voices == 0  # no pedal is down any more


def test_all_notes_of_all_channels_at_once(case: Case) -> None:
    everything = [(channel, key) for channel in range(CHANNELS) for key in range(128)]
    case.play(*((0x90 | channel, key, 127) for channel, key in everything))
    case.render(BLOCKS_A_SECOND)
    assert case.engine.stats().voices > 0
    case.play(*((0x80 | channel, key, 127) for channel, key in everything))
    case.render(5 * BLOCKS_A_SECOND)
    assert case.engine.stats().voices == 0
    case.play(*((0x90 | channel, key, 127) for channel, key in everything))
    case.render()
    assert case.is_silent_after_panic()
    assert case.is_on_time()


def test_every_controller_at_full_rate_on_all_channels(case: Case) -> None:
    rng = np.random.default_rng(3)
    for second in range(3):
        for i in range(BLOCKS_A_SECOND):
            case.play((0x90 | i % CHANNELS, 40 + i % 50, 100))
            for channel in range(CHANNELS):  # a cable for each
                for number, value in rng.integers(0, 128, (10, 2)).tolist():
                    case.play((0xB0 | channel, number, value))
                case.play((0xE0 | channel, i % 128, (i * 7) % 128), (0xD0 | channel, i, 0))
            case.render()
        assert case.is_silent_after_panic(), second
    case.controls.sysex(GM_RESET)
    case.render()
    assert case.is_on_time()
