"""One recorded note becomes a timbre that sounds like it; what is no note is refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtsynth import clone, contract, instrument, user_timbres
from rtsynth.codec.resynthesis import Played, resynthesise
from rtsynth.errors import RtsynthError
from rtsynth.instrument import Instrument
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job
from tests.conftest import run_cli

RATE = 48_000
KEY = 57


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(user_timbres, "folder", lambda: tmp_path / "timbres")
    return tmp_path / "timbres"


@pytest.fixture(scope="module")
def loaded(bundled: Path) -> Instrument:
    return instrument.load(bundled, accelerate=False)


@pytest.fixture(scope="module")
def sounds(loaded: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound near the first preset, filtered as no preset is."""
    folder = tmp_path_factory.mktemp("sounds")
    soundfile.write(folder / "note.wav", sound(loaded), RATE, subtype="FLOAT")
    return folder


def sound(loaded: Instrument) -> np.ndarray:
    """Two seconds of the first preset with a hollow in its spectrum, (samples, 2)."""
    frames, notes = TakeMaker(loaded, 3).make([Job(0, KEY, 5, 0, 12)])
    frames[0, :, 1 : contract.PARTIALS : 2] -= 15.0  # even partials
    frames[0] = np.maximum(frames[0], contract.FLOOR_DB)
    frames[0, :, contract.FRAME_PITCH] = 0.0
    inharmonicity = 10.0 ** float(notes[0, 0])
    return resynthesise(frames[0], Played(contract.key_hz(KEY), inharmonicity, -15.0), seed=1)


def test_a_clone_is_nearer_than_any_preset(loaded: Instrument, sounds: Path) -> None:
    told: list[str] = []
    made = clone.clone(clone.Sound(sounds / "note.wav"), "mine", say=told.append)
    assert made.key == KEY
    assert made.fit.corrected_db < 0.6 * made.fit.preset_db
    assert made.fit.corrected_db <= made.fit.latent_db
    assert made.timbre.low <= KEY <= made.timbre.high
    assert told == []
    (kept,) = user_timbres.load_all(loaded.metadata)
    np.testing.assert_allclose(kept.latent, made.timbre.latent, atol=1e-4)


def test_the_clone_has_the_hollow_on_other_keys_too(loaded: Instrument, sounds: Path) -> None:
    made = clone.clone(clone.Sound(sounds / "note.wav", key=KEY), "mine")
    maker = TakeMaker(loaded, 0, {0: made.timbre})
    frames = maker.make([Job(0, KEY + 5, 5, 0, 4)])[0][0, 32:]
    plain = TakeMaker(loaded, 0).make([Job(0, KEY + 5, 5, 0, 4)])[0][0, 32:]
    hollow = (frames - plain)[:, 1:6:2].mean() - (frames - plain)[:, 0:6:2].mean()
    assert hollow < -7.0


def test_a_bell_needs_its_key(sounds: Path) -> None:
    with pytest.raises(RtsynthError, match="give --key"):
        clone.clone(clone.Sound(sounds / "note.wav", bell=True), "mine")
    made = clone.clone(clone.Sound(sounds / "note.wav", key=KEY, bell=True), "mine")
    assert made.fit.corrected_db < made.fit.preset_db


def test_bad_recordings_are_refused_in_one_line(
    loaded: Instrument, sounds: Path, own_folder: Path
) -> None:
    good = sound(loaded)
    third = np.roll(good, 0, axis=0)
    count = int(len(good) / 2 ** (4 / 12))
    places = np.arange(count) * 2 ** (4 / 12)
    higher = np.stack([np.interp(places, np.arange(len(good)), c) for c in good.T], axis=1)
    third[:count] += higher
    time_s = np.arange(2 * RATE)[:, None] / RATE
    bad = {
        "silent": (np.zeros((RATE, 2)), "silent"),
        "clipped": (np.clip(30.0 * good, -1.0, 1.0), "clipped"),
        "hiss": (np.random.default_rng(0).normal(0.0, 0.1, (RATE, 1)), "pitch|noisy"),
        "chord": (0.5 * third, "two notes"),
        "long": (np.tile(0.1 * np.sin(1400.0 * time_s), (40, 1)), "long"),
    }
    for name, (audio, message) in bad.items():
        path = sounds / f"{name}.wav"
        soundfile.write(path, audio, RATE)
        with pytest.raises(RtsynthError, match=message) as told:
            clone.clone(clone.Sound(path), "mine")
        assert str(path) in str(told.value), name
        assert "\n" not in str(told.value), name
    soundfile.write(sounds / "phone.wav", good[::6], 8000)
    with pytest.raises(RtsynthError, match="8 kHz"):
        clone.clone(clone.Sound(sounds / "phone.wav"), "mine")
    with pytest.raises(RtsynthError, match="sounds as A3"):
        clone.clone(clone.Sound(sounds / "note.wav", key=KEY + 3), "mine")
    assert not own_folder.exists()


def test_a_dull_recording_does_not_make_a_dull_clone(loaded: Instrument, sounds: Path) -> None:
    from scipy.signal import resample_poly

    low = resample_poly(sound(loaded), 1, 3, axis=0)
    soundfile.write(sounds / "low.wav", low, 16_000)
    told: list[str] = []
    made = clone.clone(clone.Sound(sounds / "low.wav", key=KEY), "mine", say=told.append)
    assert any("above 8 kHz" in line for line in told)
    above = int(8000.0 / contract.key_hz(KEY)) + 2
    assert made.timbre.correction is not None
    assert np.all(made.timbre.correction[:, above : contract.PARTIALS] == 0.0)


def test_the_command_clones_lists_plays_and_deletes(sounds: Path, tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = run_cli("clone", sounds / "note.wav", "--name", "mine", "--key", "A3", **env)
    assert done.returncode == 0, done.stderr
    assert "mine: A3" in done.stdout
    assert "--timbre mine" in done.stdout
    again = run_cli("clone", sounds / "note.wav", "--name", "mine", **env)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert "mine" in run_cli("instruments", **env).stdout
    played = run_cli("--timbre", "mine", "--seconds", "0.2", **env)
    assert "mine" in played.stdout
    assert run_cli("clone", "--remove", "mine", **env).returncode == 0
    assert run_cli("clone", "--remove", "mine", **env).returncode == 1
