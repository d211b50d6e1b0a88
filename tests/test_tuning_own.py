"""The player's own tuning, and how presets keep it."""

import json
from pathlib import Path
from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.tuning.own import EQUAL, Tuning, of_state, read_tuning
from rtsynth.tuning.scala import KeyboardMap, Scale
from rtsynth.tuning.stretch import stretch_cents

FIFTHS = Scale("fifths", (701.955, 1200.0))
MAP = KeyboardMap((0, None, 1), 10, 100, 60, 62, 300.5, 2)


def test_equal_temperament_is_where_all_begins() -> None:
    assert Tuning().pitches() == pytest.approx(range(128), abs=1e-9)
    assert Tuning().state() == {}


def test_concert_pitch_moves_everything() -> None:
    low = Tuning(FIFTHS, reference_hz=415.0).pitches()
    usual = Tuning(FIFTHS).pitches()
    for a, b in zip(low, usual, strict=True):
        assert a is not None
        assert b is not None
        assert a - b == pytest.approx(-1.0126, abs=1e-3)


def test_stretch_goes_by_the_pitch_not_by_the_key() -> None:
    found = Tuning(Scale("octaves", (1200.0,)), stretch=0.5).pitches()
    assert found[61] == pytest.approx(72.0 + 0.5 * stretch_cents(72.0) / 100.0)


def test_a_state_comes_back() -> None:
    tuning = Tuning(FIFTHS, MAP, 415.0, 0.3)
    state = json.loads(json.dumps(tuning.state()))
    assert of_state(state) == (FIFTHS, MAP)
    assert of_state({}) == (EQUAL, KeyboardMap())


def state_with(part: str, **changes: Any) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(json.dumps(Tuning(FIFTHS, MAP).state()))
    state[part].update(changes)
    return state


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ([], "tuning: an object"),
        ({"scales": {}}, "tuning: an object"),
        ({"scale": []}, "tuning.scale: an object with name, cents"),
        (state_with("scale", name=3), "tuning.scale.name"),
        (state_with("scale", cents=[]), "tuning.scale.cents"),
        (state_with("scale", cents=[1e300]), "tuning.scale.cents"),
        (state_with("scale", cents=[700.0, 0]), "tuning.scale.cents"),
        (state_with("scale", cents=[True]), "tuning.scale.cents"),
        (state_with("scale", cents=[float("nan"), 1200.0]), "tuning.scale.cents"),
        (state_with("scale", more=1), "tuning.scale: an object"),
        (state_with("keyboard", low=-1), "tuning.keyboard.low"),
        (state_with("keyboard", high=128), "tuning.keyboard.high"),
        (state_with("keyboard", middle=1.5), "tuning.keyboard.middle"),
        (state_with("keyboard", reference_hz=0.0), "tuning.keyboard.reference_hz"),
        (state_with("keyboard", degrees=["x"]), "tuning.keyboard.degrees"),
        (state_with("keyboard", degrees=[0] * 129), "tuning.keyboard.degrees"),
        (state_with("keyboard", period="2"), "tuning.keyboard.period"),
        (state_with("keyboard", reference_key=61), "frequency of key 61"),
    ],
)
def test_a_wrong_state_is_refused_by_its_field(state: Any, said: str) -> None:
    with pytest.raises(RtsynthError, match=said):
        of_state(state)


def test_files_that_do_not_go_together_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.scl").write_text("name\n1\n2/1\n")
    (tmp_path / "a.kbm").write_text("2\n0\n127\n60\n61\n440\n0\n0\nx\n")
    tuning = read_tuning(tmp_path / "a.scl", None, 415.0, 0.25)
    assert tuning == Tuning(Scale("name", (1200.0,)), reference_hz=415.0, stretch=0.25)
    assert read_tuning(None, None) == Tuning()
    with pytest.raises(
        RtsynthError, match=r"a\.kbm: the keyboard map gives the frequency of key 61"
    ):
        read_tuning(tmp_path / "a.scl", tmp_path / "a.kbm")
