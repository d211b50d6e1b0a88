"""Presets one after the other: by name, by step, by program change; what comes next is prepared."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.stage import presets
from rtsynth.stage.changer import Changer
from rtsynth.stage.set_list import SetList
from rtsynth.stage.shelf import Shelf

WAIT_S = 30.0


class DeskStub:
    """Keeps what it is told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.loaded: list[Any] = []
        self.prepared: list[Any] = []
        self.hold = threading.Event()  # loading waits for it
        self.hold.set()

    def load(self, state: dict[str, Any]) -> None:
        self.hold.wait(WAIT_S)
        if state.get("gain") == 99:
            raise RtsynthError("gain: 99 is not -60 to 24")
        self.loaded.append(state["gain"])

    def claim_programs(self, claimant: Any) -> None:
        self.claimant = claimant

    def prepare(self, states: list[dict[str, Any]]) -> None:
        self.prepared.append([state["gain"] for state in states])


@pytest.fixture(autouse=True)
def five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets named a to e, whose gains are 0 to 4; and one that cannot be loaded."""
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path / self._folder)
    monkeypatch.setattr(presets.SHELF, "_bundled", None)
    for gain, name in enumerate("abcde"):
        presets.SHELF.save(name, {"gain": gain})
    presets.SHELF.save("loud", {"gain": 99})


@pytest.fixture
def desk() -> DeskStub:
    return DeskStub()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def changer(desk: DeskStub, lines: list[str]) -> Iterator[Changer]:
    made = Changer(desk, lines.append)  # type: ignore[arg-type]
    made.start()
    yield made
    made.stop()


def test_a_preset_is_loaded_by_name(changer: Changer, desk: DeskStub) -> None:
    assert changer.current == ""
    changer.load("b")
    assert (changer.current, desk.loaded) == ("b", [1])
    with pytest.raises(RtsynthError, match=r"preset loud: gain: 99 is not -60 to 24 \(in .*loud"):
        changer.load("loud")
    with pytest.raises(RtsynthError, match="no preset named 'z'"):
        changer.load("z")
    assert (changer.current, desk.loaded) == ("b", [1])


def test_steps_end_at_either_end_and_neighbours_are_prepared(
    changer: Changer, desk: DeskStub, lines: list[str]
) -> None:
    changer.use(SetList("set", ("c", "a", "e")))
    assert desk.prepared == [[2]]
    for by, at in ((-1, 0), (1, 1), (1, 2), (1, 2), (-1, 1)):
        changer.step(by)
        assert changer.place == at
        wait_for(lambda at=at: changer.current == "cae"[at])  # type: ignore[misc]
    changer.stop()
    assert desk.loaded == [2, 0, 4, 0]
    assert desk.prepared[1:] == [[0], [4, 2], [0], [4, 2]]
    assert lines == ["preset c", "preset a", "preset e", "preset a"]


def test_who_steps_fast_gets_the_last(changer: Changer, desk: DeskStub) -> None:
    changer.use(SetList("set", tuple("abcde")))
    desk.hold.clear()
    for _ in range(5):
        changer.step(1)
    desk.hold.set()
    wait_for(lambda: changer.current == "e")
    assert desk.loaded in ([0, 4], [4])


def test_program_changes_choose_on_their_channel(changer: Changer, desk: DeskStub) -> None:
    assert not changer.program(3, 1)
    changer.use(SetList("set", ("a", "b"), 3))
    assert not changer.program(2, 1)
    assert changer.program(3, 1)
    assert changer.program(3, 100)  # there is none: passed over, and no timbre's either
    wait_for(lambda: changer.current == "b")
    changer.use(SetList("set", ("a", "b")))
    assert changer.program(9, 0)
    wait_for(lambda: changer.current == "a")
    assert desk.claimant is changer
    changer.use(None)
    assert desk.claimant is None
    assert not changer.takes(3)
    changer.step(1)
    assert desk.loaded == [1, 0]


def test_what_cannot_be_loaded_is_said_and_the_list_goes_on(
    changer: Changer, lines: list[str]
) -> None:
    changer.use(SetList("set", ("a", "loud", "gone", "b")))
    for expected in ("preset a", "preset loud: gain", "no preset named 'gone'", "preset b"):
        changer.step(1)
        wait_for(lambda: len(lines) == changer.place + 1)
        assert lines[-1].startswith(expected)
    assert changer.current == "b"


def wait_for(condition: Any) -> None:
    """Generous; no test measures it."""
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.005)):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come")
