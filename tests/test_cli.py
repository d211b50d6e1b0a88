"""The command as a user types it: what it prints, how it ends, and never a traceback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import run_cli, save_model, tiny_metadata

from rtsynth import __version__

NO_SERVER = {"JACK_DEFAULT_SERVER": "rtsynth-none", "JACK_NO_START_SERVER": "1"}


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    found: subprocess.CompletedProcess[str] = run_cli(*arguments, **NO_SERVER)
    assert "Traceback" not in found.stderr
    return found


def refusal(*arguments: str | Path) -> str:
    """The one line that a command ends with."""
    found = run(*arguments)
    assert found.returncode == 1, found
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1, found.stderr
    assert lines[0].startswith("rtsynth: ")
    return lines[0]


def test_version_and_help() -> None:
    assert __version__ in run("--version").stdout
    text = run("--help").stdout
    for word in ("--device", "--audio", "--midi-file", "--record", "devices", "check", "render"):
        assert word in text
    assert run("render", "--help").returncode == 0


def test_the_version_is_the_package_s() -> None:
    project = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in project


def test_the_disk_cache_is_filled_shown_and_cleared(tiny: Path, tmp_path: Path) -> None:
    where = {"XDG_CACHE_HOME": str(tmp_path), **NO_SERVER}
    play = ("--instrument", tiny, "--seconds", "0.3")
    run_cli(*play, "--no-disk-cache", **where)
    assert "0 files" in run_cli("cache", **where).stdout
    run_cli(*play, **where)
    assert re.search(r"rtsynth: 1 files, \d+\.\d MB", run_cli("cache", **where).stdout)
    assert run_cli("cache", "--clear", **where).stdout == "1 files deleted\n"
    assert "0 files" in run_cli("cache", **where).stdout


def test_wrong_usage_is_exit_code_2() -> None:
    assert run("--nonsense").returncode == 2
    assert run("play").returncode == 2
    assert run("--block", "3").returncode == 2
    assert run("render").returncode == 2
    for option in ("--gain", "--rate", "--seconds"):
        assert "not a finite number" in run(option, "nan").stderr


def test_what_is_meant_by_a_song_or_by_options_in_the_wrong_place() -> None:
    assert "rtsynth --midi-file song.mid" in run("song.mid").stderr
    found = run("--timbre", "flute", "--gain", "3", "render", "a.mid", "a.wav")
    assert found.returncode == 2
    assert "write --timbre, --gain behind 'render'" in found.stderr.replace("\n", " ")


def test_devices_says_what_there_is_and_what_to_do() -> None:
    text = run("devices").stdout
    assert "MIDI inputs" in text
    assert "Audio outputs" in text


def test_instruments_lists_timbres(tiny: Path) -> None:
    text = run("instruments", tiny).stdout
    for word in ("tiny", "MIT", "organ", "bell", "40-90", "A test."):
        assert word in text


def test_the_bundled_instrument_is_listed(bundled: Path) -> None:
    found = run("instruments")
    assert found.returncode == 0
    assert bundled.stem in found.stdout
    assert "piano" in found.stdout


def test_it_plays_a_file_and_records_it(
    make_song: Callable[..., Path], bundled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "live.wav"
    song = make_song([(0.0, 60, 100, 0.3)])
    found = run("--midi-file", song, "--record", out, "--seconds", "1.5")
    assert found.returncode == 0, found.stderr
    assert "1 notes" in found.stdout
    assert "cache hits 100.0 %" in found.stdout
    assert 0.5 < soundfile.info(out).duration < 60.0


def test_a_song_ends_by_itself(make_song: Callable[..., Path], tiny: Path) -> None:
    song = make_song([(0.0, 60, 100, 0.1)])
    assert run("--instrument", tiny, "--midi-file", song).returncode == 0


@pytest.mark.parametrize("interrupts", [1, 2])
def test_ctrl_c_stops_cleanly(tiny: Path, tmp_path: Path, interrupts: int) -> None:
    out = tmp_path / "live.wav"
    process = subprocess.Popen(
        [sys.executable, "-m", "rtsynth", "--instrument", str(tiny), "--record", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **NO_SERVER},
    )  # fmt: skip
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    for _ in range(interrupts):
        process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""
    assert "drop-outs" in output
    assert soundfile.info(out).frames > 0


def test_render_writes_a_file(make_song: Callable[..., Path], tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "song.flac"
    song = make_song([(0.0, 60, 100, 0.2)])
    found = run("render", song, out, "--instrument", tiny, "--rate", "44100", "--bits", "16")
    assert found.returncode == 0
    assert re.search(r"s of sound in", found.stdout)
    assert soundfile.info(out).samplerate == 44_100


def test_bad_instruments(tmp_path: Path, tiny: Path) -> None:
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(tiny.read_bytes()[:500])
    foreign = save_model(tmp_path / "foreign.onnx", None)
    other = save_model(tmp_path / "other.onnx", tiny_metadata(contract_version=9))
    assert "no instrument file" in refusal("--instrument", tmp_path / "none.onnx")
    assert "only a part of one" in refusal("--instrument", cut)
    assert "not an rtsynth instrument" in refusal("--instrument", foreign)
    assert "contract version 9" in refusal("--instrument", other)
    assert "contract version 9" in refusal("instruments", other)


def test_bad_ports_timbres_and_files(
    tmp_path: Path, tiny: Path, make_song: Callable[..., Path]
) -> None:
    song, broken = make_song([(0.0, 60, 100, 0.2)]), tmp_path / "broken.mid"
    out = tmp_path / "a.wav"
    broken.write_bytes(song.read_bytes()[:30])
    with_tiny = ("--instrument", tiny)
    assert "no MIDI input 'moog'" in refusal(*with_tiny, "--device", "moog")
    assert "no audio output 'moog'" in refusal(*with_tiny, "--audio", "moog")
    assert "no timbre named 'moog'" in refusal(*with_tiny, "--timbre", "moog")
    assert "add up to 0" in refusal("render", song, out, *with_tiny, "--timbre", "bell:0+organ:0")
    assert "broken one" in refusal(*with_tiny, "--midi-file", broken)
    assert "broken one" in refusal("render", broken, tmp_path / "a.wav", *with_tiny)
    assert "No such file" in refusal("render", tmp_path / "no.mid", tmp_path / "a.wav", *with_tiny)
    assert "name it" in refusal("render", song, tmp_path / "a.txt", *with_tiny)
    assert "cannot record" in refusal(*with_tiny, "--record", "/nowhere/a.wav")
    assert "name it" in refusal(*with_tiny, "--record", tmp_path / "a.mp3")


def test_a_full_disk_while_recording_lets_playing_go_on(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "live.wav"
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); "
        "from rtsynth.cli import main; main(sys.argv[1:])"
    )
    found = subprocess.run(
        [sys.executable, "-c", limited, "--instrument", str(tiny), "--record", str(out),
         "--seconds", "2"],
        capture_output=True, text=True, timeout=120, env={**os.environ, **NO_SERVER}, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert "recording stopped" in found.stdout
    assert soundfile.info(out).frames == (60_000 - 44) // 6


def test_check_measures_and_advises(tiny: Path) -> None:
    found = run("check", "--instrument", tiny, "--seconds", "0.3")
    assert found.returncode in (0, 1)
    for word in ("instrument", "rendering", "clock", "generator", "timer", "output"):
        assert word in found.stdout


def start(*arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "rtsynth", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **NO_SERVER}, **options,
    )  # fmt: skip


def hears_hang_ups() -> None:
    """In a child: nohup, where the tests run under it, makes programs deaf to them."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_terminal_that_is_closed_ends_the_recording_well(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "live.wav"
    process = start("--instrument", tiny, "--record", out, preexec_fn=hears_hang_ups)
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert soundfile.info(out).frames > 0


