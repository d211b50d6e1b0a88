"""The ablation: its measures find what was put in, and its arms differ in nothing else."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from export import card, checkpoint  # noqa: E402
from rtsynth import contract as c  # noqa: E402
from tests import training_data  # noqa: E402
from tests.training_data import TINY, write_data_set  # noqa: E402
from training import train as training_train  # noqa: E402
from training.ablation import __main__ as command  # noqa: E402
from training.ablation import arms, judge, measure, modulation  # noqa: E402
from training.crops import Library, Note  # noqa: E402

torch.set_num_threads(1)
ROWS = measure.STEPS * c.FRAMES_PER_STEP
TONE = {"depth": 0.2, "hz": 5.6}


def swinging(depth: float, hz: float, seed: int, rough: float = 0.0) -> np.ndarray:
    """Frames of a note whose levels swing at `hz` by `depth` of their mean, (ROWS, 161)."""
    random = np.random.default_rng(seed)
    time_s = np.arange(ROWS)[:, None] * c.HOP_S
    phase = random.uniform(0.0, 2.0 * np.pi, c.FRAME_LEVELS)
    swing = 1.0 + depth * np.sin(2.0 * np.pi * hz * time_s + phase)
    levels = np.linspace(-3.0, -60.0, c.FRAME_LEVELS) + 20.0 * np.log10(swing)
    levels += rough * random.standard_normal(levels.shape)
    cents = 8.0 * np.sin(2.0 * np.pi * hz * time_s + phase[0])
    return np.hstack([levels, cents]).astype(np.float32)


def library(timbres: int = 2, notes: int = 8) -> Library:
    """Sustained timbres, whose notes swing as `TONE` says; all of them held out."""
    values = (-5.0, -20.0, 0.0, -100.0, 0.0, *[0.0] * c.DETUNED_PARTIALS)
    listed = [
        Note(t, 48.0 + 3 * n, 90.0, n * ROWS, ROWS, values, held_out=True, sustained=True)
        for t in range(timbres)
        for n in range(notes)
    ]
    frames = [
        np.concatenate([swinging(**TONE, seed=100 * t + n) for n in range(notes)]).astype("f2")
        for t in range(timbres)
    ]
    return Library([f"timbre {t}" for t in range(timbres)], listed, frames, {})


def imitation(depth: float, hz: float = TONE["hz"], rough: float = 0.0) -> Any:
    """An arm that plays every note with other phases."""

    def play(notes: list[Note], steps: int) -> tuple[np.ndarray, np.ndarray]:
        assert steps == measure.STEPS
        made = [
            swinging(depth, hz, seed=7000 + 100 * n.timbre + n.start // ROWS, rough=rough)
            for n in notes
        ]
        return np.stack(made), np.zeros((len(notes), c.NOTE_VALUES), np.float32)

    return play


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "STEPS", 60)
    monkeypatch.setattr(judge, "DRAWS", 100)


@pytest.fixture(scope="module")
def material() -> measure.Material:
    found = library()
    return measure.Material.of(found, found.timbres, 8)


def measured(play: Any, material: measure.Material) -> dict[str, Any]:
    frames, values = measure.play(play, material)
    return measure.measure(frames, values, material)


def band_of(hz: float) -> int:
    return next(i for i, (low, high) in enumerate(modulation.BANDS) if low <= hz < high)


def test_a_swing_is_found_in_its_band_with_its_power() -> None:
    frames = swinging(**TONE, seed=0)[measure.SKIP_FRAMES :]
    density = modulation.of_frames(frames, frames)
    hz = modulation.frequencies_hz()
    low, high = modulation.BANDS[band_of(TONE["hz"])]
    inside = (hz >= low) & (hz < high)
    power = density["partials"][inside].sum() * hz[1]
    assert power == pytest.approx(0.5 * TONE["depth"] ** 2, rel=0.02)
    assert density["partials"].sum() * hz[1] == pytest.approx(power, rel=0.02)
    assert density["pitch"][inside].sum() * hz[1] == pytest.approx(0.5 * 8.0**2, rel=0.02)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that do not ask how well the classifier tells."""
    monkeypatch.setattr(judge, "STEPS", 2)


@pytest.mark.usefixtures("hurried")
def test_half_the_swing_is_three_quarters_of_the_power_lost(material: measure.Material) -> None:
    found = measured(imitation(0.5 * TONE["depth"]), material)["modulation"]["partials"]
    assert found["ratio_db"][band_of(TONE["hz"])] == pytest.approx(-6.0, abs=0.2)
    assert found["lost"] == pytest.approx(0.75, abs=0.02)
    assert found["surplus"] == pytest.approx(0.0, abs=0.01)


