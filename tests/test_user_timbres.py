"""The user's timbres are kept, found, refused and deleted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument, user_timbres
from rtsynth.errors import RtsynthError
from rtsynth.metadata import CORRECTION_FRAMES, Metadata, Timbre
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job
from rtsynth.timbres import choose


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(user_timbres, "folder", lambda: tmp_path / "timbres")
    return tmp_path / "timbres"


@pytest.fixture(scope="module")
def metadata(tiny: Path) -> Metadata:
    return instrument.load(tiny, accelerate=False).metadata


def timbre(name: str = "mine", correction: bool = True) -> Timbre:
    latent = np.linspace(-1.0, 1.0, contract.LATENT_SIZE, dtype=np.float32)
    added = np.linspace(-9.0, 9.0, contract.FRAME_LEVELS) + np.arange(10)[:, None]
    return Timbre(name, latent, 40, 80, (), True, added.astype(np.float32) if correction else None)


@pytest.mark.parametrize("correction", [True, False])
def test_what_is_saved_is_found(metadata: Metadata, correction: bool) -> None:
    saved = timbre(correction=correction)
    user_timbres.save(saved, metadata, "a.wav, key 60")
    (found,) = user_timbres.load_all(metadata)
    assert (found.name, found.low, found.high, found.sustained) == ("mine", 40, 80, True)
    np.testing.assert_allclose(found.latent, saved.latent, atol=1e-5)
    assert (found.correction is not None) == correction
    if saved.correction is not None:
        np.testing.assert_allclose(found.correction, saved.correction, atol=0.06)


def test_there_is_none_at_first(metadata: Metadata, folder: Path) -> None:
    assert user_timbres.load_all(metadata) == ()
    assert not folder.exists()


def test_a_timbre_belongs_to_one_network(metadata: Metadata, bundled: Path) -> None:
    user_timbres.save(timbre(), metadata, "a.wav")
    other = instrument.load(bundled, accelerate=False).metadata
    assert user_timbres.load_all(other) == ()
    (found,) = user_timbres.read_all()
    assert found.instrument == "tiny 0"


def test_it_is_chosen_by_name_and_in_morphs(metadata: Metadata) -> None:
    user_timbres.save(timbre(), metadata, "a.wav")
    own = user_timbres.load_all(metadata)
    known, slot = choose(metadata, "mine", own)
    assert known.timbres[slot].name == "mine"
    known, slot = choose(metadata, "mine:0.5+organ:0.5", own)
    correction = known.timbres[slot].correction
    assert correction is not None
    np.testing.assert_allclose(correction, 0.5 * own[0].correction, atol=1e-5)


def test_takes_are_corrected(tiny: Path) -> None:
    loaded, jobs = instrument.load(tiny, accelerate=False), [Job(0, 60, 5, 0)]
    levels, floor = contract.FRAME_LEVELS, contract.FLOOR_DB
    plain = TakeMaker(loaded, 0, {0: timbre(correction=False)}).make(jobs)[0]
    softer = replace(timbre(), correction=np.full((10, levels), -30.0, np.float32))
    softer_frames = TakeMaker(loaded, 0, {0: softer}).make(jobs)[0]
    expected = np.maximum(plain[..., :levels] - 30.0, floor)
    np.testing.assert_allclose(softer_frames[..., :levels], expected, atol=1e-4)
    np.testing.assert_array_equal(softer_frames[..., levels:], plain[..., levels:])


def test_a_correction_changes_with_time(tiny: Path) -> None:
    loaded, levels = instrument.load(tiny, accelerate=False), contract.FRAME_LEVELS
    told = np.zeros((len(CORRECTION_FRAMES), levels), np.float32)
    told[:, 0] = np.arange(len(CORRECTION_FRAMES))
    moving = replace(timbre(), correction=told)
    still = TakeMaker(loaded, 0, {0: timbre(correction=False)})
    maker = TakeMaker(loaded, 0, {0: moving})
    plain = still.make([Job(0, 60, 5, 0, 32)])[0][0, :, 0]
    whole = maker.make([Job(0, 60, 5, 0, 32)])[0][0, :, 0]
    pages = [maker.make([Job(0, 60, 5, page)])[0][0, :, 0] for page in range(32)]
    np.testing.assert_allclose(np.concatenate(pages), whole, atol=1e-4)
    added = whole - plain
    assert np.all(np.diff(added) > -1e-4)
    for place, frame in enumerate(CORRECTION_FRAMES):
        if frame == int(frame):
            assert added[int(frame)] == pytest.approx(place, abs=1e-3)
    assert added[-1] == pytest.approx(len(CORRECTION_FRAMES) - 1, abs=1e-3)


def test_what_is_silent_stays_so(bundled: Path) -> None:
    loaded = instrument.load(bundled, accelerate=False)
    louder = np.full((10, contract.FRAME_LEVELS), 30.0, np.float32)
    mine = replace(loaded.metadata.timbres[0], correction=louder)
    plain, made = (
        TakeMaker(loaded, 0, held).make([Job(0, 100, 5, 0)])[0] for held in (None, {0: mine})
    )
    silent = plain[..., : contract.PARTIALS] <= contract.FLOOR_DB
    assert silent.any()
    assert np.all(made[..., : contract.PARTIALS][silent] == contract.FLOOR_DB)


@pytest.mark.parametrize("name", ["", "2nd", "a b", "a+b", "a:1", "../x", "x" * 41, "random", "-"])
def test_names_that_cannot_be_typed_are_refused(metadata: Metadata, name: str) -> None:
    with pytest.raises(RtsynthError, match="is no name for a timbre"):
        user_timbres.check_name(name, metadata)


def test_names_that_are_taken_are_refused(metadata: Metadata) -> None:
    user_timbres.save(timbre(), metadata, "a.wav")
    for name, message in (("ORGAN", "has a timbre named organ"), ("Mine", "or --force")):
        with pytest.raises(RtsynthError, match=message):
            user_timbres.check_name(name, metadata)
    user_timbres.check_name("Mine", metadata, replace=True)
    with pytest.raises(RtsynthError, match="organ"):
        user_timbres.check_name("organ", metadata, replace=True)


def test_a_replaced_timbre_leaves_one_file(metadata: Metadata, folder: Path) -> None:
    user_timbres.save(timbre(), metadata, "a.wav")
    user_timbres.save(timbre("Mine"), metadata, "b.wav")
    assert [path.name for path in folder.iterdir()] == ["Mine.json"]


def test_a_deleted_timbre_is_gone(metadata: Metadata) -> None:
    user_timbres.save(timbre(), metadata, "a.wav")
    with pytest.raises(RtsynthError, match=r"named 'other' \(there are: mine\)"):
        user_timbres.remove("other")
    user_timbres.remove("MINE")
    assert user_timbres.read_all() == []


def test_broken_files_are_told_and_passed_over(metadata: Metadata, folder: Path) -> None:
    path = user_timbres.save(timbre(), metadata, "a.wav")
    data = json.loads(path.read_text(encoding="utf-8"))
    (folder / "cut.json").write_text('{"format": 1, "na', encoding="utf-8")
    (folder / "list.json").write_text("[]", encoding="utf-8")
    changes = {"short": {"latent": [1.0]}, "nan": {"latent": [float("nan")] * 16},
               "range": {"low": 90}, "new": {"format": 2}, "bool": {"latent": None}}  # fmt: skip
    for name, change in changes.items():
        text = json.dumps({**data, "name": name, **change})
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    told: list[str] = []
    assert [each.name for each in user_timbres.load_all(metadata, told.append)] == ["mine"]
    assert len(told) == 7
    assert all("\n" not in line and str(folder) in line for line in told)


def test_a_folder_that_cannot_be_written_is_told(metadata: Metadata, folder: Path) -> None:
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(RtsynthError, match="cannot write"):
        user_timbres.save(timbre(), metadata, "a.wav")
