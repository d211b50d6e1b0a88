"""The LV2 plugin in jalv, a host on JACK: notes sound at their own samples."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import JackServer

from benchmarks import probe
from tests.lv2_host import URI, path_with
from tests.plugin_builds import plugin
from tests.plugin_server import server_env

WAIT_S = 30.0
NOTES = 8
ORGAN = 16  # a program that sounds with its first sample
MIDI, SOUND = "^played:control", "^played:(left|right)"

if shutil.which("jalv") is None:
    pytest.skip("jalv is not installed", allow_module_level=True)
if probe.missing():
    pytest.skip(str(probe.missing()), allow_module_level=True)


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.05)
    return found


@pytest.fixture
def jalv(jack_server: JackServer, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """jalv with the plugin, running."""
    library = plugin("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")
    env = {**os.environ, **server_env(tmp_path), "LV2_PATH": path_with(library, tmp_path)}
    host = subprocess.Popen(
        ["jalv", "-n", "played", "-x", URI], env=env, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert until(lambda: "played:right" in jack_server.ports())
        yield host
    finally:
        host.terminate()
        host.communicate(timeout=WAIT_S)


def test_notes_sound_at_their_own_samples(jalv: subprocess.Popen[str]) -> None:
    first = probe.command("startup", midi_to=MIDI, audio_from=SOUND, wait_s=WAIT_S)
    subprocess.run(first, check=True, capture_output=True)  # until there is a first sound
    for _ in ("the organ's takes are made", "and played"):
        run = probe.run("latency", os.environ, midi_to=MIDI, audio_from=SOUND, notes=NOTES,
                        program=ORGAN, spacing_ms=150, hold_ms=20)  # fmt: skip
    late = [note.first - note.sent for note in run.notes if not note.disturbed]
    assert len(late) > NOTES // 2
    assert set(late) == {0}
