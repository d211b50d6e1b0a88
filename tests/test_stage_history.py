"""The last ten minutes: what was played is on disk, whatever ends the process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from conftest import run_cli
from disk import largest_file

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.generator import Generator
from rtsynth.stage import pieces, recovery
from rtsynth.stage.history import History
from rtsynth.tap import TapReader

WAIT_S = 60.0
RATE_HZ = 48_000
CHUNK = 4800


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for this test alone."""
    path = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    return path


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


class Case:
    """An engine without a device whose history is kept."""

    def __init__(self, tiny: Path) -> None:
        self.engine = Engine(RATE_HZ)
        loaded = instrument.load(tiny)
        Generator(self.engine, loaded).prime(0)
        self.lines: list[str] = []
        self.controls = Controls(self.engine, loaded.metadata)
        self.tap = TapReader(self.engine, self.lines.append)
        self.history = History(self.engine, self.controls, self.tap, self.lines.append)
        self.played: list[np.ndarray] = []
        self._heard = 0
        self._end = self.tap.listen(self._hear)

    def _hear(self, block: np.ndarray, sample: int) -> None:
        self._heard = sample + len(block)

    @property
    def clock(self) -> int:
        return self.engine.stats().clock_samples

    def play(self, seconds: float) -> None:
        """Render so much, as fast as the tap's readers follow."""
        end = self.clock + round(seconds * RATE_HZ)
        while self.clock < end:
            out = np.zeros((min(CHUNK, end - self.clock), 2), np.float32)
            self.engine.render(out)
            self.played.append(out)
            assert until(lambda: self._heard == self.clock)

    def __enter__(self) -> "Case":
        self.history.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.history.stop()
        self._end()
        assert self.engine.stats().tap_dropped == self.tap.lost == 0


def note(case: Case, key: int, at: int, length: int = 4800) -> None:
    assert case.controls.at((0x90, key, 100), at)
    assert case.controls.at((0x80, key, 0), at + length)


def note_times(path: Path) -> list[float]:
    """When notes begin, in seconds."""
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append(now)
    return found


def onsets(path: Path) -> list[float]:
    """When sound begins after a tenth of a second of silence, in seconds."""
    sound, rate = soundfile.read(path)
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 1e-4)
    first = np.concatenate([loud[:1], loud[1:][np.diff(loud) > 0.1 * rate]])
    return list(first / rate)


def test_what_was_played_is_saved_sample_by_sample(tiny: Path, tmp_path: Path) -> None:
    with Case(tiny) as case:
        case.play(0.1)
        for i in range(4):
            note(case, 60 + i, case.clock + 1000)
            case.play(1.5)
    (run,) = recovery.runs()
    sound, midi = recovery.save(run, tmp_path / "take")
    assert (sound.name, midi.name) == ("take.wav", "take.mid")
    saved, rate = soundfile.read(sound, dtype="float32")
    assert rate == RATE_HZ
    played = np.concatenate(case.played)[run.parts[0].begin :]
    np.testing.assert_allclose(saved, played[: len(saved)], atol=2.0**-23)
    assert np.abs(played[len(saved) :]).max(initial=0.0) < 1e-5
    np.testing.assert_allclose(note_times(midi), onsets(sound), atol=2e-3)
    assert recovery.notes(run) == 4
    again = recovery.save(run, tmp_path / "take")
    assert [path.name for path in again] == ["take-2.wav", "take-2.mid"]


def test_silence_is_not_written_and_long_pauses_are_short_in_both_files(
    tiny: Path, tmp_path: Path
) -> None:
    with Case(tiny) as case:
        for pause_s in (3.0, 30.0, 1.0):
            note(case, 60, case.clock + 1000)
            case.play(pause_s)
    (run,) = recovery.runs()
    kept = sum(part.frames for part in run.parts) / RATE_HZ
    assert kept < 8.0
    assert len(run.parts) == 3
    sound, midi = recovery.save(run, tmp_path / "take")
    times = note_times(midi)
    np.testing.assert_allclose(times, onsets(sound), atol=2e-3)
    assert times[1] - times[0] == pytest.approx(3.0, abs=2e-3)
    assert 10.0 < times[2] - times[1] < 13.0
    assert soundfile.info(sound).frames == run.frames


