"""What other programs of the user's ask the server of the plugins."""

import json
import threading
import time
from typing import Any, Final

from rtsynth.errors import RtsynthError
from rtsynth.serve.meeting import meet
from rtsynth.serve.protocol import PageKind, Reader, pack

PIECE: Final = 1 << 16
FRESH_S: Final = 1.0
Rows = list[dict[str, Any]]


def instances() -> Rows:
    """The plugin instances that run: number, title, timbre and so on; none where no server does.

    Raises:
        RtsynthError: the server does not answer.
    """
    connection = meet()
    if connection is None:
        return []
    with connection:
        reader = Reader()
        try:
            connection.sendall(pack(PageKind.LIST))
            while piece := connection.recv(PIECE):
                for frame in reader.feed(piece):
                    return _rows(frame.kind, frame.payload)
        except ConnectionError:  # it ended at this moment
            return []
        except OSError as error:
            raise RtsynthError("the server of the plugins does not answer") from error
    return []


def _rows(kind: int, payload: bytes) -> Rows:
    if kind != PageKind.INSTANCES:
        raise RtsynthError(payload.decode("utf-8", "replace"))
    found: Rows = json.loads(payload)
    return found


class Watch:
    """The instances as they were a moment ago: asking never waits. Thread: any."""

    def __init__(self) -> None:
        self._rows: Rows = []
        self._asked_s = float("-inf")
        self._lock = threading.Lock()

    def __call__(self) -> Rows:
        """What is known; where that is old, it is asked anew for the next time."""
        now_s = time.monotonic()
        if now_s > self._asked_s + FRESH_S and self._lock.acquire(blocking=False):
            self._asked_s = now_s
            threading.Thread(target=self._ask, name="plugins", daemon=True).start()
        return self._rows

    def _ask(self) -> None:
        try:
            self._rows = instances()
        except RtsynthError:
            self._rows = []
        finally:
            self._lock.release()
