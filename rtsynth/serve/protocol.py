"""What a plugin and the server say to each other: frames on a Unix stream socket.

A frame is `u32 length of the payload, u32 kind, payload`, little endian. The kinds are those of
rtsynth/plugin/protocol.h; those of pages are Python's alone.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from rtsynth.errors import RtsynthError

VERSION: Final = 2  # of protocol and segment, which change together
MOST_BYTES: Final = 16 << 20  # of a payload
MOST_REASON: Final = 60  # characters of why a page is closed: a close frame holds 123 bytes
HEAD: Final = struct.Struct("<II")
NUMBER: Final = struct.Struct("<I")
VALUE: Final = struct.Struct("<d")


class Kind(IntEnum):
    """What a frame is. Below 16: from a plugin; below 32: from the server."""

    HELLO = 1  # JSON: version, pid, format, host; the segment's descriptor comes along
    STATE_IN = 2  # the desk's state as it was saved; empty: as at the start
    ASK_STATE = 3  # u32 number
    PRESET = 4  # name
    WELCOME = 16  # JSON: version, instrument, presets
    STATE = 17  # the desk's state, whenever it changed
    STATE_ANSWER = 18  # u32 number, u32 count, so many f64: the host's parameters, state
    LOG = 19  # a line of news
    PRESETS = 20  # JSON: a list of names
    REFUSED = 21  # a line: why; the connection ends
    EDITED = 22  # by hand, not by the host: a project has something new to save
    AWAKE = 23  # something waits to be heard or told: the host shall process


class PageKind(IntEnum):
    """Frames between a page's server, or a command, and the server of the plugins."""

    LIST = 32  # ask which instances run
    INSTANCES = 33  # JSON: a list of rows
    ATTACH = 34  # u32: the instance that a page is to play on
    TEXT = 35  # what a page sends or is told
    BYTES = 36
    CLOSE = 37  # u32 code, reason


KINDS: Final = frozenset(int(kind) for kind in (*Kind, *PageKind))


class Frame(NamedTuple):
    """One message."""

    kind: int
    payload: bytes


def pack(kind: int, payload: bytes = b"") -> bytes:
    """A frame's bytes."""
    return HEAD.pack(len(payload), kind) + payload


def pack_values(values: Sequence[float]) -> bytes:
    """How many there are, and the values."""
    return NUMBER.pack(len(values)) + b"".join(map(VALUE.pack, values))


class Reader:
    """Frames out of a stream's pieces. Any one thread."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> list[Frame]:
        """Frames that are whole by now.

        Raises:
            RtsynthError: that is no frame: an unknown kind or one too long.
        """
        self._bytes += piece
        found = []
        while len(self._bytes) >= HEAD.size:
            length, kind = HEAD.unpack_from(self._bytes)
            if kind not in KINDS or length > MOST_BYTES:
                raise RtsynthError("what came is not rtsynth's protocol")
            if len(self._bytes) < HEAD.size + length:
                break
            found.append(Frame(kind, bytes(self._bytes[HEAD.size : HEAD.size + length])))
            del self._bytes[: HEAD.size + length]
        return found
