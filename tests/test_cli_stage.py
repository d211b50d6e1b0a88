"""Presets, layers, set lists and OSC as a user types them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import run_cli
from pythonosc.osc_message_builder import OscMessageBuilder

from rtsynth.stage import presets
from rtsynth.stage.shelf import Entry

NO_SERVER = {"JACK_DEFAULT_SERVER": "rtsynth-none", "JACK_NO_START_SERVER": "1"}


class User:
    """Somebody with a folder of presets."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.presets = home / "rtsynth" / "presets"
        self.presets.mkdir(parents=True)
        (home / "rtsynth" / "set-lists").mkdir()

    def write(self, name: str, text: str, folder: str = "presets") -> None:
        (self.home / "rtsynth" / folder / f"{name}.toml").write_text(text)

    def run(self, *arguments: str | Path) -> Any:
        found = run_cli(*arguments, XDG_DATA_HOME=str(self.home), **NO_SERVER)
        assert "Traceback" not in found.stderr
        return found

    def refusal(self, *arguments: str | Path) -> str:
        """The one line that a command ends with."""
        found = self.run(*arguments)
        assert found.returncode == 1, found
        (line,) = found.stderr.strip().splitlines()
        return str(line)


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path / "data")


BELL = 'format = 1\nabout = "A bell"\n[channels.1]\nlayers = [{ timbre = "bell" }]\n'


def test_presets_are_listed_with_what_is_wrong_with_them(user: User) -> None:
    user.write("mine", BELL)
    user.write("newer", "format = 9\n")
    user.write("friday", 'format = 1\npresets = ["mine"]\n', "set-lists")
    text = user.run("presets").stdout
    assert "grand-hall" in text
    assert "mine                     yours  A bell" in text
    assert "newer rtsynth (format 9" in text
    assert "set list friday: " in text
    assert "mine.toml deleted" in user.run("presets", "--remove", "mine").stdout
    assert not (user.presets / "mine.toml").exists()
    assert "comes with rtsynth" in user.refusal("presets", "--remove", "grand-hall")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("format = 2", "was written by a newer rtsynth"),
        ("format = 1\nloud = 3", "no field 'loud'"),
        ("format = 1\n[parameters]\nreverb_time = 99", "reverb_time is 99, not 0.2 to 12"),
        ("format = 1\n[parameters]\nloudness = 9", "no parameter 'loudness'"),
        ('format = 1\n[channels.1]\nlayers = [{ timbre = "tuba" }]', "no timbre named 'tuba'"),
        ('format = 1\n[channels.17]\nlayers = [{ timbre = "bell" }]', "no channel '17'"),
        ("format = 1\n[channels.1]\nlayers = []", "1 to 4 layers"),
        ("format = 1\n[[", "is damaged"),
    ],
)
def test_a_preset_that_cannot_be_played_is_refused_by_name_and_kept(
    user: User, tiny: Path, text: str, why: str
) -> None:
    user.write("bad", text)
    line = user.refusal("--instrument", tiny, "--preset", "bad")
    assert why in line
    assert "bad.toml" in line
    assert (user.presets / "bad.toml").read_text() == text


def test_what_is_missing_is_said_in_one_line(user: User, tiny: Path) -> None:
    with_tiny = ("--instrument", tiny)
    assert "no preset named 'nothing'" in user.refusal(*with_tiny, "--preset", "nothing")
    assert "no set list named 'nothing'" in user.refusal(*with_tiny, "--set-list", "nothing")
    assert "is no place for OSC" in user.refusal(*with_tiny, "--osc", "loud")
    assert "no timbre named 'tuba'" in user.refusal(*with_tiny, "--layer", "tuba:C2-C3")
    found = user.run(*with_tiny, "--layer", "bell:C5-C2")
    assert found.returncode == 2
    assert "write keys from low to high" in found.stderr


def test_a_preset_and_layers_are_rendered(
    user: User, tiny: Path, make_song: Callable[..., Path], tmp_path: Path
) -> None:
    user.write("mine", BELL)
    song = make_song([(0.0, 40, 100, 0.3), (0.0, 80, 100, 0.3)])
    sounds = {}
    for name, options in {
        "plain": (), "bell": ("--timbre", "bell"), "preset": ("--preset", "mine"),
        "low": ("--layer", "organ:-59"), "split": ("--layer", "organ:-B3", "--layer", "bell:C4-"),
    }.items():  # fmt: skip
        out = tmp_path / f"{name}.wav"
        found = user.run("render", song, out, "--instrument", tiny, *options)
        assert found.returncode == 0, found.stderr
        sounds[name] = soundfile.read(out)[0][:12_000]
    power = {name: float((sound**2).mean()) for name, sound in sounds.items()}
    assert power["preset"] == pytest.approx(power["bell"], rel=0.05)
    assert power["low"] < 0.8 * power["plain"]
    assert power["split"] > 1.2 * power["low"]


def test_a_set_list_is_played_by_osc(user: User, tiny: Path) -> None:
    user.write("one", BELL)
    user.write("two", "format = 1\n")
    user.write("friday", 'format = 1\npresets = ["one", "two"]\n', "set-lists")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "rtsynth", "--instrument", str(tiny), "--set-list", "friday",
         "--osc", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **NO_SERVER, "XDG_DATA_HOME": str(user.home)},
    )  # fmt: skip
    assert process.stdout is not None
    while not (line := process.stdout.readline()).startswith("tiny: "):
        assert line
    assert "bell" in line
    assert process.stdout.readline() == "preset one, 1 of 2\n"
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(OscMessageBuilder("/rtsynth/next").build().dgram, ("127.0.0.1", port))
    while (line := process.stdout.readline()) != "preset two\n":
        assert line
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("entry", [e for e in presets.SHELF.entries() if e.bundled],
                         ids=lambda entry: entry.name)  # fmt: skip
def test_presets_that_come_with_the_package_say_what_they_are(entry: Entry) -> None:
    assert presets.read(entry.name, whole=True).about