def test_a_piece_that_is_still_written_is_read_and_a_torn_line_is_passed_over(
    tiny: Path, tmp_path: Path
) -> None:
    with Case(tiny) as case:
        note(case, 60, 1000)
        case.play(1.0)
        (run,) = recovery.runs()
        assert run.frames > 0.9 * RATE_HZ
        (piece,) = pieces.pieces()
        with piece.with_suffix(pieces.MIDI).open("ab") as file:
            file.write(b"999 90\nnonsense\n12 f07e\n= \n\xff\n5 903c")
        sound, midi = recovery.save(run, tmp_path / "take")
    np.testing.assert_allclose(note_times(midi), onsets(sound), atol=2e-3)


def test_older_pieces_go_and_the_state_they_left_stays(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "KEPT_S", 3.0)
    monkeypatch.setattr("rtsynth.stage.history.PIECE_S", 1.0)
    with Case(tiny) as before:
        note(before, 60, 100)
        before.play(1.5)
    with Case(tiny) as case:
        case.controls.at((0xC0, 100, 0))
        case.controls.at((0xB0, 7, 90))
        case.controls.at((0xB0, 101, 0))
        case.controls.at((0xB0, 100, 0))
        case.controls.at((0xB0, 6, 12))
        case.controls.at((0xE0, 0, 80))
        for i in range(8):
            note(case, 60 + i, case.clock + 10, 40_000)
            case.play(1.0)
    found = recovery.runs()
    assert [run.name for run in found] == [case.history.run.name]  # the run before made room
    assert not before.history.run.exists()
    assert 3.0 <= found[0].seconds <= 5.0
    midi = mido.MidiFile(recovery.save(found[0], tmp_path / "take")[1])
    begin = [message.bytes() for message in midi.tracks[0] if not message.is_meta][:9]
    assert [0xC0, 100] in begin
    assert [0xB0, 7, 90] in begin
    assert [0xE0, 0, 80] in begin
    assert begin[:4] == [[0xB0, 101, 0], [0xB0, 100, 0], [0xB0, 6, 12], [0xB0, 38, 0]]


def test_what_a_keyboard_and_a_jack_callback_play_is_kept_with_its_time(tiny: Path) -> None:
    with Case(tiny) as case:
        case.play(0.5)
        case.controls.live((0x90, 60, 100), time.monotonic_ns() - 10_000_000)
        case.controls.follow((0x91, 61, 100), at_sample=case.clock + 7)
        case.controls.sysex(bytes((0xF0, 0x7E, 0x7F, 9, 1, 0xF7)))
        case.controls.set([(0xB0, 7, 50)])
        clock = case.clock
        case.play(0.1)
        case.controls.panic()
        case.play(0.1)
    (path,) = pieces.pieces()
    state, played = pieces.read_messages(path)
    assert state == []
    assert played[1] == (clock + 7, (0x91, 61, 100))
    assert played[0].message == (0x90, 60, 100)
    assert clock <= played[0].sample + 480 <= clock + CHUNK  # it came 480 samples ago
    assert played[2].message == bytes((0xF0, 0x7E, 0x7F, 9, 1, 0xF7))
    assert played[3].message == (0xB0, 7, 50)
    assert len(played) == 4 + 32  # a panic: sound off and controllers reset on every channel


def test_another_sample_rate_begins_another_run(tiny: Path, tmp_path: Path) -> None:
    with Case(tiny) as case:
        note(case, 60, 100)
        case.play(0.5)
        case.engine.set_rate(44_100.0)
        note(case, 60, case.clock + 100)
        case.play(0.5)
    found = recovery.runs()
    assert sorted(run.rate_hz for run in found) == [44_100, 48_000]
    for run in found:
        sound, midi = recovery.save(run, tmp_path / "take")
        assert soundfile.info(sound).samplerate == run.rate_hz
        assert len(note_times(midi)) >= 1


def test_a_full_disk_is_told_of_once_and_what_was_kept_stays(tiny: Path, tmp_path: Path) -> None:
    with largest_file(100_001), Case(tiny) as case:
        for _ in range(3):
            note(case, 60, case.clock + 100)
            case.play(0.5)
    assert case.history.failed
    assert case.lines == [
        "the last ten minutes are not kept any more (File too large); playing goes on"
    ]
    (run,) = recovery.runs()
    assert run.frames == (100_001 - 44) // 6
    assert np.abs(case.played[-4]).max() > 0.0


