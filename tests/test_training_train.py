"""A run learns, can be killed, and goes on where it stopped."""

import dataclasses
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
from training.config import Config  # noqa: E402
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


@pytest.fixture(scope="module")
def command(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of a tiny run, without its folder and length."""
    config = tmp_path_factory.mktemp("config") / "config.json"
    config.write_text(TINY.to_json(), "utf-8")
    quiet = ["--samples-s", "1e9", "--validate-s", "1e9", "--threads", "1", "--device", "cpu"]
    module = [sys.executable, "-m", "training.train"]
    return [*module, "--data", str(data), "--config", str(config), *quiet]


def wait_for_step(process: subprocess.Popen[bytes], log: Path, step: int) -> None:
    until = time.monotonic() + 120.0
    while time.monotonic() < until and process.poll() is None:
        rows = log.read_text("utf-8").splitlines() if log.exists() else []
        if rows and json.loads(rows[-1])["step"] >= step:
            return
        time.sleep(0.02)
    raise AssertionError(f"the run never came to step {step}")


def test_asked_to_end_and_resumed(command: list[str], tmp_path: Path) -> None:
    out, log = tmp_path / "run", tmp_path / "run" / "log.jsonl"
    endless = [*command, "--out", str(out), "--steps", "100000", "--report-s", "0"]
    process = subprocess.Popen(endless, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
    wait_for_step(process, log, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    done = torch.load(out / "last.pt", weights_only=True)["steps"]
    assert done > 0
    more = [*command[3:], "--out", str(out), "--steps", str(done + 5), "--resume"]
    assert train.main(more) == 0
    assert torch.load(out / "last.pt", weights_only=True)["steps"] == done + 5
    kinds = [json.loads(line)["kind"] for line in log.read_text("utf-8").splitlines()]
    assert kinds[-1] == "validation"


def test_killed_at_any_step_it_ends_as_if_it_had_not_been(
    command: list[str], tmp_path: Path
) -> None:
    steps = 14
    length = ["--steps", str(steps), "--report-s", "0", "--save-s", "0"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(
        [*command, "--out", str(killed), *length],
        cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_step(process, killed / "log.jsonl", int(np.random.default_rng().integers(2, 9)))
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    assert torch.load(killed / "last.pt", weights_only=True)["steps"] < steps
    assert train.main([*command[3:], "--out", str(killed), *length, "--resume"]) == 0
    assert train.main([*command[3:], "--out", str(whole), *length]) == 0
    ends = [torch.load(run / "last.pt", weights_only=True) for run in (killed, whole)]
    parts = ("generator", "average", "encoder", "discriminator", "optimizer", "latents")
    theirs, ours = ({name: end[name] for name in parts} for end in ends)
    torch.testing.assert_close(theirs, ours, rtol=0.0, atol=0.0)  # to the last bit


def test_samples_can_be_heard_and_seen(library: Library, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    trainer = Trainer(TINY, library, engine.alone())
    samples.write(library, torch_player(trainer.average, trainer.latents), tmp_path, "x")
    assert (tmp_path / "x.wav").stat().st_size > 100_000
    assert (tmp_path / "x.png").stat().st_size > 1_000


def test_a_run_forks_before_the_adversary_begins(command: list[str], tmp_path: Path) -> None:
    steps = ["--steps", "10", "--report-s", "0"]
    whole, fork, without = tmp_path / "whole", tmp_path / "fork", tmp_path / "without.json"
    without.write_text('{"adversarial_share": 0.0}', "utf-8")
    assert train.main([*command[3:], "--out", str(whole), *steps]) == 0
    before = whole / train.BEFORE_ADVERSARY
    begun = torch.load(before, weights_only=True)
    assert 0 < begun["steps"] < 10
    assert not begun["judge_optimizer"]["state"]
    other = [*command[3:], "--out", str(fork), *steps, "--fork", str(before)]
    other[other.index("--config") + 1] = str(without)
    assert train.main(other) == 0
    ends = [torch.load(run / "last.pt", weights_only=True) for run in (whole, fork)]
    assert [end["steps"] for end in ends] == [10, 10]
    assert Config.from_json(ends[1]["config"]) == dataclasses.replace(TINY, adversarial_share=0.0)
    assert ends[0]["judge_optimizer"]["state"]
    assert not ends[1]["judge_optimizer"]["state"]
