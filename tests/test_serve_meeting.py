"""Where plugins and the server meet: one server, nobody else's, nothing left behind."""

import os
import random
import socket
import stat
from pathlib import Path

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.serve import meeting
from rtsynth.serve.meeting import SOCKET, Meeting, is_ours, meet
from rtsynth.serve.protocol import HEAD, MOST_BYTES, Frame, Kind, PageKind, Reader, pack


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path / "run"))
    return tmp_path / "run"


def test_one_server_at_a_time(folder: Path) -> None:
    assert meet() is None
    first = Meeting()
    with pytest.raises(RtsynthError, match="runs already"):
        Meeting()
    first.close()
    Meeting().close()
    assert list(folder.iterdir()) == []


def test_nobody_else_gets_in(folder: Path) -> None:
    place = Meeting()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / SOCKET).stat().st_mode) == 0o600
    place.close()


def test_the_socket_of_a_killed_server_is_replaced(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / SOCKET))
    assert meet() is None
    place = Meeting()
    connection = meet()
    assert connection is not None
    connection.close()
    place.close()


def test_a_folder_that_others_may_open_is_refused(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.chmod(0o755)
    with pytest.raises(RtsynthError, match="open to others"):
        Meeting()


def test_a_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RtsynthError, match="no folder"):
        Meeting()


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(meeting.os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(RtsynthError, match="open to others"):
        Meeting()


def test_a_path_that_is_too_long_is_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path / ("long" * 40)))
    with pytest.raises(RtsynthError, match="cannot meet in"):
        Meeting()


def test_a_peer_of_another_user_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert is_ours(one)
        monkeypatch.setattr(meeting.os, "getuid", lambda: os.geteuid() + 1)
        assert not is_ours(one)


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({"RTSYNTH_RUNTIME_DIR": "/a", "XDG_RUNTIME_DIR": "/b"}, Path("/a")),
        ({"XDG_RUNTIME_DIR": "/b"}, Path("/b/rtsynth")),
        ({}, Path(f"/tmp/rtsynth-{os.getuid()}")),
    ],
)
def test_where_the_folder_is(
    env: dict[str, str], wanted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RTSYNTH_RUNTIME_DIR", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert meeting.folder() == wanted


def test_frames_come_whole_whatever_the_pieces() -> None:
    chance = random.Random(3)
    frames = [Frame(chance.choice([*Kind, *PageKind]), chance.randbytes(chance.randrange(300)))
              for _ in range(200)]  # fmt: skip
    stream = b"".join(pack(*frame) for frame in frames)
    reader, found = Reader(), []
    while stream:
        size = chance.randrange(1, 400)
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == frames


@pytest.mark.parametrize(
    "data", [HEAD.pack(4, 99), HEAD.pack(MOST_BYTES + 1, Kind.STATE), b"GET / HTTP/1.1\r\n"]
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(RtsynthError, match="not rtsynth's protocol"):
        Reader().feed(data)
