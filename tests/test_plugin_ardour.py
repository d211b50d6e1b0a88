"""The LV2 plugin in Ardour, without a window: a song, automation, a session kept, an export."""

from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import ardour
from benchmarks.bounce import MOST_DB, difference_db, rendered
from rtsynth.serve.host_parameters import PLACES
from tests.lv2_host import PARAMETERS, URI, path_with
from tests.plugin_builds import plugin
from tests.plugin_server import server_env

SECONDS = 3.0
RATE_HZ = 48_000

if ardour.missing():
    pytest.skip(str(ardour.missing()), allow_module_level=True)


def port(name: str) -> int:
    return PARAMETERS + PLACES[name]


@pytest.fixture
def session(tmp_path: Path) -> ardour.Session:
    library = plugin("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")
    env = {**server_env(tmp_path), "LV2_PATH": path_with(library, tmp_path)}
    return ardour.Session(tmp_path / "song", URI, "LV2", RATE_HZ, env)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Four notes and a pedal, on ticks that are whole samples."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.Message("control_change", control=64, value=127))
    for i, key in enumerate((48, 60, 64, 67)):
        track.append(mido.Message("note_on", note=key, velocity=60 + 10 * i, time=37))
        track.append(mido.Message("note_off", note=key, time=300))
    track.append(mido.Message("control_change", control=64, value=0, time=200))
    path = tmp_path / "song.mid"
    file.save(str(path))
    return path


def test_an_export_is_what_render_makes_twice_the_same(
    session: ardour.Session, song: Path, tmp_path: Path
) -> None:
    session.make(song, SECONDS)
    first = session.export(tmp_path / "out.wav")
    assert first.tobytes() == session.export(tmp_path / "out.wav").tobytes()
    truth = rendered(song, SECONDS, tmp_path)
    assert difference_db(first, truth) <= MOST_DB


def test_a_session_keeps_knobs_automation_and_presets(
    session: ardour.Session, song: Path, tmp_path: Path
) -> None:
    falling = [(0.0, 1.0), (SECONDS, 0.0)]
    session.make(song, SECONDS, ardour.automate(port("volume"), falling))
    session.change(ardour.set_value(port("pan"), -1.0))
    left, right = session.export(tmp_path / "out.wav").T
    assert np.abs(left).max() > 10.0 * np.abs(right).max()
    assert quieter(left) < 0.85 * quieter(rendered(song, SECONDS, tmp_path)[:, 0])
    preset = 'assert(plugin:load_preset(plugin:preset_by_label("cathedral-organ")))\n'
    session.change(preset)
    said = session.look(ardour.print_value(port("reverb_time")))
    assert f"{port('reverb_time')} = 6.5" in said


def quieter(sound: NDArray[np.float32]) -> float:
    """The peak of the second second beside that of the first."""
    return float(np.abs(sound[RATE_HZ : 2 * RATE_HZ]).max() / np.abs(sound[:RATE_HZ]).max())
