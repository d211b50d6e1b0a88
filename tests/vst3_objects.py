"""What a VST3 host hands to a plugin: streams, points of parameters, events, itself."""

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from ctypes import POINTER, c_double, c_int32, c_int64, c_uint32, c_void_p
from typing import Any

from tests import vst3_abi as abi
from tests import vst3_structures as structures
from tests.vst3_structures import Event

Point = tuple[int, float]  # sample, value 0..1


class Stream(abi.Served):
    """Bytes that a plugin reads or writes; `piece`: the most of one call."""

    def __init__(self, content: bytes = b"", piece: int = 1 << 30) -> None:
        self.content = content
        self.place = 0
        self.piece = piece
        counted = [c_void_p, c_int32, POINTER(c_int32)]
        super().__init__(
            "IBStream",
            [
                (abi.R, counted, self._read),
                (abi.R, counted, self._write),
                (abi.R, [c_int64, c_int32, POINTER(c_int64)], lambda *_: abi.NOT_IMPLEMENTED),
                (abi.R, [POINTER(c_int64)], lambda *_: abi.NOT_IMPLEMENTED),
            ],
        )

    def _read(self, to: int, count: int, got: Any) -> int:
        part = self.content[self.place : self.place + min(count, self.piece)]
        ctypes.memmove(to, part, len(part))
        self.place += len(part)
        got[0] = len(part)
        return abi.OK

    def _write(self, source: int, count: int, put: Any) -> int:
        part = ctypes.string_at(source, min(count, self.piece))
        self.content += part
        put[0] = len(part)
        return abi.OK


class Queue(abi.Served):
    """Points of one parameter."""

    def __init__(self, number: int, points: Iterable[Point] = ()) -> None:
        self.number = number
        self.points = list(points)
        super().__init__(
            "IParamValueQueue",
            [
                (c_uint32, [], lambda: self.number),
                (c_int32, [], lambda: len(self.points)),
                (abi.R, [c_int32, POINTER(c_int32), POINTER(c_double)], self._get),
                (abi.R, [c_int32, c_double, POINTER(c_int32)], self._add),
            ],
        )

    def _get(self, place: int, sample: Any, value: Any) -> int:
        if not 0 <= place < len(self.points):
            return abi.INVALID
        sample[0], value[0] = self.points[place]
        return abi.OK

    def _add(self, sample: int, value: float, place: Any) -> int:
        self.points.append((sample, value))
        place[0] = len(self.points) - 1
        return abi.OK


class Changes(abi.Served):
    """Queues of a block."""

    def __init__(self, points: Mapping[int, Iterable[Point]] | None = None) -> None:
        self.queues = [Queue(number, each) for number, each in (points or {}).items()]
        super().__init__(
            "IParameterChanges",
            [
                (c_int32, [], lambda: len(self.queues)),
                (c_void_p, [c_int32], lambda place: self.queues[place].address),
                (c_void_p, [POINTER(c_uint32), POINTER(c_int32)], self._add),
            ],
        )

    def _add(self, number: Any, place: Any) -> int:
        place[0] = len(self.queues)
        self.queues.append(Queue(number[0]))
        return self.queues[-1].address


class Events(abi.Served):
    """Notes of a block."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.events = list(events)
        super().__init__(
            "IEventList",
            [
                (c_uint32, [], lambda: len(self.events)),
                (abi.R, [c_int32, POINTER(Event)], self._get),
                (abi.R, [POINTER(Event)], lambda _: abi.FALSE),
            ],
        )

    def _get(self, place: int, event: Any) -> int:
        if not 0 <= place < len(self.events):
            return abi.INVALID
        event[0] = self.events[place]
        return abi.OK


class Host:
    """What a plugin may call of a host, and what it called."""

    def __init__(self, name: str = "test host") -> None:
        self.restarts: list[int] = []
        self.dirty = 0
        self.lists: list[int] = []
        nothing = lambda *_: abi.OK  # noqa: E731
        self.application = abi.Served(
            "IHostApplication",
            [
                (abi.R, [POINTER(ctypes.c_int16)], lambda field: self._say_name(name, field)),
                (abi.R, [c_void_p, c_void_p, POINTER(c_void_p)], lambda *_: abi.NO_INTERFACE),
            ],
        )
        more = abi.Served(
            "IComponentHandler2",
            [
                (abi.R, [ctypes.c_uint8], self._make_dirty),
                (abi.R, [ctypes.c_char_p], nothing),
                (abi.R, [], nothing),
                (abi.R, [], nothing),
            ],
        )
        units = abi.Served(
            "IUnitHandler",
            [(abi.R, [c_int32], nothing), (abi.R, [c_int32, c_int32], self._list_changed)],
        )
        self.handler = abi.Served(
            "IComponentHandler",
            [
                (abi.R, [c_uint32], nothing),
                (abi.R, [c_uint32, c_double], nothing),
                (abi.R, [c_uint32], nothing),
                (abi.R, [c_int32], lambda flags: self.restarts.append(flags) or abi.OK),
            ],
            {"IComponentHandler2": more, "IUnitHandler": units},
        )
        self.parts = [self.application, self.handler, more, units]

    @staticmethod
    def _say_name(name: str, field: Any) -> int:
        text = abi.written(name)
        ctypes.memmove(field, text, ctypes.sizeof(text))
        return abi.OK

    def _make_dirty(self, _: int) -> int:
        self.dirty += 1
        return abi.OK

    def _list_changed(self, number: int, _: int) -> int:
        self.lists.append(number)
        return abi.OK


def note_on(key: int, velocity: float = 0.8, *, sample: int = 0, channel: int = 0,
            note: int = -1, tuning: float = 0.0) -> Event:  # fmt: skip
    """A note begins; `tuning` in cents."""
    event = Event(sample=sample, kind=abi.NOTE_ON)
    event.body.on = structures.NoteOn(channel, key, tuning, velocity, 0, note)
    return event


def note_off(key: int, velocity: float = 0.5, *, sample: int = 0, channel: int = 0,
             note: int = -1) -> Event:  # fmt: skip
    """A note ends."""
    event = Event(sample=sample, kind=abi.NOTE_OFF)
    event.body.off = structures.NoteOff(channel, key, velocity, note, 0.0)
    return event


def expression(kind: int, note: int, value: float, *, sample: int = 0) -> Event:
    """What is said of one note, 0..1."""
    event = Event(sample=sample, kind=abi.EXPRESSION)
    event.body.expression = structures.NoteExpression(kind, note, value)
    return event
