"""The plugins' server as a process: instances come, go and are killed, and so is the server."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.stand_in import ServerProcess, StandIn, until
from rtsynth import contract
from rtsynth._core import NullDevice
from rtsynth.messages import NOTE_OFF, NOTE_ON
from rtsynth.serve import client, state
from rtsynth.serve.protocol import VERSION, Kind, Reader, pack
from rtsynth.serve.state import Saved
from tests.serve_stand_in import Come, come, common, common_server, meeting_folder, server

__all__ = ["come", "common", "common_server", "meeting_folder", "server"]  # fixtures

KEYS = range(48, 80)  # 32 of them
SILENT = 1e-5
PLAYED = round(contract.layer_velocity(5))


def at_start(timbre: str) -> bytes:
    """A state that begins with a timbre of the bundled instrument."""
    desk = {"channels": {"1": {"layers": [{"timbre": timbre}]}}}
    return state.write(Saved(None, None, None, desk))


def with_takes(made: StandIn) -> StandIn:
    """An instance whose keys are there."""
    until(lambda: made.render() is not None and all(made.ready(key) for key in KEYS))
    return made


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


@pytest.mark.parametrize(
    "data", [b"{", b'{"format": 9, "rtsynth": "9.9", "desk": {}}', b"\x00" * 99]
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(come: Come, data: bytes) -> None:
    made = come(at_start("choir"))
    before = made.answer(made.ask())
    made.send(Kind.STATE_IN, data)
    assert made.answer(made.ask()) == before
    assert len(made.log()) == 1


def named(instrument: str) -> bytes:
    """A state that names an instrument, as damaged JSON may."""
    return b'{"format": 1, "desk": {}, "instrument": {"name": "%s"}}' % instrument.encode()


@pytest.mark.parametrize(
    "data",
    [
        named("\\ud800"), named("a\\u0000b"), named("~nobody-there/x.onnx"), named("x" * 5000),
        b'{"format": 1, "desk": {"parameters": {"gain": 1e999}}}',
        b'{"format": 1, "desk": {"channels": {"1": {"layers": [{"timbre": "\\ud800"}]}}}}',
        b'{"format": 1, "desk": {"tuning": ' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
    ids=["half a character", "a zero", "a user", "long", "infinite", "half a timbre", "deep"],
)  # fmt: skip
def test_an_odd_state_is_named_in_a_line_and_the_instance_plays(come: Come, data: bytes) -> None:
    made = come(data)
    told = made.answer(made.ask())
    assert told["format"] == state.FORMAT
    assert len(made.log()) == 1
    assert "\n" not in made.log()[0]
    made.send(Kind.STATE_IN, json.dumps(told).encode())
    assert made.answer(made.ask()) == told
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


def said_to(folder: Path, *pieces: bytes, file: int | None = None) -> list[tuple[int, str]]:
    """What the server answers before it hangs up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60.0)
        connection.connect(str(folder / "server.sock"))
        if file is not None:
            socket.send_fds(connection, [pieces[0]], [file])
            pieces = pieces[1:]
        for piece in pieces:
            connection.sendall(piece)
        reader, found = Reader(), []
        while piece := connection.recv(1 << 16):
            found += [(frame.kind, frame.payload.decode()) for frame in reader.feed(piece)]
    return found


def greeting(**changes: object) -> bytes:
    hello = {"version": VERSION, "pid": 1, "format": "CLAP", "host": "x", "rate_hz": 48000.0}
    return pack(Kind.HELLO, json.dumps({**hello, **changes}).encode())


def test_what_is_no_plugin_is_refused_in_a_line(
    common: ServerProcess, come: Come, tmp_path: Path
) -> None:
    file = os.open(tmp_path, os.O_RDONLY)
    memory = os.memfd_create("not a link")
    os.truncate(memory, 1 << 16)
    cases = [
        (said_to(common.folder, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "not rtsynth's protocol"),
        (said_to(common.folder, os.urandom(4000)), "not rtsynth's protocol"),
        (said_to(common.folder, pack(Kind.STATE, b"")), "not a greeting"),
        (said_to(common.folder, pack(Kind.HELLO, b"{")), "no greeting"),
        (said_to(common.folder, pack(Kind.HELLO, b"[]")), "no greeting"),
        (said_to(common.folder, greeting(rate_hz="fast")), "no greeting"),
        (said_to(common.folder, greeting(version=7)), "version 7"),
        (said_to(common.folder, greeting()), "no memory"),
        (said_to(common.folder, greeting(), file=file), "cannot be used"),
        (said_to(common.folder, greeting(), file=memory), "cannot be used"),
    ]
    os.close(file)
    os.close(memory)
    for found, why in cases:
        assert [kind for kind, _ in found] == [Kind.REFUSED], why
        assert why in found[0][1]
        assert "\n" not in found[0][1]
    with_takes(come())  # it lives


def test_a_plugin_that_talks_nonsense_is_let_go(come: Come) -> None:
    made = come()
    made.send(Kind.WELCOME, b"I am the server")
    until(lambda: client.instances() == [])
    until(lambda: any(frame.kind == Kind.REFUSED for frame in made.frames))  # it is told last


def test_a_plugin_that_cannot_be_greeted_is_told_and_does_not_keep_the_server(
    meeting_folder: Path,
) -> None:
    code = ("from rtsynth.serve import server;"
            "server.Server._welcome = lambda self: 1 / 0;"
            "server.Server(lambda line: print(line, flush=True), linger_s=0.2).run()")  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        until(lambda: (meeting_folder / "server.sock").exists())
        made = StandIn(meeting_folder)
        made.connect()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "a connection ended: ZeroDivisionError" in out
    refused = [frame.payload for frame in made.frames if frame.kind == Kind.REFUSED]
    assert refused == [b"ZeroDivisionError: division by zero"]


def test_a_home_that_cannot_be_written(meeting_folder: Path) -> None:
    nowhere = "/dev/null/home"
    server = ServerProcess(meeting_folder, HOME=nowhere, XDG_CONFIG_HOME=nowhere,
                           XDG_CACHE_HOME=nowhere, XDG_DATA_HOME=nowhere)  # fmt: skip
    server.start()
    made = with_takes(StandIn(meeting_folder).connect())
    assert made.answer(made.ask())["instrument"]["name"] == "bundled"
    server.signal(signal.SIGTERM)
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert not [line for line in server.lines() if "Traceback" in line]


def test_a_second_server_says_that_one_runs(common: ServerProcess) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "rtsynth", "serve"], capture_output=True, text=True, timeout=60,
        env={**os.environ, "RTSYNTH_RUNTIME_DIR": str(common.folder)}, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert again.stderr == "rtsynth: a server for plugins runs already\n"


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
