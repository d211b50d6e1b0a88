"""The plugin in a host and its server, both for real: values, presets and pages, and a murder."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.stand_in import until
from rtsynth.serve.client import instances
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.serve.meeting import meet
from rtsynth.serve.protocol import NUMBER, PageKind, pack
from tests import clap_events as event
from tests.clap_host import Host, Library, Plugin

pytest_plugins = ["tests.clap_fixtures"]

BLOCK = 256


class Hosted:
    """An instance that processes, and what it told its host."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.told: list[tuple[str, float]] = []
        self.names = {each.id: each.known.name for each in HOST_PARAMETERS}

    def play(self, *events: Any, blocks: int = 1) -> float:
        """The highest sample of some blocks; the first has the events."""
        peak = 0.0
        for i in range(blocks):
            block = self.plugin.process(BLOCK, events if i == 0 else ())
            self.told += [(self.names[each.param_id], each.value) for each in block.events
                          if hasattr(each, "param_id")]  # fmt: skip
            peak = max(peak, float(np.abs(block.sound).max()))
        return peak

    def set(self, **values: float) -> None:
        """Automation."""
        self.play(*(event.parameter(HOST_PARAMETERS[PLACES[name]].id, value)
                    for name, value in values.items()))  # fmt: skip

    def desk(self) -> dict[str, Any] | None:
        """The desk's state in the host's project; None: there is none yet."""
        state = self.plugin.save()
        start = state.find(b'{"desk"')
        if start < 0:
            return None
        found, _ = json.JSONDecoder().raw_decode(state[start:].decode("latin-1"))
        return dict(found["desk"])

    def parameters(self) -> dict[str, float]:
        """Values that are not as at the start: channel 1's and everybody's."""
        desk = self.desk() or {}
        channel = desk.get("channels", {}).get("1", {}).get("parameters", {})
        return {**desk.get("parameters", {}), **channel}


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Plugins start a server of this test's own; gives the folder where they meet it."""
    folder = tmp_path / "run"
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("RTSYNTH_SERVER", f"{sys.executable} -m rtsynth serve --linger 0.3")
    return folder


@pytest.fixture
def hosted(library: Library, own_server: Path) -> Iterator[Hosted]:
    """An instance whose server is there."""
    with library.plugin(Host()) as plugin:
        plugin.play_at()
        hosted = Hosted(plugin)
        until(lambda: hosted.play() is not None and hosted.desk() is not None)
        yield hosted
        plugin.stop()
    until(lambda: not list(own_server.iterdir()))  # the server went with the last instance


def test_automation_is_on_the_desk_and_does_not_come_back(hosted: Hosted) -> None:
    hosted.play(blocks=8)
    hosted.told.clear()
    hosted.set(reverb_time=3.25, gain=-6.0, volume=0.5, bright=0.4, touch=0.25, mono=1.0,
               fine_tune=20.0)  # fmt: skip
    wanted = {"reverb_time": 3.25, "gain": -6.0, "touch": 0.25, "mono": 1.0}
    until(lambda: hosted.play() is not None and wanted.items() <= hosted.parameters().items())
    found = hosted.parameters()
    assert found["volume"] == pytest.approx(0.5, abs=0.005)
    assert found["bright"] == pytest.approx(0.4, abs=0.01)
    assert found["fine_tune"] == pytest.approx(20.0, abs=0.05)
    hosted.play(blocks=8)
    assert hosted.told == []


def test_what_a_page_moves_is_told_to_the_host(hosted: Hosted) -> None:
    connection = meet()
    assert connection is not None
    with connection:
        number = instances()[0]["number"]
        order = {"do": "set", "name": "reverb_time", "value": 7.5, "channel": 0}
        connection.sendall(pack(PageKind.ATTACH, NUMBER.pack(number))
                           + pack(PageKind.TEXT, json.dumps(order).encode()))  # fmt: skip
        until(lambda: hosted.play() is not None and ("reverb_time", 7.5) in hosted.told)
        connection.shutdown(socket.SHUT_RDWR)
    assert hosted.plugin.value(HOST_PARAMETERS[PLACES["reverb_time"]].id) == 7.5
    assert hosted.parameters()["reverb_time"] == 7.5


def test_a_killed_server_is_replaced_and_knows_everything(hosted: Hosted) -> None:
    hosted.set(reverb_time=5.5)
    until(lambda: hosted.play() is not None and hosted.parameters().get("reverb_time") == 5.5)
    until(lambda: hosted.play(event.note_on(60)) > 1e-4)
    os.kill(server_pid(), signal.SIGKILL)
    assert hosted.play(blocks=20) > 1e-4  # it sounds on
    until(lambda: hosted.play() is not None and instances())
    until(lambda: hosted.play() is not None and hosted.parameters().get("reverb_time") == 5.5)
    hosted.play(event.note_off(60))
    until(lambda: hosted.play(blocks=20) < 1e-5)
    until(lambda: hosted.play(event.note_on(62)) > 1e-4)
    hosted.play(event.note_off(62))


def bounced(library: Library) -> bytes:
    """Two seconds, offline, of held notes whose timbre turns."""
    with library.plugin(Host()) as plugin:
        assert plugin.extension("clap.render").set(plugin.address, 1)
        plugin.play_at()
        sound = b""
        for i in range(2 * 48_000 // BLOCK):
            events = [event.midi(0xB0, 74, i % 128)] if i % 19 == 5 else []
            if i % 40 == 0:
                events.append(event.note_on(50 + i % 30, sample=3))
            if i % 40 == 30:
                events.append(event.note_off(50 + (i - 30) % 30, sample=9))
            block = plugin.process(BLOCK, events, event.transport(i * BLOCK / 48_000))
            sound += block.sound.tobytes()
        plugin.stop()
    return sound


def test_bounces_of_a_timbre_that_turns_are_the_same(library: Library, own_server: Path) -> None:
    first = bounced(library)
    assert bounced(library) == first
    assert any(first)


def server_pid() -> int:
    """The process at the other end."""
    connection = meet()
    assert connection is not None
    with connection:
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(found[:4], sys.byteorder)
