"""What hands do on each channel: which keys they hold, how hard they press, where they slide."""

from typing import Final

from rtsynth.messages import (
    CC_BRIGHT,
    CC_NOTES_OFF,
    CC_RESET,
    CC_SOUND_OFF,
    CC_SUSTAIN,
    CHANNELS,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    Message,
    centred,
)
from rtsynth.zones import Zones

PRESSURE_TURN: Final = 0.5  # towards bright, at full pressure


class Hands:
    """Held keys, pressure and slides, channel by channel. Thread: any one."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self.pressure_turn = [PRESSURE_TURN] * CHANNELS  # how far full pressure turns, -1..1
        self._keys: list[set[int]] = [set() for _ in range(CHANNELS)]  # held by hand or pedal
        self._down: list[set[int]] = [set() for _ in range(CHANNELS)]  # by hand
        self._pedal = [False] * CHANNELS
        self._pressure = [0.0] * CHANNELS  # 0..1
        self._slide = [0.0] * CHANNELS  # -1..1

    def keys(self, channel: int) -> frozenset[int]:
        """Keys that sound on a channel, held by hand or by pedal."""
        return frozenset(self._keys[channel])

    def bright(self, channel: int) -> float:
        """How far a channel's notes are turned towards bright: it and its manager together."""
        lead = self._zones.lead(channel)
        pressed = self._pressure[channel] + (self._pressure[lead] if lead != channel else 0.0)
        return self.pressure_turn[lead] * min(pressed, 1.0) + self._slide[channel]

    def follow(self, message: Message) -> None:
        """Keep the account of a message that was played."""
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if kind == NOTE_ON and data2:
            self._keys[channel].add(data1)
            self._down[channel].add(data1)
        elif kind in (NOTE_ON, NOTE_OFF):
            self._down[channel].discard(data1)
            self._let_go(channel)
        elif kind == PRESSURE:
            self._pressure[channel] = data1 / 127.0
        elif kind == CONTROL:
            self._control(channel, data1, data2)

    def let_go(self) -> None:
        """Nothing is held, pressed or slid any more."""
        for channel in range(CHANNELS):
            self._keys[channel].clear()
            self._down[channel].clear()
            self._reset(channel)

    def _control(self, channel: int, controller: int, value: int) -> None:
        if controller == CC_SUSTAIN:
            self._pedal[channel] = value > 0  # half way down it holds some notes
            for each in self._zones.reach(channel):
                self._let_go(each)
        elif controller == CC_BRIGHT and self._zones.is_member(channel):
            self._slide[channel] = centred(value)  # MPE's third dimension
        elif controller == CC_SOUND_OFF:
            self._keys[channel].clear()
            self._down[channel].clear()
        elif controller == CC_RESET:
            for each in self._zones.reach(channel):
                self._reset(each)
        elif controller >= CC_NOTES_OFF:
            self._down[channel].clear()
            self._let_go(channel)

    def _reset(self, channel: int) -> None:
        self._pressure[channel] = self._slide[channel] = 0.0
        self._pedal[channel] = False
        self._let_go(channel)

    def _let_go(self, channel: int) -> None:
        if not (self._pedal[channel] or self._pedal[self._zones.lead(channel)]):
            self._keys[channel] &= self._down[channel]
