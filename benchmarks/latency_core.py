"""Latency inside the core, with a virtual clock: exact, and the same on every machine."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from benchmarks import budget
from benchmarks.sounds import (
    ALL_SOUND_OFF,
    CONTROL,
    KEYS,
    NOTE_OFF,
    NOTE_ON,
    VELOCITY,
    instrument_engine,
    render_to,
    sine_engine,
)
from benchmarks.tables import INFORMATION, Budget, Row
from rtsynth._core import Engine
from rtsynth.instrument import Instrument

Values = NDArray[np.float64]

_HOLD_SAMPLES = 1000
_GAP_SAMPLES = 1024  # of silence after all-sound-off, so that the next onset is seen
_ODD_BLOCKS = (1, 7, 64, 192, 500)


def in_ms(samples: Values | list[int], rate_hz: float = budget.RATE_HZ) -> Values:
    """Samples to ms."""
    return np.asarray(samples, np.float64) * 1e3 / rate_hz


def first_sound(out: NDArray[np.float32]) -> int:
    """Index of the first sample (samples, 2) that is not exactly zero; its length where none is."""
    sounding = np.flatnonzero(np.any(out != 0.0, axis=1))
    return int(sounding[0]) if sounding.size else len(out)


def note_lateness(engine: Engine, keys: Iterator[int], block: int, notes: int) -> Values:
    """Samples from each note's due sample to its first sample that is not zero.

    Notes fall due at random offsets within and across blocks. A note that makes no sound at all
    counts as late by the whole length that was rendered.
    """
    rng = np.random.default_rng(block)
    late = []
    for _ in range(notes):
        key, clock = next(keys), engine.stats().clock_samples
        due = clock + int(rng.integers(0, 4 * block))
        engine.midi(NOTE_ON, key, VELOCITY, due)
        engine.midi(NOTE_OFF, key, 0, due + _HOLD_SAMPLES)
        engine.midi(CONTROL, ALL_SOUND_OFF, 0, due + 2 * _HOLD_SAMPLES)
        out = render_to(engine, due + 2 * _HOLD_SAMPLES + _GAP_SAMPLES, block)
        late.append(clock + first_sound(out) - due)
    return np.asarray(late, np.float64)


def second_note_lateness(make: Callable[[], Engine], block: int, notes: int) -> Values:
    """Samples from a second note's due sample to the first sample it changes, over a first note.

    Two engines play the same, but one gets the second note late: a vocoder with a window or with
    look-ahead would change samples before or after the due one. (Late, not never: what a voice
    draws at random depends on how many notes came before.) Events are queued in order of time.
    """
    rng = np.random.default_rng(block)
    engines = (make(), make())
    late = []
    for _ in range(notes):
        clock = engines[0].stats().clock_samples
        due = clock + 256 + int(rng.integers(0, 4 * block))
        outs = []
        for engine, second in zip(engines, (due, due + _HOLD_SAMPLES // 2), strict=True):
            engine.midi(NOTE_ON, 60, VELOCITY, clock)
            engine.midi(NOTE_ON, 67, VELOCITY, second)
            engine.midi(CONTROL, ALL_SOUND_OFF, 0, due + _HOLD_SAMPLES)
            outs.append(render_to(engine, due + 2 * _HOLD_SAMPLES, block))
        late.append(clock + first_sound(outs[0] - outs[1]) - due)
    return np.asarray(late, np.float64)


def adaptation_lateness(make: Callable[[], Engine], block: int, notes: int) -> Values:
    """Samples by which a note starts later when the host cuts odd blocks instead of `block`."""
    rng = np.random.default_rng(block)
    even, odd = make(), make()
    late = []
    for _ in range(notes):
        due = even.stats().clock_samples + int(rng.integers(0, 4 * block))
        end = due + 4 * _HOLD_SAMPLES
        for engine in (even, odd):
            engine.midi(NOTE_ON, 60, VELOCITY, due)
            engine.midi(CONTROL, ALL_SOUND_OFF, 0, due + _HOLD_SAMPLES)
        start = even.stats().clock_samples
        in_even, cuts = render_to(even, end, block), cycle(_ODD_BLOCKS)
        in_odd = np.zeros_like(in_even)
        at = 0
        while at < len(in_odd):
            upto = min(at + next(cuts), len(in_odd))
            odd.render(in_odd[at:upto])
            at = upto
        late.append(first_sound(in_odd) - first_sound(in_even))
        assert start + len(in_even) == odd.stats().clock_samples
    return np.asarray(late, np.float64)


def tap_lateness(engine: Engine, block: int, notes: int) -> Values:
    """Samples by which the recorder's tap is behind what was played."""
    engine.tap(True)
    rng = np.random.default_rng(block)
    taken = np.zeros((65536, 2), np.float32)
    late = []
    for _ in range(notes):
        due = engine.stats().clock_samples + int(rng.integers(0, 4 * block))
        engine.midi(NOTE_ON, 60, VELOCITY, due)
        engine.midi(CONTROL, ALL_SOUND_OFF, 0, due + _HOLD_SAMPLES)
        played = render_to(engine, due + 2 * _HOLD_SAMPLES, block)
        count, _ = engine.read_tap(taken)
        late.append(first_sound(taken[:count]) - first_sound(played))
    return np.asarray(late, np.float64)


