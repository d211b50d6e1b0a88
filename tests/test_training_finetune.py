"""A new timbre is learnt on few notes, and the old ones stay."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from export import checkpoint, read_back  # noqa: E402
from rtsynth import instrument  # noqa: E402
from tests.training_data import TINY, export_quickly, export_tiny, write_data_set  # noqa: E402
from training import finetune  # noqa: E402
from training.crops import Library  # noqa: E402
from training.replay import Replay  # noqa: E402

torch.set_num_threads(1)


def one_timbre(folder: Path, name: str) -> Path:
    """A data set of one timbre, the decaying one, under another name."""
    write_data_set(folder)
    (folder / "piano").rename(folder / name)
    notes = json.loads((folder / name / "notes.json").read_text("utf-8"))
    for note in notes:
        note["timbre"] = name
    (folder / name / "notes.json").write_text(json.dumps(notes), "utf-8")
    index = json.loads((folder / "dataset.json").read_text("utf-8"))
    index["timbres"] = [name]
    for field in ("sustained", "programs", "ranges"):
        index[field] = {name: index[field]["piano"]}
    (folder / "dataset.json").write_text(json.dumps(index), "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finetune")
    export_tiny(folder, 3)
    one_timbre(folder / "harp", "harp")
    return folder


def test_the_run_makes_a_checkpoint_with_old_and_new_timbres(folder: Path) -> None:
    args = [str(folder / "tiny.onnx"), "--data", str(folder / "harp")]
    args += ["--out", str(folder / "run"), "--steps", "6", "--threads", "1"]
    assert finetune.main(args) == 0
    old, new = checkpoint.read(folder / "last.pt"), checkpoint.read(folder / "run" / "last.pt")
    assert new.timbres == ["piano", "organ", "harp"]
    assert new.latents[:2] == [pytest.approx(latent, abs=1e-5) for latent in old.latents]
    export_quickly(folder / "run" / "last.pt", folder / "new.onnx", "New")
    timbres = instrument.load(folder / "new.onnx").metadata.timbres
    assert [t.name for t in timbres] == ["piano", "organ", "harp"]
    assert [t.sustained for t in timbres] == [False, True, False]


def test_the_error_falls_and_replay_holds_the_old_timbres(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetune, "LEARNING_RATE", 3e-3)
    teacher = read_back.read(folder / "tiny.onnx")
    library = Library.open(folder / "harp")
    drifts, errors = [], []
    for weight in (0.0, 1.0):
        monkeypatch.setattr(finetune, "REPLAY_WEIGHT", weight)
        tuner = finetune.FineTuner(teacher, library, TINY)
        before = tuner.held_out_error()["harp"]
        for step in range(40):
            tuner.step(step / 40)
        errors.append(tuner.held_out_error()["harp"] / before)
        drifts.append(tuner.replay.drift_db(tuner.average))
    assert max(errors) < 0.8
    assert drifts[1] < 0.7 * drifts[0]


def test_a_teacher_does_not_drift_from_itself(folder: Path) -> None:
    teacher = read_back.read(folder / "tiny.onnx")
    replay = Replay(teacher, TINY)
    assert replay.drift_db(teacher.generator) == 0.0
    inputs = replay.draw(0, 8, 64)
    assert float(replay.loss(teacher.generator, inputs)) == pytest.approx(0.0, abs=1e-5)


def test_a_name_that_is_taken_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = [str(folder / "tiny.onnx"), "--data", str(folder / "data"), "--out", str(folder / "x")]
    assert finetune.main(args) == 1
    assert "has a timbre organ: give another name" in capsys.readouterr().err


def test_a_missing_data_set_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = [str(folder / "tiny.onnx"), "--data", str(folder / "no"), "--out", str(folder / "x")]
    assert finetune.main(args) == 1
    assert capsys.readouterr().err.count("\n") == 1
