"""Recording what an engine plays, until the disk is full and after."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from disk import largest_file

from rtsynth import instrument, tap, wav
from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.recorder import Recorder
from rtsynth.tap import TapReader


@pytest.fixture
def engine(tiny: Path) -> Engine:
    engine = Engine(48000.0)
    Generator(engine, instrument.load(tiny)).prime(0)
    return engine


def play(engine: Engine, blocks: int) -> np.ndarray:
    """Notes in quick succession; returns what was played."""
    out = np.zeros((blocks, 480, 2), np.float32)
    for i, block in enumerate(out):
        if i % 10 == 0:
            engine.midi(0x90, 40 + i % 50, 100)
        engine.render(block)
    return out.reshape(-1, 2)


def test_the_recording_is_what_was_played(engine: Engine, tmp_path: Path) -> None:
    recorder = Recorder(engine, TapReader(engine), tmp_path / "take.wav", print)
    recorder.start()
    played = play(engine, 40)
    recorder.stop()
    found, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    assert rate == 48000
    assert recorder.frames == len(found) == len(played)
    assert np.abs(played).max() > 0.01
    np.testing.assert_allclose(found, played, atol=2.0**-23)


def test_a_full_disk_stops_the_recording_and_keeps_what_there_is(
    engine: Engine, tmp_path: Path
) -> None:
    lines: list[str] = []
    path = tmp_path / "take.wav"
    recorder = Recorder(engine, TapReader(engine), path, lines.append)
    with largest_file(100_001):
        recorder.start()
        played = play(engine, 50)
        recorder.stop()
    assert recorder.failed
    assert len(lines) == 1
    assert "recording stopped" in lines[0]
    assert str(path) in lines[0]
    found, _ = soundfile.read(path, dtype="float32")
    assert len(found) == (100_001 - wav.HEADER_BYTES) // 6
    np.testing.assert_allclose(found, played[: len(found)], atol=2.0**-23)
    assert np.abs(play(engine, 5)).max() > 0  # playing goes on


def test_a_file_that_cannot_be_written(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RtsynthError, match="cannot record to"):
        Recorder(engine, TapReader(engine), tmp_path / "nowhere" / "take.wav", print)
    with pytest.raises(RtsynthError, match=r"name it .*take\.wav"):
        Recorder(engine, TapReader(engine), tmp_path / "take.mp3", print)
    full = tmp_path / "full.wav"
    full.symlink_to("/dev/full")
    with pytest.raises(RtsynthError, match="No space left"):
        Recorder(engine, TapReader(engine), full, print)


def test_a_long_recording_goes_on_in_another_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wav, "MAX_DATA_BYTES", 60_000)
    monkeypatch.setattr(tap, "CHUNK_FRAMES", 512)
    lines: list[str] = []
    taker = Recorder(engine, TapReader(engine), tmp_path / "take.wav", lines.append)
    taker.start()
    played = play(engine, 40)
    taker.stop()
    parts = [tmp_path / "take.wav", tmp_path / "take-2.wav"]
    found = np.concatenate([soundfile.read(part, dtype="float32")[0] for part in parts])
    np.testing.assert_allclose(found, played, atol=2.0**-23)
    assert lines == ["recording goes on in take-2.wav"]


def test_an_older_recording_is_kept(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "take.wav").write_text("old")
    (tmp_path / "take-2.wav").write_text("older")
    lines: list[str] = []
    taker = Recorder(engine, TapReader(engine), tmp_path / "take.wav", lines.append)
    taker.start()
    played = play(engine, 5)
    taker.stop()
    assert (tmp_path / "take.wav").read_text() == "old"
    assert (tmp_path / "take-2.wav").read_text() == "older"
    assert soundfile.info(tmp_path / "take-3.wav").frames == len(played)
    assert lines == ["take.wav is there already: recording to take-3.wav"]


def test_nothing_is_left_of_a_recording_that_never_began(engine: Engine, tmp_path: Path) -> None:
    Recorder(engine, TapReader(engine), tmp_path / "take.wav", print).stop()
    assert not list(tmp_path.iterdir())