def block_times(engine: Engine, block: int, blocks: int, voices: int) -> Values:
    """Time in ms to render each block while `voices` notes are held."""
    for i in range(voices):
        engine.midi(NOTE_ON, KEYS.start + i, VELOCITY)
    out = np.zeros((block, 2), np.float32)
    times = np.zeros(blocks)
    for i in range(blocks):
        started = time.perf_counter_ns()
        engine.render(out)
        times[i] = (time.perf_counter_ns() - started) * 1e-6
    engine.panic()
    return times


def rows(instrument: Instrument | None, block: int, notes: int) -> list[Row]:
    """All rows that a virtual clock can measure at one block size."""

    def make() -> Engine:
        if instrument is None:
            return sine_engine()
        return instrument_engine(instrument, 0)[0]

    def row(stage: str, late: Values, limit: Budget, note: str = "") -> Row:
        return Row(stage, block, in_ms(late), budget.RATE_HZ, limit, note)

    few = max(10, notes // 10)
    engine = make()
    cached = note_lateness(engine, cycle(KEYS), block, notes)
    own = _own_frames(engine)
    one_key = sine_engine([60])
    keys = cycle([key for key in KEYS if key != 60])
    substitute = note_lateness(one_key, keys, block, notes)
    cpu = block_times(make(), block, 20 * few, 1)
    share = 100.0 * float(np.median(cpu)) / budget.block_ms(block)
    return [
        row("voice start, cached", cached, budget.VOICE_START),
        row("voice start, no take", substitute, budget.SUBSTITUTE, "plays the nearest take"),
        row("first frames, cached", own, budget.VOICE_START, "its own, from engine.trace()"),
        row("vocoder look-ahead", second_note_lateness(make, block, few), budget.LOOK_AHEAD),
        Row(
            "vocoder CPU, 1 voice",
            block,
            cpu,
            budget.RATE_HZ,
            INFORMATION,
            f"median {share:.1f} % of the deadline; no delay",
        ),
        row("ring, host's blocks", adaptation_lateness(make, block, few), budget.RING),
        row("ring, recorder's tap", tap_lateness(make(), block, few), budget.RING),
    ]


def _own_frames(engine: Engine) -> Values:
    """Samples from due to each note's own frames; notes that had none count as a second late."""
    trace = engine.trace()
    late = np.where(trace[:, 3] < 0, budget.RATE_HZ, trace[:, 3] - trace[:, 1])
    return late.astype(np.float64)
