"""Whether the JACK server is still the one that we connected to."""

import glob
import os

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
