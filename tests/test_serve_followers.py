"""One thread keeps up with all instances: who is busy or fails holds up nobody."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rtsynth._core import Engine
from rtsynth.serve.followers import Followers

WAIT_S = 30.0


class Instance:
    """Counts how often it was followed; `answer` says what following it comes to."""

    def __init__(self, answer: Callable[[], bool] = lambda: True) -> None:
        self.link: Any = Engine(48000.0, arena_mib=1)
        self.looks = 0
        self._answer = answer

    def follow(self) -> bool:
        self.looks += 1
        return self._answer()


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def followers(lines: list[str]) -> Iterator[Followers]:
    made = Followers(lines.append)
    made.start()
    yield made
    made.stop()


def test_all_are_looked_at_until_they_go(followers: Followers) -> None:
    one, other = Instance(), Instance()
    followers.add(one)
    followers.add(other)
    assert until(lambda: one.looks > 2 and other.looks > 2)
    followers.remove(one)
    seen = other.looks
    assert until(lambda: other.looks > seen + 1)  # a look at the first may have been under way
    gone = one.looks
    assert until(lambda: other.looks > seen + 3)
    assert one.looks == gone


def test_one_that_is_busy_holds_up_nobody(followers: Followers, lines: list[str]) -> None:
    busy, other = Instance(lambda: False), Instance()
    followers.add(busy)
    followers.add(other)
    assert until(lambda: busy.looks > 2 and other.looks > 2)
    assert lines == []


def test_a_fault_is_a_line_and_following_goes_on(followers: Followers, lines: list[str]) -> None:
    def fail() -> bool:
        raise ValueError("odd")

    failing = Instance(fail)
    followers.add(failing)
    assert until(lambda: failing.looks > 2)
    assert set(lines) == {"what was played cannot be followed (odd)"}
    followers.remove(failing)
    other = Instance()
    followers.add(other)
    assert until(lambda: other.looks > 2)
