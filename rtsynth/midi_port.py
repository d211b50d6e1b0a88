"""One MIDI input that is open: its bytes to messages, their times, and what it holds down."""

import time
from typing import Any, Final

from rtsynth import ports
from rtsynth.controls import Controls
from rtsynth.parser import Exclusives, HeldNotes, Parser

MESSAGES_A_POLL: Final = 512  # a flood on one port must not starve the others
LATE_NS: Final = 20_000_000  # an arrival that seems older than this was counted wrong


class ArrivalClock:
    """When messages really arrived, from RtMidi's time differences: polling adds no jitter."""

    def __init__(self) -> None:
        self._at_ns = 0

    def stamp(self, delta_s: float, now_ns: int) -> int:
        """Arrival in time.monotonic_ns() of a message that came delta_s after the one before."""
        at_ns = self._at_ns + round(delta_s * 1e9)
        if not now_ns - LATE_NS <= at_ns <= now_ns:
            at_ns = now_ns  # the first message, lost ones between, or clocks drifting apart
        self._at_ns = at_ns
        return at_ns


class Port:
    """One open input and what it holds down. Thread: MIDI."""

    def __init__(self, client: Any, name: str) -> None:
        self.name = name
        self._client = client
        self._parser = Parser()
        self._held = HeldNotes()
        self._exclusives = Exclusives()
        self._clock = ArrivalClock()
        self._unread = 0  # messages that came one behind the other, with no gap
        self._lost = False  # a message, perhaps: it may have been a note off

    def poll(self, controls: Controls) -> int:
        """Play what has arrived; returns how many messages."""
        self._exclusives.send(controls.sysex)
        for count in range(MESSAGES_A_POLL):
            event = self._client.get_message()
            if event is None:
                self._lost = self._lost or self._unread >= ports.QUEUE_MESSAGES
                self._unread = 0
                if self._lost:
                    self._lost = not self._held.release(controls.at)
                return count
            data, delta_s = event
            self._play(controls, data, self._clock.stamp(delta_s, time.monotonic_ns()))
        self._unread += MESSAGES_A_POLL
        return MESSAGES_A_POLL

    def _play(self, controls: Controls, data: list[int], arrived_ns: int) -> None:
        for message in self._parser.feed(data):
            if isinstance(message, bytes):
                self._exclusives.add(message)
                self._exclusives.send(controls.sysex)
            elif controls.live(message, arrived_ns):
                self._held.note(message)
            else:
                self._lost = True

    def inputs(self) -> list[str]:
        """Names of the inputs that the port's client sees."""
        return ports.input_ports(self._client)

    def close(self, controls: Controls) -> None:
        """Let go of everything that is held, then of the port."""
        self._held.release(controls.at)
        ports.close_client(self._client)