def test_a_render_that_is_killed_leaves_nothing(
    make_song: Callable[..., Path], tiny: Path, tmp_path: Path
) -> None:
    song = make_song([(0.0, 60, 100, 3600.0)])
    process = start("render", song, tmp_path / "a.wav", "--instrument", tiny)
    while not (tmp_path / ".a.wav.part").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["song.mid"]


@pytest.mark.parametrize("command", [["devices"], ["--seconds", "0.5"]])
def test_output_that_cannot_be_written(tiny: Path, command: list[str]) -> None:
    arguments = [sys.executable, "-m", "rtsynth", *command]
    environment = {**os.environ, **NO_SERVER}
    with open("/dev/full", "w", encoding="utf-8") as full:
        found = subprocess.run(
            arguments, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False
        )
    assert found.stderr.splitlines() == ["rtsynth: No space left on device"]
    assert found.returncode == 1
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *arguments],
        stderr=subprocess.PIPE, text=True, env=environment, check=False,
    )  # fmt: skip
    assert (closed.returncode, closed.stderr) == (0, "")


def test_without_portaudio_it_says_what_to_install() -> None:
    missing = (
        "import ctypes.util, sys; ctypes.util.find_library = lambda name: None; "
        "from rtsynth.cli import main; main(sys.argv[1:])"
    )
    found = subprocess.run(
        [sys.executable, "-c", missing, "devices"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stderr.startswith("rtsynth: PortAudio is missing: sudo apt install libportaudio2")
    assert "Traceback" not in found.stderr


def test_a_midi_library_that_hangs_does_not_hold_up_the_end(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "live.wav"
    hanging = (
        "import ctypes, sys; from rtsynth import midi; from rtsynth.commands import play; "
        "play.END_S = 0.5; "
        "midi.MidiInput.stop = lambda self: ctypes.PyDLL(None).sleep(100); "  # keeps the GIL
        "from rtsynth.cli import main; main(sys.argv[1:])"
    )
    subprocess.run(
        [sys.executable, "-c", hanging, "--instrument", str(tiny), "--record", str(out),
         "--seconds", "0.5"],
        env={**os.environ, **NO_SERVER}, timeout=60, check=False,
    )  # fmt: skip
    assert soundfile.info(out).duration >= 0.4
