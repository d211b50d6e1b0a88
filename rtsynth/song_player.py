"""Play a MIDI file live, every event at its own sample."""

import threading
from functools import partial
from typing import Final

from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.parser import HeldNotes
from rtsynth.song import Event
from rtsynth.turns import turns_timbre

LEAD_S: Final = 0.3  # silence before a song begins
AHEAD_S: Final = 0.2  # how early its events go to the engine
POLL_S: Final = 0.005
TAIL_S: Final = 3.0


class SongPlayer:
    """Plays a song's events at their own samples of the engine's clock, on a thread of its own."""

    def __init__(self, engine: Engine, controls: Controls, events: list[Event]) -> None:
        self._engine = engine
        self._controls = controls
        self._events = events
        self._end_s = events[-1].time_s + TAIL_S
        self.done = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="song", daemon=True)

    def start(self) -> None:
        """[control] Begin the song."""
        self._thread.start()

    def stop(self) -> None:
        """[control] End it where it is."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        rate_hz = self._engine.rate_hz
        start = self._engine.stats().clock_samples + round(LEAD_S * rate_hz)
        held = HeldNotes()
        for event in sorted(self._events, key=_sent_s):
            due = start + round(event.time_s * rate_hz)
            send = start + round(_sent_s(event) * rate_hz)
            while self._engine.stats().clock_samples < send:
                if self._stop.wait(POLL_S):
                    return
            while not self._controls.play(event.message, due):
                if self._stop.wait(POLL_S):  # the queue is full: the engine empties it
                    return
            if not isinstance(event.message, bytes):
                held.note(event.message)
        due = start + round(self._events[-1].time_s * rate_hz)
        while not held.release(partial(self._controls.at, at_sample=due)):
            if self._stop.wait(POLL_S):
                return
        end = start + round(self._end_s * rate_hz)
        while self._engine.stats().clock_samples < end:
            if self._stop.wait(POLL_S):
                return
        self.done = True


def _sent_s(event: Event) -> float:
    """When an event goes to the engine: ahead of time, but timbres turn at once."""
    turns = not isinstance(event.message, bytes) and turns_timbre(event.message)
    return event.time_s if turns else event.time_s - AHEAD_S
