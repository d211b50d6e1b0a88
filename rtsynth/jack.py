"""What JACK-Client does not tell: a server's identity, latencies; and libjack kept from writing."""

import contextlib
import ctypes
import glob
import os
from collections.abc import Iterable
from typing import Any

ServerId = tuple[int, int]


def server_id() -> ServerId | None:
    """What tells one run of the JACK server from the next; None: no server, or not told here.

    Neither RtMidi nor PortAudio says that the server died, and both crash when a client of a dead
    server is closed after a new one was opened: so this is asked first. PipeWire has no such file.
    """
    name = glob.escape(os.environ.get("JACK_DEFAULT_SERVER", "default"))
    for path in glob.glob(f"/dev/shm/jack_{name}_*_0"):
        try:
            found = os.stat(path)
        except OSError:
            continue
        return found.st_ino, found.st_mtime_ns
    return None


def keep_quiet() -> None:
    """Keep libjack from telling of a server that died: it writes into the status line.

    PortAudio and RtMidi may have a copy each, so all that are loaded are told.
    """
    with contextlib.suppress(OSError, AttributeError):
        nothing = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)  # takes a text, returns
        for path in loaded("libjack"):
            ctypes.CDLL(path).jack_set_error_function(nothing)


def loaded(name: str) -> list[str]:
    """Files of the libraries in this process whose names begin so (Linux; elsewhere none)."""
    found = set()
    with contextlib.suppress(OSError), open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[-1].strip()
            if os.path.basename(path).startswith(name) and os.path.exists(path):
                found.add(path)
    return sorted(found)


class LatencyRange(ctypes.Structure):
    """jack_latency_range_t, in samples."""

    _fields_ = (("min", ctypes.c_uint32), ("max", ctypes.c_uint32))


class PlaybackLatency:
    """How long what output ports play takes to the loudspeaker. Thread: one, while they exist."""

    PLAYBACK = 1  # JackPlaybackLatency

    def __init__(self, library: str, ports: Iterable[int]) -> None:
        """`library` is libjack's name, `ports` are addresses of jack_port_t."""
        self._ports = [ctypes.c_void_p(port) for port in ports]
        self._get: Any = ctypes.CDLL(library).jack_port_get_latency_range
        self._get.restype = None

    def __call__(self) -> int:
        """Samples, the longest of all; 0: nothing is connected."""
        found = LatencyRange()
        longest = 0
        for port in self._ports:
            self._get(port, self.PLAYBACK, ctypes.byref(found))
            longest = max(longest, found.max)
        return longest
