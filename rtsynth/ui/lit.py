"""Which keys are down, whoever plays them: the page lights them up."""

import threading
from typing import Final

from rtsynth.messages import (
    CC_NOTES_OFF,
    CC_SOUND_OFF,
    CHANNELS,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    AnyMessage,
)
from rtsynth.sysex import resets

KEY_BYTES: Final = 16  # a bit for each of 128 keys


class Lit:
    """Keys that are down on each channel. Thread: any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bits = bytearray(CHANNELS * KEY_BYTES)

    def hear(self, message: AnyMessage) -> None:
        """Keep up with a message that was played."""
        if isinstance(message, bytes):
            if resets(message):
                self.clear()
            return
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        place, bit = channel * KEY_BYTES + (data1 >> 3), 1 << (data1 & 7)
        if kind == NOTE_ON and data2:
            with self._lock:
                self._bits[place] |= bit
        elif kind in (NOTE_ON, NOTE_OFF):
            with self._lock:
                self._bits[place] &= ~bit
        elif kind == CONTROL and (data1 == CC_SOUND_OFF or data1 >= CC_NOTES_OFF):
            with self._lock:
                start = channel * KEY_BYTES
                self._bits[start : start + KEY_BYTES] = bytes(KEY_BYTES)

    def clear(self) -> None:
        """All keys are up."""
        with self._lock:
            self._bits = bytearray(CHANNELS * KEY_BYTES)

    def bits(self) -> bytes:
        """CHANNELS times KEY_BYTES bytes: bit k % 8 of byte k // 8 is key k."""
        with self._lock:
            return bytes(self._bits)