def test_a_folder_that_cannot_be_written_or_a_disk_with_little_room_is_one_line(
    tiny: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("no folder")
    with Case(tiny) as case:
        note(case, 60, 100)
        case.play(0.5)
        note(case, 60, case.clock + 100)
        case.play(0.5)
    assert len(case.lines) == 1
    assert "not kept any more" in case.lines[0]
    cache.unlink()
    monkeypatch.setattr(pieces, "LEFT_BYTES", 1 << 60)
    with Case(tiny) as case:
        note(case, 60, 100)
        case.play(0.5)
    assert len(case.lines) == 1
    assert "MB are free" in case.lines[0]
    assert recovery.runs() == []


def test_nothing_is_written_while_nothing_is_played(tiny: Path, cache: Path) -> None:
    with Case(tiny) as case:
        case.play(3.0)
    assert not cache.exists()


def test_what_sets_up_an_instrument_and_ends_it_is_no_run_of_its_own(
    tiny: Path, cache: Path, tmp_path: Path
) -> None:
    with Case(tiny) as case:
        case.controls.set([(0xB0, 7, 90)])  # as a preset does
        case.play(0.5)
        case.controls.panic()  # as the end does
    assert recovery.runs() == []
    with Case(tiny) as case:
        case.controls.set([(0xB0, 7, 90)])
        case.play(2.0)
        note(case, 60, case.clock)
        case.play(0.5)
    [run] = recovery.runs()
    assert run.seconds < 1.0
    assert (0xB0, 7, 90) in [each.message for each in run.played()]


def play_and_kill(tiny: Path, song: Path) -> None:
    """Play a song on the command line, and kill the process in the middle of it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rtsynth", "--instrument", str(tiny), "--backend", "null",
         "--midi-file", str(song)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    try:
        assert until(lambda: bool(recovery.runs()) and recovery.runs()[0].seconds > 4.6)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_process_that_is_killed_loses_nothing(
    tiny: Path, tmp_path: Path, make_song: Callable[..., Path]
) -> None:
    song = make_song([(1.0 * i, 60 + i % 12, 100, 0.1) for i in range(60)])
    play_and_kill(tiny, song)
    shown = run_cli("history")
    assert shown.returncode == 0
    assert "  1  " in shown.stdout
    saved = run_cli("history", "--save", tmp_path / "take")
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.startswith(f"{tmp_path / 'take.wav'} and take.mid: 0:0")
    times, heard = note_times(tmp_path / "take.mid"), onsets(tmp_path / "take.wav")
    assert len(heard) >= 4
    np.testing.assert_allclose(times[: len(heard)], heard, atol=2e-3)
    assert len(times) - len(heard) <= 1  # one that was sent and had not sounded yet
    np.testing.assert_allclose(np.diff(times), 1.0, atol=1e-3)
    refused = run_cli("history", "--save", tmp_path / "take", "--run", 7)
    assert refused.returncode == 1
    assert refused.stderr == "rtsynth: there is no run 7: the latest 1 are kept\n"
    refused = run_cli("history", "--save", tmp_path / "nowhere" / "take")
    assert refused.stderr.startswith("rtsynth: cannot write")
    assert len(refused.stderr.splitlines()) == 1


def test_it_can_be_turned_off(tiny: Path, make_song: Callable[..., Path]) -> None:
    song = make_song([(0.1 * i, 60, 100, 0.05) for i in range(10)])
    found = run_cli(
        "--instrument", tiny, "--backend", "null", "--midi-file", song, "--no-history"
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    refused = run_cli("history")
    assert refused.returncode == 1
    assert refused.stderr == (
        "rtsynth: nothing is kept: nothing was played, or it was with --no-history\n"
    )


@pytest.mark.parametrize("name", ["take", "take.wav", "take.MID"])
def test_a_name_may_end_as_its_files_do(tiny: Path, tmp_path: Path, name: str) -> None:
    with Case(tiny) as case:
        note(case, 60, case.clock)
        case.play(0.3)
    [run] = recovery.runs()
    for stem in ("take", "take-2"):
        assert recovery.save(run, tmp_path / name) == (
            tmp_path / f"{stem}.wav", tmp_path / f"{stem}.mid",
        )  # fmt: skip
