"""The plugins in Ardour, without a window: a song, automation, a session kept, an export."""

from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import ardour, ardour_lua
from benchmarks.bounce import MOST_DB, difference_db, rendered
from rtsynth.serve.host_parameters import PLACES
from tests.lv2_host import PARAMETERS, URI, path_with
from tests.plugin_builds import plugin
from tests.plugin_server import server_env

SECONDS = 3.0
RATE_HZ = 48_000

if ardour.missing():
    pytest.skip(str(ardour.missing()), allow_module_level=True)


def port(session: ardour.Session, name: str) -> int:
    """Of a VST3 Ardour counts what can be automated alone."""
    return PLACES[name] + (PARAMETERS if session.format == "LV2" else 0)


@pytest.fixture(params=["LV2", "VST3"])
def session(tmp_path: Path, request: pytest.FixtureRequest) -> ardour.Session:
    env, folder = server_env(tmp_path), tmp_path / "song"
    if request.param == "VST3":
        bundle = plugin("rtsynth.vst3", "rtsynth_vst3")
        return ardour.Session(folder, "rtsynth", "VST3", RATE_HZ, env, bundle)
    library = plugin("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")
    env["LV2_PATH"] = path_with(library, tmp_path)
    return ardour.Session(folder, URI, "LV2", RATE_HZ, env)


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
    truth = rendered(song, SECONDS)
    assert difference_db(first, truth) <= MOST_DB


def test_a_session_keeps_knobs_and_automation(
    session: ardour.Session, song: Path, tmp_path: Path
) -> None:
    falling = [(0.0, 1.0), (SECONDS, 0.0)]
    session.make(song, SECONDS, ardour_lua.automate(port(session, "volume"), falling))
    session.change(ardour_lua.set_value(port(session, "pan"), -1.0))
    left, right = session.export(tmp_path / "out.wav").T
    assert np.abs(left).max() > 10.0 * np.abs(right).max()
    assert quieter(left) < 0.85 * quieter(rendered(song, SECONDS)[:, 0])


def test_a_session_keeps_a_preset_that_was_chosen(
    session: ardour.Session, song: Path, tmp_path: Path
) -> None:
    gain, at = port(session, "gain"), port(session, "reverb_time")
    session.make(song, SECONDS, ardour_lua.choose_preset("cathedral-organ", gain, at, 6.5))
    assert f"{at} = 6.5" in session.look(ardour_lua.print_value(at))
    first = session.export(tmp_path / "out.wav")
    assert first.tobytes() == session.export(tmp_path / "out.wav").tobytes()
    plain = rendered(song, SECONDS)
    assert np.abs(first[-RATE_HZ // 4 :]).max() > 1e-3 > np.abs(plain[-RATE_HZ // 4 :]).max()


def quieter(sound: NDArray[np.float32]) -> float:
    """The peak of the second second beside that of the first."""
    return float(np.abs(sound[RATE_HZ : 2 * RATE_HZ]).max() / np.abs(sound[:RATE_HZ]).max())
