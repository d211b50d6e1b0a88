"""What went wrong, in one line for a musician; and libraries kept from writing past it."""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Final


class _Stderr:
    """File descriptor 2, all threads' own: the first sends it away, the last brings it back."""

    lock: Final = threading.Lock()  # held for moments only: a library may hang within its own
    quiet = 0  # how many threads want it so
    saved: int | None = None


class RtsynthError(Exception):
    """One clear line: what is wrong and what to do about it. The command line prints it."""


def one_line(error: BaseException) -> str:
    """The first line of an error's text, or its type where it has none."""
    text = str(error).strip().splitlines()
    return text[0].strip() if text else type(error).__name__


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere for a moment: ALSA and JACK write to it by themselves.

    The descriptor belongs to the whole process, so keep the moment short. Several threads may want
    it at once: none waits for another.
    """
    with _Stderr.lock:
        _Stderr.quiet += 1
        if _Stderr.quiet == 1:
            _Stderr.saved = _send_away()
    try:
        yield
    finally:
        with _Stderr.lock:
            _Stderr.quiet -= 1
            if _Stderr.quiet == 0 and _Stderr.saved is not None:
                os.dup2(_Stderr.saved, 2)
                os.close(_Stderr.saved)


def _send_away() -> int | None:
    """Where descriptor 2 pointed to, as another one; None: it is closed, so nothing is heard."""
    try:
        saved = os.dup(2)
    except OSError:
        return None
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    return saved
