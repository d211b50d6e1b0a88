"""The C callback and the device without a card: they play on whatever Python does."""

import ctypes
import gc
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth._core import Engine, NullDevice
from rtsynth.check import VOICES, BusyEngine

RATE_HZ = 48000.0
BLOCK = 64
NOTE = np.zeros(contract.NOTE_VALUES, np.float32)
NOTE[:4] = (-8.0, -20.0, 0.0, -100.0)
CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
)


@pytest.fixture
def engine():
    engine = Engine(RATE_HZ, arena_mib=8)
    frames = np.full((32 * 8, contract.FRAME_VALUES), -100.0, np.float32)
    frames[:, [0, contract.FRAME_PITCH]] = 0.0
    assert engine.put(0, 69, 6, 0, frames, NOTE)
    return engine


def test_the_callback_fills_interleaved_stereo_and_counts_drop_outs(engine):
    callback = CALLBACK(engine.callback_address())
    out = np.full((256, 2), 7.0, np.float32)
    engine.midi(0x90, 69, 100, at_sample=10)
    assert callback(None, out.ctypes.data, 256, None, 0, engine.user_data()) == 0
    assert not out[:10].any()
    assert out[10].all()
    assert np.abs(out).max() < 1.0
    callback(None, out.ctypes.data, 256, None, 0x4, engine.user_data())
    stats = engine.stats()
    assert (stats.callbacks, stats.xruns, stats.clock_samples) == (2, 1, 512)


def hold_the_gil(seconds: float) -> None:
    """Stay in C code that never releases the GIL."""
    sleep = ctypes.PyDLL(None).usleep
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sleep(100_000)


class PythonDevice:
    """What the null device would be in Python: it needs the GIL for every block."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stop = False
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop = True
        self._thread.join()

    def _run(self) -> None:
        out = np.zeros((BLOCK, 2), np.float32)
        due = time.monotonic()
        while not self._stop:
            due += BLOCK / RATE_HZ
            time.sleep(max(0.0, due - time.monotonic()))
            self._engine.render(out)


def blocks_and_overruns(engine: Engine, spend: Callable[[float], None]) -> tuple[float, int]:
    """Part of the blocks due in half a second that were played, and how many took too long."""
    before, begin = engine.stats(), time.monotonic()
    spend(0.5)
    elapsed = time.monotonic() - begin
    after = engine.stats()
    blocks = (after.clock_samples - before.clock_samples) / BLOCK
    return blocks / (elapsed * RATE_HZ / BLOCK), after.overruns - before.overruns


@pytest.fixture(scope="module")
def busy(bundled):
    """64 held notes of the bundled instrument."""
    return BusyEngine(instrument.load(str(bundled)))


def test_no_block_is_lost_while_python_holds_the_gil_for_half_a_second(busy):
    engine = busy.engine
    device = NullDevice(engine, BLOCK)
    device.start()
    try:
        busy.strike()
        time.sleep(0.2)
        idle, held = [], []
        for _ in range(3):  # a busy machine has overruns by itself: they come and go
            idle.append(blocks_and_overruns(engine, time.sleep))
            held.append(blocks_and_overruns(engine, hold_the_gil))
        voices = engine.stats().voices
    finally:
        device.stop()
    assert voices == VOICES
    stats = engine.stats()
    assert stats.clock_samples == stats.callbacks * BLOCK
    assert stats.nonfinite == 0
    assert max(part for part, _ in held) > 0.8  # a late start is made up for
    assert min(overruns for _, overruns in held) <= max(overruns for _, overruns in idle)


def test_a_device_in_python_would_lose_them(busy):
    device = PythonDevice(busy.engine)
    device.start()
    try:
        assert blocks_and_overruns(busy.engine, hold_the_gil)[0] < 0.2
    finally:
        device.stop()


def test_requests_waits_without_the_gil(engine):
    device = NullDevice(engine, BLOCK)
    device.start()
    engine.midi(0x90, 60, 100)
    rows = engine.requests(100, 2000.0)  # the device asks while this thread waits
    device.stop()
    assert rows[0].tolist()[:3] == [0, 60, contract.velocity_layer(100)]


def test_live_notes_keep_their_distances(engine):
    device = NullDevice(engine, BLOCK)
    device.start()
    time.sleep(0.3)
    begin = time.monotonic_ns()
    sent = 0
    while sent < 20:
        due = begin + sent * 10_000_000
        if time.monotonic_ns() >= due:
            engine.midi_live(0x90, 40 + sent, 100, due)
            sent += 1
        time.sleep(0.0005)
    time.sleep(0.05)
    device.stop()
    due = engine.trace()[:, 1]
    assert len(due) == 20
    gaps = np.diff(due) / RATE_HZ * 1000.0
    assert abs(np.median(gaps) - 10.0) < 0.5  # single gaps suffer where this machine stalls


def test_a_device_keeps_its_engine_and_ends_with_it():
    device = NullDevice(Engine(RATE_HZ, arena_mib=1), BLOCK)
    gc.collect()
    device.start()
    time.sleep(0.02)
    del device
    gc.collect()
