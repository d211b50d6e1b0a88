"""One end of a connection: frames in whatever pieces they come, descriptors beside them."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.serve.protocol import MOST_BYTES, Kind, pack
from rtsynth.serve.stream import MOST_FILES, Stream

Result = TypeVar("Result")


def talk(body: Callable[[Stream, socket.socket], Awaitable[Result]]) -> Result:
    """Run `body` with a stream and the socket at its other end."""

    async def run() -> Result:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        stream = Stream(ours)
        with theirs:
            try:
                return await asyncio.wait_for(body(stream, theirs), 30.0)
            finally:
                stream.close()

    return asyncio.run(run())


def test_frames_come_whole_whatever_the_pieces() -> None:
    async def body(stream: Stream, peer: socket.socket) -> None:
        said = pack(Kind.PRESET, b"abc") + pack(Kind.ASK_STATE, b"")
        reading = asyncio.create_task(stream.read())
        for byte in said:
            peer.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await reading == (Kind.PRESET, b"abc")
        assert await stream.read() == (Kind.ASK_STATE, b"")
        peer.close()
        assert await stream.read() is None

    talk(body)


def test_a_frame_that_is_cut_off_is_none() -> None:
    async def body(stream: Stream, peer: socket.socket) -> None:
        peer.send(pack(Kind.PRESET, b"abc")[:-1])
        peer.close()
        assert await stream.read() is None

    talk(body)


@pytest.mark.parametrize(
    "said", [b"\xff" * 8, pack(99), (MOST_BYTES + 1).to_bytes(4, "little") * 2]
)
def test_what_is_no_frame_is_refused(said: bytes) -> None:
    async def body(stream: Stream, peer: socket.socket) -> None:
        peer.send(said)
        with pytest.raises(RtsynthError, match="protocol"):
            await stream.read()

    talk(body)


def test_descriptors_come_along_and_none_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))

    async def body(stream: Stream, peer: socket.socket) -> None:
        inside, outside = os.pipe()
        for _ in range(3):  # more than there is room for
            socket.send_fds(peer, [pack(Kind.ASK_STATE)], [outside] * (MOST_FILES - 1))
            assert await stream.read() == (Kind.ASK_STATE, b"")
        os.close(outside)
        assert len(stream.files) == MOST_FILES
        os.write(stream.files[0], b"x")
        assert os.read(inside, 2) == b"x"
        os.close(inside)

    talk(body)
    assert len(os.listdir("/proc/self/fd")) == before
