"""What MIDI has set on all channels so far: enough to begin a file in the middle of playing."""

from collections.abc import Iterator
from typing import Final

from rtsynth.messages import (
    BEND,
    CC_MONO,
    CC_NOTES_OFF,
    CC_POLY,
    CC_RESET,
    CC_SOSTENUTO,
    CC_SOUND_OFF,
    CC_SUSTAIN,
    CHANNELS,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PRESSURE,
    PROGRAM,
    AnyMessage,
    Message,
)
from rtsynth.registered import PARTS, Registered, setting
from rtsynth.sysex import resets
from rtsynth.zones import CONFIGURATION

BANKS: Final = (0, 32)  # before the program
KEPT_AT_RESET: Final = (*BANKS, 7, 10, 91, 93)  # controller 121 leaves these as they are


class MidiState:
    """Follows messages one by one. Of system exclusive it knows resets only."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._choices = Registered()
        self._registered: dict[tuple[int, int], tuple[int, int]] = {}  # by channel and number
        self._programs: dict[int, int] = {}
        self._controllers: dict[tuple[int, int], int] = {}  # by channel and number
        self._moved: dict[int, tuple[int, int]] = {}  # bends and channel pressure, by status
        self._held: dict[tuple[int, int], int] = {}  # velocities, by channel and key

    def follow(self, message: AnyMessage) -> None:
        """Keep up with a message that was played."""
        if isinstance(message, bytes):
            if resets(message):
                self._clear()
            return
        status, data1, data2 = message
        kind, channel = status & 0xF0, status & 0x0F
        if kind in (NOTE_ON, NOTE_OFF):
            self._held.pop((channel, data1), None)
            if kind == NOTE_ON and data2:
                self._held[channel, data1] = data2
        elif kind == CONTROL:
            self._control(channel, data1, data2)
        elif kind == PROGRAM:
            self._programs[channel] = data1
        elif kind in (BEND, PRESSURE):
            self._moved[status] = data1, data2

    def _control(self, channel: int, number: int, value: int) -> None:
        data = self._choices.follow((CONTROL | channel, number, value))
        if data is not None:
            self._registered[channel, data.number] = data.msb, data.lsb
        if number == CC_RESET:
            for place in [each for each in self._controllers if each[0] == channel]:
                if place[1] not in KEPT_AT_RESET:
                    del self._controllers[place]
            for status in (BEND | channel, PRESSURE | channel):
                self._moved.pop(status, None)
        elif number == CC_SOUND_OFF or number >= CC_NOTES_OFF:
            self._held = {place: on for place, on in self._held.items() if place[0] != channel}
            if number >= CC_MONO:  # a mode that lasts
                self._controllers.pop((channel, CC_MONO + CC_POLY - number), None)
                self._controllers[channel, number] = value
        elif number not in PARTS:
            self._controllers[channel, number] = value

    def messages(self) -> Iterator[Message]:
        """What brings a synthesizer that was just reset to the same state; held notes last."""
        zones_first = sorted(self._registered, key=lambda place: place[1] != CONFIGURATION)
        for channel, number in zones_first:
            yield from setting(channel, number, *self._registered[channel, number])
        for channel, number in [place for place in self._controllers if place[1] in BANKS]:
            yield CONTROL | channel, number, self._controllers[channel, number]
        for channel, program in self._programs.items():
            yield PROGRAM | channel, program, 0
        for (channel, number), value in self._controllers.items():
            if number not in BANKS:
                yield CONTROL | channel, number, value
        for status, (data1, data2) in self._moved.items():
            yield status, data1, data2
        for (channel, key), velocity in self._held.items():
            yield NOTE_ON | channel, key, velocity

    def releases(self) -> Iterator[Message]:
        """What lets go of notes and of pedals that hold them."""
        for channel in range(CHANNELS):
            for pedal in (CC_SUSTAIN, CC_SOSTENUTO):
                if self._controllers.get((channel, pedal), 0):
                    yield CONTROL | channel, pedal, 0
        for channel, key in self._held:
            yield NOTE_OFF | channel, key, 64
