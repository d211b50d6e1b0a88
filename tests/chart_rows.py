"""Which function listens to which row of the MIDI chart, and words that these functions share."""

from collections.abc import Callable

import numpy as np
from listening import Sound, Timed, listen

Test = Callable[[], None]
HEARD: dict[str, Test] = {}  # by the name of the row
ON, OFF, CC, PRESS, BEND = 0x90, 0x80, 0xB0, 0xD0, 0xE0
KEY, HARD = 60, 90
KEY_HZ = 440.0 * 2.0 ** ((KEY - 69.0) / 12.0)
CENTS = 0.005  # half a cent, in keys
UP = bytes((BEND, 127, 127))


def row(*names: str) -> Callable[[Test], Test]:
    """Marks the test of one row, or of several that only mean something together."""

    def mark(test: Test) -> Test:
        for name in names:
            assert name not in HEARD, f"two tests of {name}"
            HEARD[name] = test
        return test

    return mark


def cc(number: int, value: int, channel: int = 0) -> bytes:
    """A controller, as `timed` takes it."""
    return bytes((CC | channel, number, value))


def rpn(number: int, *data: int, channel: int = 0, end: bool = True) -> list[bytes]:
    """A registered parameter, and then none."""
    found = [cc(101, number >> 7, channel), cc(100, number & 127, channel)]
    found += [
        cc(controller, value, channel) for controller, value in zip((6, 38), data, strict=False)
    ]
    return [*found, cc(101, 127, channel), cc(100, 127, channel)] if end else found


def at(seconds: float, *messages: bytes) -> list[Timed]:
    """Messages at one time: channel messages of two or three bytes, and system exclusive."""
    found: list[Timed] = []
    for message in messages:
        if message[0] == 0xF0:
            found.append((seconds, message))
        else:
            found.append((seconds, (message[0], message[1], message[2] if message[2:] else 0)))
    return found


def note(start_s: float, end_s: float, key: int = KEY, velocity: int = HARD,
         channel: int = 0) -> list[Timed]:  # fmt: skip
    """A note with its end."""
    return [
        (start_s, (ON | channel, key, velocity)),
        (end_s, (OFF | channel, key, 64)),
    ]


def song(*parts: list[Timed]) -> list[Timed]:
    """Parts put together by time; what is at the same time stays in order."""
    return sorted((each for part in parts for each in part), key=lambda each: each[0])


def played(*messages: bytes, seconds: float = 0.5, **options: object) -> Sound:
    """A note behind some messages."""
    return listen(song(at(0.0, *messages), note(0.0, seconds)), seconds, **options)


def level_change_db(*messages: bytes, **options: object) -> float:
    """By how much messages before a note make it louder."""
    return played(*messages, **options).level_db(0.1, 0.5) - played(**options).level_db(0.1, 0.5)


def is_at(sound: Sound, key: float, start_s: float = 0.1, end_s: float = 0.5) -> bool:
    """Whether a pitch is there, within half a cent."""
    return abs(sound.key(start_s, end_s, key) - key) < CENTS


def vibrato(sound: Sound, start_s: float = 0.3, end_s: float = 1.0) -> tuple[float, float]:
    """Depth in semitones (of a sine, from the middle) and rate in Hz."""
    course, rate_hz = sound.course(start_s, end_s, KEY)
    swing = course - course.mean()
    levels = np.abs(np.fft.rfft(swing * np.hanning(len(swing)), 16 * len(swing)))
    hz = np.fft.rfftfreq(16 * len(swing), 1.0 / rate_hz)
    inside = (hz > 2.0) & (hz < 20.0)
    return float(np.sqrt(2.0) * swing.std()), float(hz[inside][np.argmax(levels[inside])])
