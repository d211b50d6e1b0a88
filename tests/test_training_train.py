"""A run learns, can be killed, and goes on where it stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from rtsynth import contract as c  # noqa: E402
from tests.training_data import FRAMES, NAMES, TINY, write_data_set  # noqa: E402
from training import engine, samples, train  # noqa: E402
from training.crops import Crops, Library  # noqa: E402
from training.trainer import Trainer  # noqa: E402
from training.validation import held_out_error, torch_player  # noqa: E402

torch.set_num_threads(1)
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def library(data: Path) -> Library:
    return Library.open(data)


def test_held_out_pitches_are_never_drawn(library: Library) -> None:
    crops = Crops(library, TINY, torch.device("cpu"))
    assert any(note.held_out for note in library.notes)
    drawn = [note for notes in crops.by_timbre for note in notes]
    assert drawn
    assert not any(int(note.key) % 6 == 3 for note in drawn)


def test_batches_have_the_shapes_of_the_model(library: Library) -> None:
    batch = Crops(library, TINY, torch.device("cpu")).batch(0, 0.5)
    assert batch.frames.shape == (TINY.batch, TINY.crop_frames, c.FRAME_VALUES)
    assert batch.other_frames.shape == (TINY.batch // 2, 80, c.FRAME_VALUES)
    assert batch.note.shape == (TINY.batch, c.NOTE_VALUES)
    assert sorted(batch.timbre.tolist()) == [0] * 4 + [1] * 4


def test_a_recording_goes_on_with_its_tail(library: Library) -> None:
    note = next(n for n in library.notes if n.timbre == 0)
    frames = library.excerpt(note, FRAMES - 10, 40)
    assert frames.shape == (40, c.FRAME_VALUES)
    falling = np.diff(frames[14:, 0])
    np.testing.assert_allclose(falling, -20.0 * c.HOP_S, atol=1e-3)


def test_training_lowers_the_error(library: Library) -> None:
    trainer = Trainer(TINY, library, engine.alone())
    first = [trainer.step(0.01 * i)["partials"] for i in range(20)]
    later = [trainer.step(0.2 + 0.02 * i)["partials"] for i in range(40)]
    assert np.mean(later[-5:]) < 0.8 * np.mean(first[:5])
    assert trainer.frozen
    play = torch_player(trainer.average, trainer.latents)
    errors = held_out_error(library, play, 2, 4)
    assert set(errors) == {*NAMES, "all"}


def test_a_saved_run_goes_on_exactly(library: Library, tmp_path: Path) -> None:
    ours = Trainer(TINY, library, engine.alone())
    for _ in range(3):
        ours.step(0.3)
    ours.save(tmp_path / "last.pt")
    theirs = Trainer(TINY, library, engine.alone())
    theirs.load(tmp_path / "last.pt")
    expected = [ours.step(0.4) for _ in range(2)]
    assert [theirs.step(0.4) for _ in range(2)] == expected


def test_killed_and_resumed(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(TINY.to_json(), "utf-8")
    out = tmp_path / "run"
    command = [sys.executable, "-m", "training.train", "--data", str(data), "--out", str(out)]
    command += ["--threads", "1", "--config", str(config), "--samples-s", "1e9"]
    process = subprocess.Popen(
        [*command, "--steps", "100000", "--report-s", "0"],
        cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    log = out / "log.jsonl"
    until = time.monotonic() + 60.0
    while time.monotonic() < until and not (log.exists() and '"train"' in log.read_text("utf-8")):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    done = torch.load(out / "last.pt", weights_only=True)["steps"]
    assert done > 0
    assert train.main([*command[3:], "--steps", str(done + 5), "--resume"]) == 0
    assert torch.load(out / "last.pt", weights_only=True)["steps"] == done + 5
    kinds = [json.loads(line)["kind"] for line in log.read_text("utf-8").splitlines()]
    assert kinds[-1] == "validation"


def test_samples_can_be_heard_and_seen(library: Library, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    trainer = Trainer(TINY, library, engine.alone())
    samples.write(library, torch_player(trainer.average, trainer.latents), tmp_path, "x")
    assert (tmp_path / "x.wav").stat().st_size > 100_000
    assert (tmp_path / "x.png").stat().st_size > 1_000