@pytest.mark.usefixtures("hurried")
def test_another_swing_is_lost_and_too_much_at_once(material: measure.Material) -> None:
    found = measured(imitation(TONE["depth"], hz=12.0), material)["modulation"]["partials"]
    assert found["lost"] > 0.9
    assert found["surplus"] > 0.9


def test_one_timbre_cannot_make_up_for_another() -> None:
    timbres = np.array([0, 1])
    real = np.ones((2, modulation.FRAMES // 2 + 1))
    made = np.stack([2.0 * real[0], 0.0 * real[1]])
    found = modulation.compare(made, real, timbres)
    assert found.ratio_db == pytest.approx([0.0] * len(modulation.BANDS), abs=0.01)
    assert (found.lost, found.surplus) == pytest.approx((0.5, 0.5))


def test_the_swing_of_a_sound_is_that_of_its_frames() -> None:
    at = np.arange(round((measure.SECONDS + 0.1) * 48_000)) / 48_000
    swing = 1.0 + TONE["depth"] * np.sin(2.0 * np.pi * TONE["hz"] * at)
    sound = (swing * np.sin(2.0 * np.pi * 1000.0 * at))[:, None].astype(np.float32)
    density = modulation.of_audio(sound, sound)
    power = density.sum() * modulation.frequencies_hz()[1]
    assert power == pytest.approx(0.5 * TONE["depth"] ** 2, rel=0.1)


def test_the_classifier_tells_what_differs_and_guesses_else(material: measure.Material) -> None:
    same = measured(imitation(TONE["depth"]), material)["auc"]
    flat = measured(imitation(0.0), material)["auc"]
    floor = measure.floor(material)["auc"]
    assert flat["texture"]["auc"] > 0.95
    assert flat["texture"]["low"] > 0.8
    assert same["texture"]["auc"] < 0.8
    assert floor["texture"]["auc"] < 0.8
    assert floor["texture"]["low"] <= 0.5 <= floor["texture"]["high"]


def test_the_area_is_that_of_mann_and_whitney() -> None:
    assert judge.area(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == 1.0
    assert judge.area(np.array([0.0, 2.0]), np.array([1.0, 3.0])) == 0.75
    assert judge.area(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0.5


def test_rounding_gives_nothing_away() -> None:
    crops = np.random.default_rng(0).normal(-50.0, 20.0, (2, 64, c.FRAME_VALUES)).astype("f4")
    stored = crops.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(judge.visible(crops), judge.visible(stored))


@pytest.mark.usefixtures("hurried")
def test_arms_are_trained_alike_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_data, "FRAMES", ROWS)
    data = write_data_set(tmp_path / "data")
    overrides = tmp_path / "tiny.json"
    overrides.write_text(TINY.to_json(), "utf-8")
    seen: list[list[str]] = []

    def here(arguments: list[str]) -> None:  # in this process, and in a few steps
        seen.append(arguments)
        few = ["--steps", "4", "--threads", "1", "--device", "cpu", "--samples-s", "inf"]
        assert training_train.main([*arguments, *few]) == 0

    monkeypatch.setattr(arms, "_train", here)
    monkeypatch.setattr(training_train, "write_samples", lambda *_: None)  # nobody listens
    out = tmp_path / "out"
    args = ["--run", "--data", str(data), "--out", str(out), "--config", str(overrides)]
    assert command.main([*args, "--minutes", "1", "--audio-notes", "0"]) == 0
    result = json.loads((out / "ablation.json").read_text("utf-8"))
    assert [arm["name"] for arm in result["arms"]] == list(command.DEFAULT_ARMS)
    assert {arm["steps"] for arm in result["arms"]} == {4}
    assert "--minutes" in seen[0]
    assert all(call[call.index("--steps") + 1] == "4" for call in seen[1:])
    shares = [json.loads((out / arm / "config.json").read_text())["adversarial_share"]
              for arm in command.DEFAULT_ARMS]  # fmt: skip
    assert shares[1] == 0.0 < shares[0] == shares[2]
    assert all(np.isfinite(arm["held_out_partials_db"]) for arm in result["arms"])
    assert (out / "ablation.png").stat().st_size > 10_000
    assert "no-spectral" in capsys.readouterr().out
    trained = checkpoint.read(out / "full" / "last.pt")
    written = card.card(trained, "Tiny", 1, card.Reports(ablation=result), [])
    assert f"| no-spectral | 4 | {result['arms'][2]['held_out_partials_db']:.2f} |" in written
    assert command.main([*args, "--audio-notes", "0"]) == 0
    assert len(seen) == 4  # the first arm asks whether it is done; the others are


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["full"], "NAME=FILE"),
        (["full=nothing.onnx"], "nothing.onnx"),
        (["full=nothing.pt"], "nothing.pt"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_data_set(tmp_path / "data")
    assert command.main([*arguments, "--data", str(data), "--out", str(tmp_path / "o")]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
