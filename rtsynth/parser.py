"""MIDI bytes to messages, and what a port holds down."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rtsynth.messages import (
    CC_SOFT,
    CC_SOSTENUTO,
    CC_SUSTAIN,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    REAL_TIME,
    SYSEX,
    AnyMessage,
    Message,
)
from rtsynth.sysex import END, MOST_BYTES

MOST_WAITING: Final = 64  # messages
PEDALS: Final = (CC_SUSTAIN, CC_SOSTENUTO, CC_SOFT)


class Parser:
    """MIDI bytes of one port to messages; what it does not understand, it skips.

    Knows running status and real-time bytes in the middle of anything. System exclusive that is
    cut by another message, or longer than any that means something here (`sysex.MOST_BYTES`), is
    skipped.
    """

    def __init__(self) -> None:
        self._status = 0  # running status, SYSEX: inside of system exclusive, 0: none
        self._data = bytearray()
        self.skipped = 0  # data bytes that belonged to nothing

    def feed(self, data: Iterable[int]) -> Iterator[AnyMessage]:
        """Messages that are complete with these bytes (0..255)."""
        for byte in data:
            if byte >= REAL_TIME:
                continue
            if byte >= NOTE_OFF:
                if byte == END and self._status == SYSEX and self._fits():
                    yield bytes((SYSEX, *self._data, END))
                self._status = byte if byte <= SYSEX else 0
                self._data.clear()
                continue
            if not self._status:
                self.skipped += 1
                continue
            if self._fits():
                self._data.append(byte)
            if self._status != SYSEX and len(self._data) == data_bytes(self._status):
                yield self._status, self._data[0], self._data[1] if len(self._data) > 1 else 0
                self._data.clear()

    def _fits(self) -> bool:
        """Whether a byte more, with both ends, is not too much."""
        return len(self._data) < MOST_BYTES - 2


def data_bytes(status: int) -> int:
    """How many data bytes follow a channel status byte."""
    return 1 if status & 0xF0 in (0xC0, 0xD0) else 2


class HeldNotes:
    """What one port holds down, so that nothing sticks when the port goes away."""

    def __init__(self) -> None:
        self._notes: set[tuple[int, int]] = set()  # channel, key
        self._pedals: set[tuple[int, int]] = set()  # channel, controller

    def note(self, message: Message) -> None:
        """Keep the account of a message that was played."""
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if kind == NOTE_ON and data2:
            self._notes.add((channel, data1))
        elif kind in (NOTE_ON, NOTE_OFF):
            self._notes.discard((channel, data1))
        elif kind == CONTROL and data1 in PEDALS:  # half way down holds, too
            (self._pedals.add if data2 else self._pedals.discard)((channel, data1))

    def release(self, send: Callable[[Message], bool]) -> bool:
        """Send what lets go of all that is held; False: not all was taken, and that is held on."""
        off: list[Message] = [
            (CONTROL | channel, pedal, 0) for channel, pedal in sorted(self._pedals)
        ]
        off += [(NOTE_OFF | channel, key, 0) for channel, key in sorted(self._notes)]
        for message in off:
            if send(message):
                self.note(message)
        return not (self._notes or self._pedals)


class Exclusives:
    """System exclusive of one port, which is sent again where the engine's queue was full."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)

    def add(self, message: bytes) -> None:
        """Have a message carried out with the next send()."""
        self._waiting.append(message)

    def send(self, play: Callable[[bytes], bool]) -> None:
        """Carry out what waits, in order, until something is refused."""
        while self._waiting and play(self._waiting[0]):
            self._waiting.popleft()
