"""Which function listens to which row of the MIDI chart, and words that these functions share."""

from collections.abc import Callable

from listening import Sound, Timed, listen

Test = Callable[[], None]
HEARD: dict[str, Test] = {}  # by the name of the row
ON, OFF, CC, PRESS, BEND = 0x90, 0x80, 0xB0, 0xD0, 0xE0
KEY, HARD = 60, 90
CENTS = 0.005  # half a cent, in keys


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
    found += [cc(controller, value, channel) for controller, value in zip((6, 38), data)]  # noqa: B905
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
