"""The note plan, the data set on disk, and a small real rendering."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mido")
pytest.importorskip("soundfile")
pytest.importorskip("scipy")
pytest.importorskip("tqdm")

from rtsynth.contract import (
    CONTRACT_VERSION,
    DETUNED_PARTIALS,
    FRAME_PITCH,
    FRAME_VALUES,
    KEY_HIGH,
    KEY_LOW,
)
from training import data, rendering, shards
from training.bank import FLUID, TIMBRES
from training.data import Task, main, run_task
from training.notes import (
    HELD_OUT_VELOCITIES,
    MARGIN_KEYS,
    NotePlan,
    TimbreSpec,
    is_held_out_key,
    is_held_out_velocity,
    plan,
)
from training.rendering import Preset

NOTE = shards.Note(
    timbre="piano",
    program=0,
    key=60,
    velocity=70,
    start=0,
    frames=5,
    inharmonicity_log10=-3.5,
    gain_db=-20.0,
    tail_db_per_s=-4.0,
    release_db_per_s=-100.0,
    width=0.25,
    detune_cents=[0.0, 3.5] + [0.0] * (DETUNED_PARTIALS - 2),
    cents=1.5,
    held_out=False,
    held_out_velocity=False,
    sustained=False,
    pitched=True,
)


@pytest.mark.parametrize("spec", TIMBRES, ids=lambda spec: spec.name)
def test_the_plan_covers_keys_and_velocities(spec: TimbreSpec) -> None:
    notes = plan(spec)
    low, high = max(KEY_LOW, spec.low - MARGIN_KEYS), min(KEY_HIGH, spec.high + MARGIN_KEYS)
    assert {note.key for note in notes} == set(range(low, high + 1))
    velocities = sorted(note.velocity for note in notes)
    assert velocities[0] <= 3
    assert velocities[-1] == 127
    assert max(np.diff(velocities)) <= 4
    loud = [note.key for note in notes if note.velocity > 84]
    assert max(np.diff(loud)) <= 5  # nor do velocities gather on some keys


def test_what_is_held_out() -> None:
    held_out = [key for key in range(KEY_LOW, KEY_HIGH + 1) if is_held_out_key(key)]
    assert held_out == list(range(21, 109, 6))
    assert [v for v in range(1, 128) if is_held_out_velocity(v)] == list(HELD_OUT_VELOCITIES)
    for spec in TIMBRES:  # there is enough to measure on, and most is trained on
        notes = plan(spec)
        share = [np.mean([is_held_out_key(note.key) for note in notes])]
        share.append(np.mean([is_held_out_velocity(note.velocity) for note in notes]))
        assert 0.08 < share[0] < 0.25
        assert 0.05 < share[1] < 0.15


def test_the_bank_is_complete() -> None:
    names = [spec.name for spec in TIMBRES]
    assert len(set(names)) == len(names) >= 32
    assert {"piano", "guitar", "strings", "trumpet", "flute", "marimba", "organ", "choir"} <= set(
        names
    )
    families = {spec.program // 8 for spec in TIMBRES}
    assert families >= set(range(12))  # pianos to pads
    assert 3000 < sum(len(plan(spec)) for spec in TIMBRES) <= 4000
    assert all(KEY_LOW <= spec.low < spec.high <= KEY_HIGH for spec in TIMBRES)


def write(folder: Path) -> np.ndarray:
    frames = np.random.default_rng(0).uniform(-100.0, 0.0, (9, FRAME_VALUES)).astype(np.float16)
    second = shards.Note(**{**vars(NOTE), "key": 61, "start": 5, "frames": 4})
    shards.write_timbre(folder / "piano", [NOTE, second], [frames[:5], frames[5:]])
    shards.write_index(folder, "some.sf3", {"piano": 0}, {"piano": False}, {"piano": (30, 90)})
    return frames


def test_data_set_round_trip(tmp_path: Path) -> None:
    frames = write(tmp_path)
    loaded = shards.load(tmp_path)
    (timbre,) = loaded.timbres
    assert loaded.soundfont == "some.sf3"
    assert (timbre.name, timbre.program, timbre.sustained) == ("piano", 0, False)
    assert (timbre.low, timbre.high) == (30, 90)
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
    for spec in (TIMBRES[0], TIMBRES[1]):
        with pytest.raises(rendering.RenderError, match=f"apt install {spec.soundfont.package}"):
            rendering.find_soundfont(spec.soundfont)


def timbre(name: str) -> TimbreSpec:
    return next(spec for spec in TIMBRES if spec.name == name)


def preset(spec: TimbreSpec) -> Preset:
    try:
        rendering.find_fluidsynth()
        soundfont = rendering.find_soundfont(spec.soundfont)
    except rendering.RenderError as error:
        pytest.skip(str(error))
    return Preset(soundfont, spec.program, spec.transpose, spec.soundfont.gain_db)


def test_two_real_notes() -> None:
    piano = timbre("piano")
    notes = [NotePlan(57, 100, 1.0), NotePlan(72, 60, 1.0)]
    done = run_task(Task(piano, preset(piano), notes))
    assert done.failures == []
    low, high = done.found
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
        assert np.abs(one.frames[:, FRAME_PITCH]).max() < 10.0


def test_an_organ_sounds_its_pitch_and_a_bell_its_own() -> None:
    organ, bells = timbre("organ"), timbre("bells")
    (held,) = run_task(Task(organ, preset(organ), [NotePlan(60, 76, 0.6)])).found
    assert held.note.held_out
    assert held.note.held_out_velocity
    assert abs(held.note.cents) < 5.0
    assert held.frames[60, 0] > -15.0  # its lowest stop is the pitch
    (struck,) = run_task(Task(bells, preset(bells), [NotePlan(64, 100, 1.0)])).found
    assert abs(struck.note.detune_cents[1]) > 10.0
    assert not struck.note.held_out


def test_silent_notes_are_named_and_the_others_go_on() -> None:
    spec = TimbreSpec("clap", FLUID, 58, 40, 100, sustained=True)  # no tuba sounds above 83
    done = run_task(Task(spec, preset(spec), [NotePlan(50, 90, 0.3), NotePlan(90, 90, 0.3)]))
    assert [one.note.key for one in done.found] == [50]
    assert done.failures == ["clap, key 90, velocity 90: the note does not sound"]


def test_a_run_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("xylophone", "tuba"):
        preset(timbre(name))  # or skip
    short = [NotePlan(65, 90, 0.2), NotePlan(66, 70, 0.2)]
    monkeypatch.setattr(data, "plan", lambda _: short)
    arguments = ["--out", str(tmp_path), "--timbres", "xylophone", "--processes", "1"]
    main(arguments)
    before = (tmp_path / "xylophone" / "frames.npy").stat().st_mtime_ns
    main([*arguments[:4], "tuba", *arguments[4:]])
    assert (tmp_path / "xylophone" / "frames.npy").stat().st_mtime_ns == before
    assert "1 of 2 timbres are already there" in capsys.readouterr().out
    loaded = shards.load(tmp_path)
    assert [(t.name, len(t.notes)) for t in loaded.timbres] == [("xylophone", 2), ("tuba", 2)]
    assert loaded.soundfont == "FluidR3_GM.sf2"
