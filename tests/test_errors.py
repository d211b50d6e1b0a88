"""Errors in one line; libraries kept from writing to descriptor 2."""

import os
import threading

import pytest

from rtsynth.errors import RtsynthError, one_line, quiet_stderr

WAIT_S = 30.0


def test_an_error_is_one_line() -> None:
    assert one_line(RtsynthError(" a\nb")) == "a"
    assert one_line(KeyError()) == "KeyError"


def test_what_is_written_meanwhile_is_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"1")
    with quiet_stderr():
        os.write(2, b"2")
        with quiet_stderr():
            os.write(2, b"3")
        os.write(2, b"4")
    os.write(2, b"5")
    assert capfd.readouterr().err == "15"


def test_it_is_heard_again_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), quiet_stderr():
        raise KeyError
    os.write(2, b"1")
    assert capfd.readouterr().err == "1"


def test_one_that_hangs_holds_up_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    """A library that waits for a server which does not answer must not stop keyboards."""
    inside, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        with quiet_stderr():
            inside.set()
            goes_on.wait()

    done = threading.Event()

    def other() -> None:
        with quiet_stderr():
            os.write(2, b"1")
        done.set()

    hanging = threading.Thread(target=hang, daemon=True)
    hanging.start()
    assert inside.wait(WAIT_S)
    threading.Thread(target=other, daemon=True).start()
    held_up = not done.wait(WAIT_S)
    goes_on.set()
    hanging.join(WAIT_S)
    assert not held_up
    os.write(2, b"2")
    assert capfd.readouterr().err == "2"


def test_nothing_is_lost_where_descriptor_2_is_closed() -> None:
    saved = os.dup(2)
    os.close(2)
    try:
        with quiet_stderr():
            pass
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(2)
    finally:
        os.dup2(saved, 2)
        os.close(saved)
