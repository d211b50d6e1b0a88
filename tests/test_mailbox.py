"""Work is done in order, on another thread or the caller's, and an error ends nothing."""

import threading

from rtsynth.mailbox import Mailbox


def test_in_order_on_a_thread_of_its_own() -> None:
    done: list[tuple[int, str]] = []
    box = Mailbox("box", lambda item: done.append((item, threading.current_thread().name)), print)
    box.put(1)
    assert done == []
    box.start()
    for item in range(2, 100):
        box.put(item)
    box.stop()
    assert done == [(item, "box") for item in range(1, 100)]
    box.stop()


def test_on_the_caller_s_thread() -> None:
    done: list[int] = []
    box = Mailbox("box", done.append, print)
    box.empty()
    box.put(1)
    box.put(2)
    box.empty()
    assert done == [1, 2]


def test_an_error_is_said_and_the_next_is_done() -> None:
    said: list[str] = []
    done: list[float] = []
    box: Mailbox[float] = Mailbox("box", lambda item: done.append(1.0 / item), said.append)
    box.start()
    box.put(0.0)
    box.put(2.0)
    box.stop()
    assert done == [0.5]
    assert said == ["float division by zero"]
