"""What went wrong, in one line for a musician; and libraries kept from writing past it."""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Final

_STDERR: Final = threading.RLock()  # one descriptor for all threads: one redirection at a time


class RtsynthError(Exception):
    """One clear line: what is wrong and what to do about it. The command line prints it."""


def one_line(error: BaseException) -> str:
    """The first line of an error's text, or its type where it has none."""
    text = str(error).strip().splitlines()
    return text[0].strip() if text else type(error).__name__


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere for a moment: ALSA and JACK write to it by themselves.

    The descriptor belongs to the whole process, so keep the moment short.
    """
    with _STDERR:
        try:
            saved = os.dup(2)
        except OSError:  # closed: nothing to keep quiet
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
