"""The note plan, the data set on disk, and a small real rendering."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mido")
pytest.importorskip("soundfile")
pytest.importorskip("scipy")
pytest.importorskip("tqdm")

from rtsynth.contract import CONTRACT_VERSION, FRAME_VALUES, KEY_HIGH, KEY_LOW
from training import rendering, shards
from training.data import Task, main, run_task
from training.notes import TIMBRES, NotePlan, is_held_out, plan, velocities

NOTE = shards.Note("piano", 0, 60, 70, 0, 5, -3.5, -20.0, -4.0, -100.0, 1.5, False, False)


def test_the_plan_covers_keys_and_velocities() -> None:
    notes = plan(TIMBRES[0])
    assert {note.key for note in notes} == set(range(KEY_LOW, KEY_HIGH + 1))
    assert {note.velocity for note in notes} == set(range(1, 128))
    for key in range(KEY_LOW, KEY_HIGH + 1):
        low, middle, high = velocities(key)
        assert low < 49 <= middle < 89 <= high


def test_every_sixth_pitch_is_held_out() -> None:
    held_out = [key for key in range(KEY_LOW, KEY_HIGH + 1) if is_held_out(key)]
    assert held_out == list(range(21, 109, 6))


def write(folder: Path) -> np.ndarray:
    frames = np.random.default_rng(0).uniform(-100.0, 0.0, (9, FRAME_VALUES)).astype(np.float16)
    second = shards.Note(**{**vars(NOTE), "key": 61, "start": 5, "frames": 4})
    shards.write_timbre(folder / "piano", [NOTE, second], [frames[:5], frames[5:]])
    shards.write_index(folder, "some.sf3", {"piano": 0}, {"piano": False})
    return frames


def test_data_set_round_trip(tmp_path: Path) -> None:
    frames = write(tmp_path)
    data = shards.load(tmp_path)
    (timbre,) = data.timbres
    assert data.soundfont == "some.sf3"
    assert (timbre.name, timbre.program, timbre.sustained) == ("piano", 0, False)
    assert timbre.notes[0] == NOTE
    assert isinstance(timbre.frames, np.memmap)
    assert np.array_equal(timbre.note_frames(timbre.notes[1]), frames[5:])


def test_broken_data_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(shards.DataSetError, match=r"python -m training\.data"):
        shards.load(tmp_path)
    frames = write(tmp_path)
    np.save(tmp_path / "piano" / "frames.npy", frames[:7])
    with pytest.raises(shards.DataSetError, match="cut short"):
        shards.load(tmp_path)
    index = json.loads((tmp_path / "dataset.json").read_text())
    index["contract_version"] = CONTRACT_VERSION + 1
    (tmp_path / "dataset.json").write_text(json.dumps(index))
    with pytest.raises(shards.DataSetError, match="contract version"):
        shards.load(tmp_path)


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="no soundfont at"):
        main(["--out", str(tmp_path), "--soundfont", str(tmp_path / "none.sf3")])
    monkeypatch.setattr(rendering.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match="apt install fluidsynth"):
        main(["--out", str(tmp_path)])
    monkeypatch.setattr(rendering, "SOUNDFONT_FOLDERS", (tmp_path,))
    with pytest.raises(rendering.RenderError, match="musescore-general-soundfont"):
        rendering.find_soundfont()


def test_two_real_notes() -> None:
    try:
        rendering.find_fluidsynth()
        soundfont = rendering.find_soundfont()
    except rendering.RenderError as error:
        pytest.skip(str(error))
    notes = [NotePlan(57, 100, 1.0), NotePlan(72, 60, 1.0)]
    low, high = run_task(Task(soundfont, TIMBRES[0], notes))
    assert (low.note.held_out, high.note.held_out) == (True, False)
    for one in (low, high):
        assert one.frames.shape == (one.note.frames, FRAME_VALUES)
        assert one.frames.dtype == np.float16
        assert 150 < one.note.frames < 190
        assert -40.0 < one.note.gain_db < 0.0
        assert -4.5 < one.note.inharmonicity_log10 < -2.5
        assert abs(one.note.cents) < 10.0
        assert one.frames[:, 0].max() > -12.0
        assert np.argmax(one.frames[:, 0]) < 40
