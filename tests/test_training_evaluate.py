"""The evaluation as a whole: on rendered notes where FluidSynth is, and on frames everywhere."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("librosa")

from rtsynth.codec.analysis import analyse, release_db_per_s
from rtsynth.contract import velocity_gain_db
from tests.conftest import save_model, tiny_metadata
from tests.training_data import write_data_set
from training import evaluate, shards
from training.evaluation import catalogue, recordings, report, whole
from training.evaluation.frames import FrameErrors
from training.evaluation.playing import Voice
from training.evaluation.scoring import NoteScore, TimbreScore
from training.notes import NotePlan, is_held_out_key, is_held_out_velocity
from training.rendering import RenderError, find_fluidsynth, find_soundfont

NAME = "vibraphone"
SMALL = recordings.Effort(
    held_out_keys=18, held_out_velocities=6, seconds=0.4, ladder_keys=1, sweep_every=9,
    frame_notes=3, morphs=1, morph_steps=2,
)  # fmt: skip


def instrument(folder: Path, *names: str) -> Path:
    """A tiny instrument with timbres of these names."""
    timbres = [{**tiny_metadata()["timbres"][0], "name": name, "low": 53, "high": 89}
               for name in names]  # fmt: skip
    return save_model(folder / "tiny.onnx", tiny_metadata(timbres=timbres))


def rendered_data_set(folder: Path) -> Path:
    """Real notes of one timbre, half a second each: a dozen keys at three velocities."""
    spec = recordings.spec_of(NAME)
    assert spec is not None
    plans = [NotePlan(key, v, 0.9) for key in range(54, 90, 3) for v in (40, 78, 110)]
    audios = recordings.render_held(spec, [plans])[0]
    notes: list[shards.Note] = []
    frames: list[Any] = []
    for plan, audio in zip(plans, audios, strict=True):
        assert audio is not None
        found = analyse(audio, plan.key, False, 0.0, spec.kind)
        notes.append(
            shards.Note(
                timbre=NAME, program=spec.program, key=plan.key, velocity=plan.velocity,
                start=sum(len(f) for f in frames), frames=len(found.frames),
                inharmonicity_log10=math.log10(found.pitch.inharmonicity),
                gain_db=found.reference_db - velocity_gain_db(plan.velocity),
                tail_db_per_s=found.tail_db_per_s, release_db_per_s=release_db_per_s(audio),
                width=found.width, detune_cents=list(map(float, found.pitch.detune_cents)),
                cents=found.pitch.cents,
                held_out=is_held_out_key(plan.key) or is_held_out_velocity(plan.velocity),
                held_out_velocity=is_held_out_velocity(plan.velocity),
                sustained=False, pitched=True,
            )
        )  # fmt: skip
        frames.append(found.frames.astype(np.float16))
    shards.write_timbre(folder / NAME, notes, frames)
    files = find_soundfont(spec.soundfont).name
    shards.write_index(folder, files, {NAME: spec.program}, {NAME: False}, {NAME: (53, 89)})
    return folder


def test_everything_is_measured_on_rendered_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = recordings.spec_of(NAME)
    assert spec is not None
    try:
        find_fluidsynth()
        find_soundfont(spec.soundfont)
    except RenderError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(whole, "QUICK", SMALL)
    monkeypatch.setattr(whole, "QUICK_STEPS", 3)
    data = rendered_data_set(tmp_path / "data")
    path = instrument(tmp_path, NAME)
    scores, pictures = tmp_path / "out" / "scores.json", tmp_path / "pictures"
    told = [str(path), "--data", str(data), "--json", str(scores), "--plots", str(pictures)]
    told += ["--quick", "--processes", "1", "--without-adversary", str(path)]
    assert evaluate.main(told) == 0
    shown = capsys.readouterr().out
    assert "log-spectral distance" in shown
    result = json.loads(scores.read_text("utf-8"))
    new = result["tables"]["held-out pitches"]
    assert new["lsd"]["real"] < new["lsd"]["network"]
    assert new["lsd"]["codec"] < new["lsd"]["network"]
    assert new["loudness"]["codec"] < 1.0
    assert new["pitch"]["codec"] < 2.0
    as_set = result["tables"]["all notes as a set"]
    assert set(as_set["ndb"]) == {"real", "codec", "network", "without adversary", "sampler"}
    assert result["classifier"]["tested"] == 24
    assert result["tables"]["velocity and morphs"]["louder"]["sampler"] == 100.0
    assert {path.name for path in pictures.iterdir()} == {
        "errors.png", "spectrograms.png", "map.png",
    }  # fmt: skip
    kept = list((data / "evaluation").glob("classifier-*.pt"))
    assert len(kept) == 1


def test_frames_alone_need_no_soundfont(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(whole, "FULL", SMALL)
    data = write_data_set(tmp_path / "data")
    scores = tmp_path / "scores.json"
    told = [str(instrument(tmp_path, "piano", "organ")), "--data", str(data), "--json", str(scores)]
    assert evaluate.main([*told, "--processes", "1"]) == 0
    assert "no recordings to compare with: piano, organ" in capsys.readouterr().out
    result = json.loads(scores.read_text("utf-8"))
    assert [row["timbre"] for row in result["rows"]] == ["piano", "organ", "all"]
    assert all(math.isfinite(row[name]) for row in result["rows"] for name in result["columns"])
    assert result["tuning"]["worst"] < 1.0
    assert "held-out pitches" not in result["tables"]


@pytest.mark.parametrize(("names", "why"), [(("kazoo",), "none of the data set's timbres"),
                                            (("piano",), "lacks timbres")])  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_line(
    names: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_data_set(tmp_path / "data")
    (tmp_path / "other").mkdir()
    other = instrument(tmp_path / "other", "organ")
    told = [str(instrument(tmp_path, *names)), "--data", str(data)]
    assert evaluate.main([*told, "--without-adversary", str(other)]) == 1
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert evaluate.main([str(tmp_path / "nothing.onnx"), "--data", str(data)]) == 1


def note(new_pitch: bool, network: float, rival: float) -> NoteScore:
    distances = {
        name: dict.fromkeys((m.name for m in catalogue.PAIRED), value)
        for name, value in (("real", 0.0), ("codec", 1.0), ("network", network), ("sampler", rival))
    }
    return NoteScore(60, 90, new_pitch, distances)


def test_means_and_medians_of_the_notes() -> None:
    notes = [note(True, value, 5.0) for value in (1.0, 2.0, 6.0)]
    values = report.paired(notes)
    assert values["lsd"]["network"] == pytest.approx(3.0)  # a mean
    assert values["attack"]["network"] == pytest.approx(2.0)  # a median
    nothing = replace(notes[0], distances={"network": {**notes[0].distances["network"],
                                                      "decay": math.nan}})  # fmt: skip
    assert math.isnan(report.paired([nothing])["decay"]["network"])


def test_targets_say_whether_they_are_reached() -> None:
    tables = {"held-out pitches": report.paired([note(True, 1.5, 5.0)])}
    beyond = catalogue.of_notes(tables, "network", "codec")[-1]
    assert beyond.reached
    assert beyond.value == "0.50 dB"
    assert catalogue.against(tables, "network", "sampler").reached
    tables["held-out pitches"]["attack"]["network"] = 9.0
    lost = catalogue.against(tables, "network", "sampler")
    assert not lost.reached
    assert "attack time error, held-out pitches" in lost.value
    assert not catalogue.at_most("x", math.nan, 1.0, "dB").reached
    real = {"pitch_accuracy": {"real": 98.0, "network": 98.0},
            "inception": {"real": 50.0, "network": 40.0},
            "ndb": {"real": 0.04, "network": 0.08}}  # fmt: skip
    assert [t.reached for t in catalogue.of_sets(real, "network", "real")] == [True, False, True]


def test_the_worst_key_is_named() -> None:
    none = FrameErrors.joined([])
    timbres = [
        TimbreScore("organ", none, none, sweep={40: -0.1, 50: 0.2}),
        TimbreScore("bell", none, none, sweep={60: -3.0, 61: math.nan}),
    ]
    found = report.sweep_figures(timbres)
    assert found["worst"] == 3.0
    assert found["where"] == "bell, key 60"
    assert found["not_heard"] == 1
    assert found["median"] == pytest.approx(0.2)


def test_what_is_not_a_number_is_null_in_the_file() -> None:
    assert report.plain({"a": [math.nan, np.float64(1.5)], "b": (True, "x")}) == {
        "a": [None, 1.5], "b": [True, "x"],
    }  # fmt: skip


def test_only_held_out_notes_are_scored() -> None:
    about = {"timbre": "x", "program": 0, "start": 0, "frames": 9, "inharmonicity_log10": -8.0,
             "gain_db": 0.0, "tail_db_per_s": 0.0, "release_db_per_s": -9.0, "width": 0.0,
             "detune_cents": [0.0] * 32, "cents": 0.0, "sustained": True}  # fmt: skip
    notes = [
        shards.Note(**about, key=key, velocity=velocity, pitched=True,
                    held_out=is_held_out_key(key) or is_held_out_velocity(velocity),
                    held_out_velocity=is_held_out_velocity(velocity))
        for key in range(40, 80) for velocity in (50, 78)
    ]  # fmt: skip
    timbre = shards.Timbre("x", 0, True, 40, 79, notes, np.zeros((9, 161), np.float16))
    voice = Voice("x", [], 45, 70, True)
    chosen = recordings.choose(timbre, voice, recordings.FULL)
    assert len(chosen) == recordings.FULL.held_out_keys + recordings.FULL.held_out_velocities
    assert all(n.held_out and 45 <= n.key <= 70 for n in chosen)
    assert sum(is_held_out_key(n.key) for n in chosen) == recordings.FULL.held_out_keys
    assert len({(p.key, p.velocity) for p in recordings.lesson_plans(voice)}) == 26
