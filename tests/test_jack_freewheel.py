"""In freewheel JACK waits for its clients, and every note begins on frames of its own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import JackServer

from rtsynth.player import Player, PlayerConfig
from rtsynth.take_maker import TakeMaker

try:
    import jack
except OSError:  # the package is there, the library is not
    pytest.skip("libjack is not installed", allow_module_level=True)

WAIT_S = 30.0
RATE_HZ = 48_000
SLOW_S = 0.03  # a run of a network that is slow
CHORD = (61, 65, 68, 75)
BELL = 100  # a program of the timbre that nothing was made of
COLD = 1  # its slot


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.02)
    return found


class Tape:
    """A client that turns freewheel on, plays a list of messages there and records what it hears.

    Samples count from the first period in freewheel.
    """

    def __init__(self, messages: list[tuple[int, bytes]], samples: int) -> None:
        self._messages = messages
        self._samples = samples
        self._blocks: list[np.ndarray] = []
        self._at = 0
        self._on = False
        self.live: list[bytes] = []  # to send when it plays live
        self._client = jack.Client("tape", no_start_server=True)
        self._keys = self._client.midi_outports.register("keys")
        self._ear = self._client.inports.register("ear")
        self._client.set_process_callback(self._process)
        self._client.set_freewheel_callback(self._turn)
        self._client.activate()
        self._client.connect(self._keys, "rtsynth:midi_in")
        self._client.connect("rtsynth:out_1", self._ear)

    def _turn(self, on: bool) -> None:
        self._on = on

    def _process(self, frames: int) -> None:
        self._keys.clear_buffer()
        if not self._on:
            while self.live:
                self._keys.write_midi_event(0, self.live.pop(0))
            return
        if self._at >= self._samples:
            return
        for at, message in self._messages:
            if self._at <= at < self._at + frames:
                self._keys.write_midi_event(at - self._at, message)
        self._blocks.append(self._ear.get_array().copy())
        self._at += frames

    def record(self) -> np.ndarray:
        """In freewheel; mono, linear."""
        self._client.set_freewheel(True)
        try:
            assert until(lambda: self._at >= self._samples)
        finally:
            self._client.set_freewheel(False)
        return np.concatenate(self._blocks)

    def close(self) -> None:
        self._client.deactivate()
        self._client.close()


@pytest.fixture
def player(
    jack_server: JackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Player]:
    """One whose network is slow, so that a timbre stays cold until it is played."""
    make = TakeMaker.make

    def slowly(self: TakeMaker, jobs: Any) -> Any:
        time.sleep(SLOW_S)
        return make(self, jobs)

    monkeypatch.setattr(TakeMaker, "make", slowly)
    with Player(PlayerConfig(instrument=str(tiny), backend="jack", connect=False)) as player:
        yield player


def test_cold_notes_begin_on_their_own_frames_and_none_is_late(player: Player) -> None:
    layers = range(8)
    assert not any(player.engine.frames_ready(COLD, key, at) for key in CHORD for at in layers)
    starts = {key: 5_017 + 12_345 * i for i, key in enumerate(CHORD)}
    messages = [(5_000, bytes((0xC0, BELL)))]
    messages += [(at, bytes((0x90, key, 50 + key % 60))) for key, at in starts.items()]
    tape = Tape(messages, 3 * RATE_HZ)
    try:
        sound = tape.record()
        stats, rows = player.stats().core, player.engine.trace()
        assert stats.notes == len(CHORD)
        assert stats.late_frames == 0
        assert stats.cache_misses == 0
        due, sounded, own = rows[:, 1:].T
        np.testing.assert_array_equal(own, due)
        np.testing.assert_array_equal(sounded, due)
        np.testing.assert_array_equal(due - due[0], [12_345 * i for i in range(len(CHORD))])
        assert not sound[:5_000].any()
        onset = int(np.argmax(sound != 0.0))
        assert onset - 5_017 in (0, 64)  # JACK may run the tape before what it hears
        goes_on_live(player, tape)
    finally:
        tape.close()


def goes_on_live(player: Player, tape: Tape) -> None:
    """A note is heard, and time goes by as it does outside."""
    notes = player.stats().core.notes
    tape.live.append(bytes((0x90, 64, 100)))
    assert until(lambda: player.stats().core.notes == notes + 1)
    clock, start_s = player.stats().core.clock_samples, time.monotonic()
    time.sleep(0.5)
    played_s = (player.stats().core.clock_samples - clock) / RATE_HZ
    assert played_s < 1.5 * (time.monotonic() - start_s)  # not as fast as it can
