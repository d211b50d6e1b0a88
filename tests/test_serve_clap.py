"""The plugin in a host and its server, both for real: values, presets and pages, and a murder."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from benchmarks.stand_in import until
from rtsynth.serve.client import instances
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.serve.meeting import meet
from tests import clap_events as event
from tests.clap_host import Host, Library
from tests.clap_hosted import BLOCK, Hosted, page

pytest_plugins = ["tests.clap_fixtures", "tests.clap_hosted"]


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
    with page() as order:
        order("set", name="reverb_time", value=7.5)
        until(lambda: hosted.play() is not None and ("reverb_time", 7.5) in hosted.told)
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
