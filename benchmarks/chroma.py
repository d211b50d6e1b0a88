"""Which pitch classes a song's file asks for, and which are heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth.song import Event

WINDOW: Final = 8192  # samples of a spectrum
HOP: Final = 4096
LOW_HZ, HIGH_HZ = 60.0, 4000.0
OVERTONES: Final = 6  # of each note, falling with the square of their number
DRUMS: Final = 9
Floats = NDArray[np.float64]


@dataclass
class _Channel:
    volume: int = 100
    expression: int = 127
    pedal: bool = False
    bend: float = 0.0  # semitones
    range_: float = 2.0
    rpn: int = 0x3FFF
    down: dict[int, int] = field(default_factory=dict)  # keys and their velocities
    held: dict[int, int] = field(default_factory=dict)  # by the pedal


def asked(events: Sequence[Event], seconds: float, rate_hz: float) -> Floats:
    """Power by pitch class of what the notes of a file ask for, (windows, 12)."""
    channels = [_Channel() for _ in range(16)]
    count = int(seconds * rate_hz - WINDOW) // HOP + 1
    found = np.zeros((max(count, 0), 12))
    place = 0
    for i in range(len(found)):
        middle_s = (i * HOP + WINDOW / 2) / rate_hz
        while place < len(events) and events[place].time_s <= middle_s:
            _follow(channels, events[place].message)
            place += 1
        for number, channel in enumerate(channels):
            if number != DRUMS:
                _add(found[i], channel)
    return found


def _follow(channels: list[_Channel], message: tuple[int, int, int]) -> None:
    status, data1, data2 = message
    kind, channel = status & 0xF0, channels[status & 0x0F]
    if kind == 0x90 and data2:
        channel.down[data1] = data2
    elif kind in (0x80, 0x90):
        velocity = channel.down.pop(data1, None)
        if velocity is not None and channel.pedal:
            channel.held[data1] = velocity
    elif kind == 0xE0:
        channel.bend = channel.range_ * ((data1 | data2 << 7) - 8192) / 8192
    elif kind == 0xB0:
        _control(channel, data1, data2)


def _control(channel: _Channel, controller: int, value: int) -> None:
    if controller == 7:
        channel.volume = value
    elif controller == 11:
        channel.expression = value
    elif controller == 64:
        channel.pedal = value >= 64
        if not channel.pedal:
            channel.held.clear()
    elif controller == 101:
        channel.rpn = channel.rpn & 0x7F | value << 7
    elif controller == 100:
        channel.rpn = channel.rpn & 0x3F80 | value
    elif controller == 6 and channel.rpn == 0:
        channel.range_ = value
    elif controller in (120, 123):
        channel.down.clear()
        channel.held.clear()


def _add(power: Floats, channel: _Channel) -> None:
    gain = (channel.volume * channel.expression / 127.0**2) ** 2
    for key, velocity in {**channel.held, **channel.down}.items():
        loud = (gain * (velocity / 127.0) ** 2) ** 2
        for k in range(1, OVERTONES + 1):
            at = (key + channel.bend + 12.0 * np.log2(k)) % 12.0
            low, part = int(at) % 12, at % 1.0
            power[low] += (1.0 - part) * loud / k**2
            power[(low + 1) % 12] += part * loud / k**2


def heard(sound: NDArray[np.float32], rate_hz: float) -> Floats:
    """Power by pitch class of a recording (samples, 2), (windows, 12)."""
    mono = sound.mean(axis=1).astype(np.float64)
    hertz = np.fft.rfftfreq(WINDOW, 1.0 / rate_hz)
    inside = (hertz >= LOW_HZ) & (hertz <= HIGH_HZ)
    at = np.rint(69.0 + 12.0 * np.log2(hertz[inside] / 440.0)).astype(int) % 12
    window = np.hanning(WINDOW)
    found = np.zeros((max((len(mono) - WINDOW) // HOP + 1, 0), 12))
    for i in range(len(found)):
        spectrum = np.abs(np.fft.rfft(mono[i * HOP : i * HOP + WINDOW] * window)) ** 2
        np.add.at(found[i], at, spectrum[inside])
    return found


def likeness(one: Floats, other: Floats) -> float:
    """Median over windows of the cosine between square roots of powers, where both sound."""
    count = min(len(one), len(other))
    a, b = np.sqrt(one[:count]), np.sqrt(other[:count])
    long = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    loud = (long[0] > 0.03 * long[0].max()) & (long[1] > 0.03 * long[1].max())
    cosines = (a * b).sum(axis=1)[loud] / (long[0] * long[1])[loud]
    return float(np.median(cosines)) if len(cosines) else 0.0
