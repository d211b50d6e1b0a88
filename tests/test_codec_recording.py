"""Recordings of one note are read; what is not one is refused in one line that says why."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("soundfile")

import soundfile as sf

from rtsynth.codec.recording import (
    SAMPLE_RATE,
    RecordingError,
    check,
    detect_pitch,
    key_name,
    load,
)
from rtsynth.contract import key_hz

RNG = np.random.default_rng(2)


def note(
    key: float,
    seconds: float = 1.0,
    rate: int = SAMPLE_RATE,
    decay: float = 0.0,
    level: float = 0.3,
) -> np.ndarray:
    """A mono tone with twelve partials, (samples,); `decay` in dB a second."""
    t = np.arange(round(seconds * rate)) / rate
    partials = [k for k in range(1, 13) if k * key_hz(key) < 0.45 * rate]
    tone = sum(np.sin(2 * np.pi * k * key_hz(key) * t + k * k) / k for k in partials)
    return level * tone * 10 ** (-decay * t / 20) * np.minimum(1, t / 0.004)


def released(key: float, seconds: float, decay: float = 0.0) -> np.ndarray:
    """A note that is let go after `seconds`, and falls by 100 dB a second then."""
    t = np.arange(round((seconds + 0.6) * SAMPLE_RATE)) / SAMPLE_RATE
    return note(key, seconds + 0.6, decay=decay) * 10 ** (-5 * np.maximum(t - seconds, 0))


def save(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE, **more: str) -> Path:
    sf.write(path, audio, rate, **more)
    return path


def reason(path: Path, **more: object) -> str:
    """Why a file is refused."""
    with pytest.raises(RecordingError) as found:
        check(load(path), **more)  # type: ignore[arg-type]
    text = str(found.value)
    assert "\n" not in text
    assert path.name in text
    return text


def test_a_note_is_cut_from_silence_and_its_release_found(tmp_path: Path) -> None:
    silence = np.zeros(12_000)
    audio = np.concatenate([silence, released(57, 1.5), silence])
    recording = load(save(tmp_path / "a.wav", np.stack([audio, 0.5 * audio], axis=1)))
    assert recording.course.onset == pytest.approx(12_000, abs=150)
    assert recording.off_sample / SAMPLE_RATE == pytest.approx(1.5, abs=0.04)
    assert len(recording.held) + len(recording.released) == len(recording.audio)
    assert recording.audio.shape[1] == 2
    assert recording.course.sustained
    assert recording.course.released
    assert recording.warnings == ()


def test_a_decaying_note_is_told_from_a_sustained_one(tmp_path: Path) -> None:
    path = save(tmp_path / "a.flac", released(64, 2.0, decay=8.0))
    course = load(path).course
    assert not course.sustained
    assert course.fall_db_per_s == pytest.approx(8.0, abs=1.0)
    assert course.off / SAMPLE_RATE == pytest.approx(2.0, abs=0.05)
    struck = load(save(tmp_path / "b.wav", note(60, 3.0, decay=30.0))).course
    assert not struck.sustained
    assert not struck.released


@pytest.mark.parametrize(
    ("key", "cents"), [(21, 0), (33, -20), (48, 10), (60, 0), (84, 30), (108, 0)]
)
def test_pitch(key: int, cents: int) -> None:
    audio = note(key + cents / 100)
    found = detect_pitch(np.stack([audio, audio], axis=1).astype(np.float32))
    assert found.key == key
    assert found.cents == pytest.approx(cents, abs=2.0)
    assert found.certainty > 0.3


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".aiff"])
def test_formats_and_rates(tmp_path: Path, suffix: str) -> None:
    recording = load(save(tmp_path / f"a{suffix}", note(69, rate=44_100), 44_100))
    assert len(recording.audio) == pytest.approx(SAMPLE_RATE, rel=0.03)
    assert check(recording, key=69).key == 69


def test_16_khz_is_taken_with_a_warning_and_8_khz_refused(tmp_path: Path) -> None:
    recording = load(save(tmp_path / "a.wav", note(60, rate=16_000), 16_000))
    assert recording.top_hz == 8_000.0
    assert recording.warnings == ("nothing above 8 kHz in it",)
    assert check(recording).key == 60
    assert "8 kHz" in reason(save(tmp_path / "b.wav", note(60, rate=8_000), 8_000))


def test_silent(tmp_path: Path) -> None:
    assert "silent" in reason(save(tmp_path / "a.wav", np.zeros(48_000)))
    assert "empty" in reason(save(tmp_path / "b.wav", np.zeros(0)))


def test_clipped(tmp_path: Path) -> None:
    loud = np.clip(note(57, level=3.0), -1.0, 1.0)
    assert "clipped" in reason(save(tmp_path / "a.wav", loud))
    crackle = note(57)
    crackle[9_000:9_020] = 1.0
    recording = load(save(tmp_path / "b.wav", crackle))
    assert recording.warnings == ("a few samples are clipped",)
    full = note(57)
    assert load(save(tmp_path / "c.wav", full / np.abs(full).max())).warnings == ()


def test_noisy(tmp_path: Path) -> None:
    audio = np.concatenate([np.zeros(24_000), released(57, 1.5)])
    hiss = RNG.standard_normal(len(audio))
    assert "noisy" in reason(save(tmp_path / "a.wav", audio + 0.12 * hiss, subtype="FLOAT"))
    recording = load(save(tmp_path / "b.wav", audio + 0.01 * hiss))
    assert "below the note" in recording.warnings[0]
    assert recording.course.onset == pytest.approx(24_000, abs=500)
    assert "no clear pitch" in reason(save(tmp_path / "c.wav", 0.1 * hiss))


def test_an_hour_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 16_000, 1, subtype="PCM_U8") as file:
        for _ in range(60):
            file.write(np.zeros(60 * 16_000, np.float32))
    monkeypatch.setattr(sf, "read", lambda *_, **__: pytest.fail("it was read"))
    assert "60 minutes long; a single note" in reason(path)


@pytest.mark.parametrize("interval", [1, 3, 4, 5, 7, 9, 13])
@pytest.mark.parametrize("level", [0.3, 0.15])
def test_two_notes_at_once(tmp_path: Path, interval: int, level: float) -> None:
    both = note(60) + note(60 + interval, level=level)
    assert "two notes" in reason(save(tmp_path / "a.wav", 0.5 * both))


def test_a_wrong_name_is_told(tmp_path: Path) -> None:
    path = save(tmp_path / "C4.wav", note(64))
    assert "said to be C4, but sounds as E4 (+4.0 semitones)" in reason(path, key=60)
    assert "sounds as E4, an octave lower" in reason(path, key=76)
    assert "2 octaves higher" in reason(path, key=40)
    assert check(load(path), key=64).cents == pytest.approx(0.0, abs=2.0)
    assert check(load(path), key=60, bar=True).key == 64  # a bar's name is believed


def test_what_cannot_be_read(tmp_path: Path) -> None:
    text = tmp_path / "a.wav"
    text.write_text("this is no sound", "utf-8")
    assert "cannot be read" in reason(text)
    whole = save(tmp_path / "b.flac", note(60, 2.0)).read_bytes()
    (tmp_path / "b.flac").write_bytes(whole[: len(whole) // 3])
    assert "cannot be read" in reason(tmp_path / "b.flac")
    assert "no such file" in reason(tmp_path / "none.wav")
    bad = note(60)
    bad[100] = np.nan
    assert "no numbers" in reason(save(tmp_path / "c.wav", bad, subtype="FLOAT"))


def test_names_of_keys() -> None:
    assert [key_name(key) for key in (21, 60, 61, 108)] == ["A0", "C4", "C#4", "C8"]


def test_an_offset_that_comes_with_the_note_is_no_noise(tmp_path: Path) -> None:
    silence = np.zeros(SAMPLE_RATE // 2)
    audio = np.concatenate([silence, note(60) + 0.15, silence])
    found = load(save(tmp_path / "a.wav", audio, subtype="FLOAT"))
    assert found.course.onset / SAMPLE_RATE == pytest.approx(0.5, abs=0.01)
    assert check(found).key == 60
