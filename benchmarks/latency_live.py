"""Latency of what needs a real clock: the event queue's placing, and the generator thread.

The device is the core's null device: a thread with a real clock. A machine that wakes threads late
shows here, and the note of each row says how late.
"""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks import budget
from benchmarks.latency_core import in_ms
from benchmarks.sounds import (
    ALL_SOUND_OFF,
    CONTROL,
    KEYS,
    NOTE_OFF,
    NOTE_ON,
    VELOCITY,
    sine_engine,
)
from benchmarks.tables import INFORMATION, Budget, Row
from rtsynth import contract
from rtsynth._core import Engine, NullDevice
from rtsynth.background import OTHER_LAYERS
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument

Values = NDArray[np.float64]

_OWN_FRAMES_LIMIT_S = 0.4  # how long a note is held for its own frames to come


class BlockClock:
    """When each block was rendered, seen from outside by reading the engine's clock in a loop."""

    def __init__(self, engine: Engine, block: int) -> None:
        self._engine = engine
        self._block = block
        self._seen_ns: list[int] = []
        self._clock: list[int] = []

    def watch(self, until_ns: int) -> None:
        """Note every step of the clock until a time.monotonic_ns()."""
        last = self._clock[-1] if self._clock else 0
        while time.monotonic_ns() < until_ns:
            clock = self._engine.stats().clock_samples
            if clock != last:
                self._seen_ns.append(time.monotonic_ns())
                self._clock.append(clock)
                last = clock
            time.sleep(50e-6)

    def grid_ns(self) -> tuple[float, float]:
        """The device's own grid: (ns at sample 0, ns a sample), from the earliest wake-ups.

        Block [c - block, c) is rendered at the time that this line gives for sample c - block:
        that is when its first sample is heard on a device without a buffer.
        """
        start = np.array(self._clock, np.float64) - self._block
        seen = np.array(self._seen_ns, np.float64)
        ns_a_sample = 1e9 / budget.RATE_HZ
        return float(np.percentile(seen - start * ns_a_sample, 5)), ns_a_sample

    def heard_ns(self, samples: Values) -> Values:
        """When samples are heard: on the grid, or when their block was rendered if that was later.

        A block that is rendered late is a drop-out on a sound card; what is due in it is late too.
        """
        zero, ns_a_sample = self.grid_ns()
        block = np.searchsorted(np.array(self._clock), samples, side="right")
        rendered = np.array(self._seen_ns, np.float64)[np.minimum(block, len(self._seen_ns) - 1)]
        return np.maximum(zero + samples * ns_a_sample, rendered)

    def lateness_ms(self) -> Values:
        """How late each block was rendered against the grid, in ms."""
        zero, ns_a_sample = self.grid_ns()
        start = np.array(self._clock, np.float64) - self._block
        seen = np.array(self._seen_ns, np.float64)
        return (seen - zero - start * ns_a_sample) * 1e-6


def queue_row(block: int, notes: int) -> Row:
    """From the moment a message is handed to the engine to the sample at which it is due."""
    engine = sine_engine()
    device = NullDevice(engine, block)
    clock, rng = BlockClock(engine, block), np.random.default_rng(block)
    sent_ns: list[int] = []
    due: list[int] = []
    device.start()
    clock.watch(time.monotonic_ns() + 100_000_000)
    for i in range(notes):
        clock.watch(time.monotonic_ns() + int(rng.uniform(3e6, 7e6)))
        key = KEYS[i % len(KEYS)]
        sent_ns.append(time.monotonic_ns())
        engine.midi_live(NOTE_ON, key, VELOCITY, sent_ns[-1])
        clock.watch(time.monotonic_ns() + 3_000_000)
        engine.midi_live(NOTE_OFF, key, 0, time.monotonic_ns())
        if i % 16 == 15 or i == notes - 1:
            clock.watch(time.monotonic_ns() + 12_000_000)
            due += engine.trace()[:, 1].tolist()
    device.stop()
    if len(due) != notes:
        raise RuntimeError(f"{notes} notes sent, the engine started {len(due)}")
    delay_ms = (clock.heard_ns(np.array(due, np.float64)) - np.array(sent_ns)) * 1e-6
    late = clock.lateness_ms()
    note = f"this machine woke the device {np.percentile(late, 99):.2f} ms late at p99"
    return Row(
        "queue, live event placed", block, delay_ms, budget.RATE_HZ, budget.queue(block), note
    )


def _cold_notes(timbres: int, rng: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """(timbre, key, velocity) at layers that nothing makes ahead, each once, in random order."""
    layers = [n for n in range(contract.VELOCITY_LAYERS) if n not in OTHER_LAYERS]
    every = [(t, key, layer) for t in range(timbres) for key in KEYS for layer in layers]
    for index in rng.permutation(len(every)):
        timbre, key, layer = every[index]
        yield timbre, key, contract.layer_velocity(layer)


def cold_rows(instrument: Instrument, block: int, notes: int) -> list[Row]:
    """Notes whose take is missing, with the generator's thread busy making others ahead."""
    engine = Engine(budget.RATE_HZ, seed=1)
    generator = Generator(engine, instrument, seed=1)
    rng = np.random.default_rng(block)
    generator.prime(0)
    generator.use([])  # it makes onsets of every timbre at the commonest layers
    device = NullDevice(engine, block)
    traces = []
    generator.start()
    device.start()
    todo = _cold_notes(len(instrument.metadata.timbres), rng)
    for i in range(notes):
        timbre, key, velocity = next(todo)
        channel = i % 8
        engine.set_timbre(channel, timbre)
        engine.midi_live(NOTE_ON | channel, key, velocity, time.monotonic_ns())
        time.sleep(rng.uniform(0.03, 0.06))
        if i % 8 == 7 or i == notes - 1:
            time.sleep(_OWN_FRAMES_LIMIT_S)
            traces.append(engine.trace())
            for each in range(8):
                engine.midi_live(CONTROL | each, ALL_SOUND_OFF, 0, time.monotonic_ns())
    device.stop()
    generator.stop()
    return _cold_report(np.concatenate(traces), block, engine)


def _cold_report(trace: NDArray[np.int64], block: int, engine: Engine) -> list[Row]:
    misses = trace[trace[:, 3] != trace[:, 2]]
    if not len(misses):
        raise RuntimeError("no note was without its take")
    never = int(np.count_nonzero(misses[:, 3] < 0))
    limit = _OWN_FRAMES_LIMIT_S * budget.RATE_HZ
    own = np.where(misses[:, 3] < 0, limit, misses[:, 3] - misses[:, 1])
    note = f"{len(misses)} misses of {len(trace)} notes" + (f", {never} never" if never else "")
    note += f"; the device was late {engine.stats().xruns} times"
    return [
        _row("first sound, cold", block, misses[:, 2] - misses[:, 1], budget.SUBSTITUTE),
        _row("first frames, cold", block, own, budget.COLD_FRAMES, note),
    ]


def _row(stage: str, block: int, samples: NDArray[np.int64], limit: Budget, note: str = "") -> Row:
    return Row(stage, block, in_ms(samples.astype(np.float64)), budget.RATE_HZ, limit, note)


def device_row(block: int) -> Row:
    """What the device adds by construction: the block that is being played while one is made."""
    return Row(
        "device, its own block",
        block,
        in_ms([block]),
        budget.RATE_HZ,
        INFORMATION,
        "by construction; a sound card adds what it reports",
    )
