"""An instance as the server has it: greetings, and in which order it tells its state."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.serve.instance import Instance, read_hello
from rtsynth.serve.protocol import NUMBER, VERSION, Kind, pack_values

WAIT_S = 30.0


def hello(**changes: Any) -> bytes:
    said = {"version": VERSION, "pid": 7, "format": "LV2", "host": "jalv"}
    return json.dumps(said | changes).encode()


def test_a_greeting_says_who_it_is() -> None:
    found = read_hello(hello())
    assert (found.pid, found.title) == (7, "LV2 in jalv")
    assert read_hello(hello(host="")).title == "LV2"
    assert read_hello(hello(host="a\nb\x00" + "c" * 99)).host == "a b " + "c" * 56


@pytest.mark.parametrize(
    "payload",
    [b"", b"7", b"{}", b"\xff", b"[" * 99_999, hello(pid="x"), hello(pid=None), hello(pid=[]),
     hello(pid=float("inf")), hello(pid=float("nan"))],
)  # fmt: skip
def test_what_is_no_greeting_is_refused(payload: bytes) -> None:
    with pytest.raises(RtsynthError, match="no greeting"):
        read_hello(payload)


class Playing:
    """Plays nothing, and has another state each time it is asked."""

    def __init__(self) -> None:
        self.count = 0
        self.hand = False

    def state(self) -> bytes:
        self.count += 1
        return b"%d" % self.count

    def values(self) -> list[float]:
        return [0.5, -2.0]

    def edited(self) -> bool:
        return self.hand

    def follow(self) -> None:
        pass


def made(tell: Callable[[int, bytes], None], said: list[str]) -> Instance:
    none: Any = None
    dirty: Any = lambda: None  # noqa: E731
    return Instance(1, none, read_hello(hello()), none, none, tell, said.append, dirty)


def test_the_newest_state_is_told_last() -> None:
    told: list[tuple[int, bytes]] = []
    telling, goes_on = threading.Event(), threading.Event()

    def tell(kind: int, data: bytes) -> None:
        if kind == Kind.STATE:
            telling.set()
            assert goes_on.wait(WAIT_S)
        told.append((kind, data))

    instance = made(tell, [])
    playing: Any = Playing()
    instance.playing = playing
    slow = threading.Thread(target=instance.tell_state)
    slow.start()
    assert telling.wait(WAIT_S)
    answering = threading.Thread(target=instance.answer, args=(5,))
    answering.start()
    answering.join(0.2)  # where nothing held it back it would be done
    goes_on.set()
    slow.join(WAIT_S)
    answering.join(WAIT_S)
    answer = NUMBER.pack(5) + pack_values([0.5, -2.0]) + b"2"
    assert told == [(Kind.STATE, b"1"), (Kind.STATE_ANSWER, answer)]


def test_what_a_hand_changed_is_told_apart() -> None:
    told: list[tuple[int, bytes]] = []
    instance = made(lambda kind, data: told.append((kind, data)), [])
    playing: Any = Playing()
    instance.playing = playing
    instance.tell_state()
    playing.hand = True
    instance.tell_state()
    assert told == [(Kind.STATE, b"1"), (Kind.STATE, b"2"), (Kind.EDITED, b"")]


def test_one_that_is_being_changed_holds_up_nobody_who_follows() -> None:
    telling, goes_on = threading.Event(), threading.Event()

    def tell(kind: int, data: bytes) -> None:
        telling.set()
        assert goes_on.wait(WAIT_S)

    instance = made(tell, [])
    playing: Any = Playing()
    instance.playing = playing
    assert instance.follow()
    slow = threading.Thread(target=instance.tell_state)
    slow.start()
    assert telling.wait(WAIT_S)
    followed: list[bool] = []
    following = threading.Thread(target=lambda: followed.append(instance.follow()))
    following.start()
    following.join(WAIT_S)
    goes_on.set()
    slow.join(WAIT_S)
    assert followed == [False]
    assert instance.follow()


def test_a_state_that_is_known_is_not_told_again() -> None:
    told: list[tuple[int, bytes]] = []
    instance = made(lambda kind, data: told.append((kind, data)), [])
    assert instance.state() == b""
    instance.tell_state()
    assert told == []


def test_news_are_one_line_whatever_a_project_names() -> None:
    told: list[tuple[int, bytes]] = []
    said: list[str] = []
    made(lambda kind, data: told.append((kind, data)), said).say("no\nsuch\x1b[31m \ud800 name")
    assert told == [(Kind.LOG, b"no such [31m   name")]
    assert said == ["1 (LV2 in jalv): no such [31m   name"]
