"""The plugins' server as a process: instances come, go and are killed, and so is the server."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.stand_in import ServerProcess, StandIn, until
from rtsynth import contract
from rtsynth._core import NullDevice
from rtsynth.messages import NOTE_OFF, NOTE_ON
from rtsynth.serve import client, state
from rtsynth.serve.protocol import VERSION, Kind
from rtsynth.serve.state import Saved
from tests.serve_stand_in import (
    KEYS,
    Come,
    at_start,
    come,
    common,
    common_server,
    meeting_folder,
    server,
    with_takes,
)

__all__ = ["come", "common", "common_server", "meeting_folder", "server"]  # fixtures

SILENT = 1e-5
PLAYED = round(contract.layer_velocity(5))


def test_an_instance_gets_its_takes_and_its_state(come: Come) -> None:
    made = with_takes(come())
    welcome = json.loads(made.frames[0].payload)
    assert made.frames[0].kind == Kind.WELCOME
    assert welcome["version"] == VERSION
    assert "grand-hall" in welcome["presets"]
    made.engine.midi(NOTE_ON, 60, PLAYED)
    assert np.abs(made.render(20)).max() > SILENT
    assert made.engine.stats().cache_misses == 0
    told = made.answer(made.ask())
    assert told["format"] == state.FORMAT
    assert told["instrument"]["name"] == "bundled"
    assert made.log() == []


def test_the_gain_stays_the_plugins_when_a_server_comes(common: ServerProcess) -> None:
    made = StandIn(common.folder)
    made.engine.set_gain_db(-40.0)
    made.render()
    with_takes(made.connect())
    made.engine.midi(NOTE_ON, 60, PLAYED)
    assert 0.0 < np.abs(made.render(20)).max() < 1e-2
    made.disconnect()


def test_a_state_comes_back_as_it_was_loaded(come: Come) -> None:
    made = come(at_start("choir"))
    told = made.answer(made.ask())
    assert told["desk"]["channels"]["1"]["layers"] == [{"timbre": "choir"}]
    made.send(Kind.STATE_IN, json.dumps(told).encode())
    assert made.answer(made.ask()) == told


def test_a_preset_is_loaded_and_its_state_told(come: Come) -> None:
    made = come()
    made.send(Kind.PRESET, b"grand-hall")

    def told() -> bool:
        made.render()
        states = [json.loads(f.payload) for f in made.frames if f.kind == Kind.STATE]
        return any("reverb_time" in each["desk"].get("parameters", {}) for each in states)

    until(told)
    assert any("grand-hall" in line for line in made.log())


def test_a_missing_instrument_is_named_and_stays_in_the_state(come: Come, tmp_path: Path) -> None:
    missing = {"name": str(tmp_path / "glass.onnx"), "hash": "00"}
    desk = {"channels": {"1": {"layers": [{"timbre": "shards"}]}}}
    given = {"format": 1, "instrument": missing, "timbre": "shards", "desk": desk}
    made = come(json.dumps(given).encode())
    told = made.answer(made.ask())
    assert told["instrument"] == missing
    assert told["desk"]["channels"]["1"]["layers"] == [{"timbre": "shards"}]
    assert [line for line in made.log() if "glass.onnx is missing" in line]
    until(lambda: made.render() is not None and made.ready(60))


def test_a_killed_server_leaves_what_sounds_and_the_next_one_goes_on(server: ServerProcess) -> None:
    made = with_takes(StandIn(server.folder, at_start("strings")).connect())
    until(lambda: made.render() is not None and made.answer(made.ask()))
    for key in KEYS:
        made.engine.midi(NOTE_ON, key, PLAYED)
    made.render(4)
    assert made.engine.stats().voices == len(KEYS)
    server.kill()
    assert made.render(20).any()
    assert made.engine.stats().voices == len(KEYS)
    for key in KEYS[:16]:  # notes go on beginning and ending
        made.engine.midi(NOTE_OFF, key, 0)
        made.engine.midi(NOTE_ON, key, PLAYED)
    assert np.abs(made.render(20)).max() > SILENT

    slots = {slot: [key for key in KEYS if made.ready(key, slot)] for slot in range(64)}
    made.state = at_start("strings")
    server.start()
    made.connect()
    made.answer(made.ask())
    for slot, keys in slots.items():  # what was there was not thrown away
        assert all(made.ready(key, slot) for key in keys)
    made.engine.midi(NOTE_ON, 100, PLAYED)
    until(lambda: made.render() is not None and made.engine.stats().voices > 0)
    for key in (*KEYS, 100):
        made.engine.midi(NOTE_OFF, key, 0)
    until(lambda: made.render(20) is not None and made.engine.stats().voices == 0, "notes stick")


def test_takes_of_another_instrument_are_thrown_away(server: ServerProcess, tiny: Path) -> None:
    made = with_takes(StandIn(server.folder).connect())
    server.kill()
    made.state = state.write(Saved(state.Reference(str(tiny), ""), None, None, {}))
    server.start()
    made.connect()
    told = made.answer(made.ask())
    assert told["instrument"]["name"] == str(tiny)
    until(lambda: made.render() is not None and made.ready(60))
    assert not made.ready(60, 20)  # the tiny one has fewer timbres


def test_a_stalled_server_holds_nothing_up(server: ServerProcess) -> None:
    made = with_takes(StandIn(server.folder).connect())
    server.signal(signal.SIGSTOP)
    for i, key in enumerate(KEYS):
        made.engine.midi(NOTE_ON, key, PLAYED)
        heard = made.render(8)
        assert np.abs(heard).max() > SILENT, f"note {i} is silent"
        made.engine.midi(NOTE_OFF, key, 0)
    notes = made.engine.trace()
    assert len(notes) == len(KEYS)
    assert (notes[:, 2] >= notes[:, 1]).all()  # each began
    assert (notes[:, 2] - notes[:, 1] < 64).all()  # at once
    server.signal(signal.SIGCONT)
    made.engine.midi(NOTE_ON, 30, 100)
    until(lambda: made.render() is not None and made.engine.frames_ready(0, 30, 6) > 0
          and made.engine.frames_ready(0, 30, 5) > 0)  # fmt: skip


def test_eight_instances_come_and_go_in_any_order(meeting_folder: Path) -> None:
    server = ServerProcess(meeting_folder, linger_s=0.3)
    server.start()
    first = [StandIn(meeting_folder, arena_mib=16).connect() for _ in range(8)]
    for each in first:
        each.answer(each.ask())
    assert len(client.instances()) == 8
    for place in (3, 0, 7, 5):
        first[place].disconnect()
    until(lambda: len(client.instances()) == 4)
    later = [StandIn(meeting_folder, arena_mib=16).connect() for _ in range(2)]
    for each in (*later, first[1], first[2], first[4], first[6]):
        until(lambda each=each: each.render() is not None and each.ready(60))
    for each in (*first, *later):
        each.disconnect()
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert list(meeting_folder.iterdir()) == []


def test_a_host_that_is_killed_leaves_nothing(meeting_folder: Path) -> None:
    server = ServerProcess(meeting_folder, linger_s=0.3)
    server.start()
    code = ("import sys, time; from pathlib import Path; from benchmarks.stand_in import StandIn;"
            "made = StandIn(Path(sys.argv[1])).connect(); made.answer(made.ask());"
            "print('there', flush=True); time.sleep(600)")  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code, str(meeting_folder)], stdout=subprocess.PIPE
    ) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"there\n"
        host.kill()
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert list(meeting_folder.iterdir()) == []


def test_a_device_plays_on_while_the_server_is_killed(server: ServerProcess) -> None:
    """With a real clock: no block waits for the other process."""
    made = with_takes(StandIn(server.folder).connect())
    device = NullDevice(made.engine, 64)
    device.start()
    for key in KEYS:
        made.engine.midi(NOTE_ON, key, PLAYED)
    until(lambda: made.engine.stats().voices == len(KEYS))
    server.kill()
    before = made.engine.stats().callbacks
    until(lambda: made.engine.stats().callbacks > before + 200)
    assert made.engine.stats().voices == len(KEYS)
    assert made.engine.stats().peak_left > SILENT
    for key in KEYS:
        made.engine.midi(NOTE_OFF, key, 0)
    until(lambda: made.engine.stats().voices == 0)
    device.stop()
