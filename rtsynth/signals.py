"""Ctrl-C, a polite kill, a terminal that is closed: what they do; and an end in any case."""

import faulthandler
import os
import signal
import threading
from types import FrameType
from typing import Final

INTERRUPTS_TO_KILL: Final = 3  # the third Ctrl-C does not wait for anything
EXIT_KILLED: Final = 1


def catch_signals() -> threading.Event:
    """Ctrl-C (or a polite kill) sets the event returned; the third one ends the process."""
    stop = threading.Event()
    caught = 0

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal caught
        caught += 1
        stop.set()
        if caught >= INTERRUPTS_TO_KILL:
            os._exit(EXIT_KILLED)

    for number in (signal.SIGINT, *_polite_kills()):
        signal.signal(number, handle)
    return stop


def interrupt_on_kills() -> None:
    """Let a polite kill do what Ctrl-C does: raise KeyboardInterrupt."""
    for number in _polite_kills():
        signal.signal(number, signal.default_int_handler)


def end_within(seconds: float) -> None:
    """End the process then, even if a library that waits for JACK never gives Python back."""
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (open until never_mind)
    faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)


def never_mind() -> None:
    """Take end_within() back: all went well."""
    faulthandler.cancel_dump_traceback_later()


def _polite_kills() -> list[int]:
    """Signals besides Ctrl-C that ask to end: a kill, and a terminal that was closed."""
    kills: list[int] = [signal.SIGTERM]
    hang_up: int | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:  # as nohup does
        kills.append(hang_up)
    return kills
