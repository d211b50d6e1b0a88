"""Where plugins find the server: a socket in a folder that is the user's alone."""

import contextlib
import errno
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from rtsynth.errors import RtsynthError

SOCKET: Final = "server.sock"
MOST_WAITING: Final = 64  # connections
_PEER: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid


def folder() -> Path:
    """The folder of the socket: RTSYNTH_RUNTIME_DIR, XDG_RUNTIME_DIR/rtsynth, or one in /tmp."""
    given = os.environ.get("RTSYNTH_RUNTIME_DIR")
    if given:
        return Path(given)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "rtsynth"
    return Path(f"/tmp/rtsynth-{os.getuid()}")  # its owner and its mode are looked at


class Meeting:
    """The socket of the one server that a user has. Thread: control."""

    def __init__(self) -> None:
        """Listen; what a server that was killed left behind is replaced.

        Raises:
            RtsynthError: another server runs, or the folder cannot be had.
        """
        self._closed = False
        self._folder = folder()
        self._lock = _own_folder(self._folder)
        try:
            _lock(self._lock)
            self.socket = _listen(self._folder)
        except BaseException:
            os.close(self._lock)
            raise

    def close(self) -> None:
        """Listen no more, and leave nothing behind."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            os.unlink(SOCKET, dir_fd=self._lock)
        self.socket.close()
        os.close(self._lock)  # and with it the lock


def meet(limit_s: float = 2.0) -> socket.socket | None:
    """A connection to the server that runs; None: none does."""
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        return None
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.settimeout(limit_s)
    try:
        connection.connect(str(folder() / SOCKET))
    except OSError:
        connection.close()
        return None
    if not is_ours(connection):
        connection.close()
        return None
    return connection


def is_ours(connection: socket.socket) -> bool:
    """Whether a process of this user is at the other end."""
    asked: int | None = getattr(socket, "SO_PEERCRED", None)
    if asked is None:
        return True  # elsewhere the folder's mode keeps others out
    found = connection.getsockopt(socket.SOL_SOCKET, asked, _PEER.size)
    return bool(_PEER.unpack(found)[1] == os.getuid())


def _own_folder(path: Path) -> int:
    """A descriptor of the folder, which is made where there is none."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RtsynthError(f"no folder {path} for plugins to meet in ({error.strerror})") from error
    about = os.fstat(found)
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
        os.close(found)
        raise RtsynthError(f"{path} is open to others: plugins do not meet there, remove it")
    return found


def _lock(folder_fd: int) -> None:
    import fcntl  # here, not above: Windows has none, and asks for instances all the same

    try:
        fcntl.flock(folder_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            raise RtsynthError("a server for plugins runs already") from error
        raise RtsynthError(f"plugins cannot meet here ({error.strerror})") from error


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path / SOCKET)
        listening.bind(str(path / SOCKET))
        os.chmod(path / SOCKET, 0o600)
        listening.listen(MOST_WAITING)
    except OSError as error:
        listening.close()
        why = error.strerror or str(error)  # a path that is too long has no number
        raise RtsynthError(f"plugins cannot meet in {path} ({why})") from error
    return listening
