"""The CLAP plugin and its server: either is killed or stopped, and instances come and go."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.plugin_cycles import Held, cycle
from benchmarks.plugin_hosting import hosting, quieten, wait_for, wait_for_sound
from benchmarks.plugin_playing import stalled
from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import Host, opened
from tests.plugin_builds import ROOT
from tests.plugin_builds import plugin as built

ORGAN = 16
CHORD = range(40, 72)  # 32 notes
HOST = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.plugin_hosting import wait_for_sound
from tests import clap_events as event
from tests.clap_host import Host, opened
import pathlib

with opened(pathlib.Path({path!r})) as library, library.plugin() as one, library.plugin() as other:
    for each in (one, other):
        each.play_at()
    wait_for_sound(one)
    print("ready", flush=True)
    while True:
        one.process(64, [event.note_on(60)])
"""


@pytest.fixture
def host():
    with hosting() as found:
        yield found


@pytest.fixture
def library(host):
    with opened(built("rtsynth.clap", "rtsynth_clap")) as found:
        yield found


def played(plugin, events=(), blocks=40):
    """The level of some blocks behind the events, linear."""
    sounds = [plugin.process(512, events if at == 0 else ()).sound for at in range(blocks)]
    assert all(np.isfinite(sound).all() for sound in sounds)
    return float(np.abs(np.concatenate(sounds[blocks // 2 :], axis=1)).max())


def came(plugin, log):
    """How often a server was joined by now, while the plugin plays on."""
    plugin.process(512)
    return log.read_text().count(" came")


def shared_memory():
    """Segments that have a name of ours; JACK servers of other tests come and go beside them."""
    return {path.name for path in Path("/dev/shm").glob("rtsynth*")}


def test_eight_instances_share_one_server_which_ends_with_the_last(library, host):
    hosts = [Host() for _ in range(8)]
    address = [library.create(each) for each in hosts]
    plugins = [abi.at(each, abi.Plugin) for each in address]
    for each, calls in zip(address, plugins, strict=True):
        assert calls.init(each)
    assert not host.server_pids()  # a host that only looks needs none
    for each, calls in zip(address, plugins, strict=True):
        assert calls.activate(each, 48000.0, 1, 64)
    wait_for(lambda: len(host.server_pids()) == 1, "no server was started")
    pid = host.server_pids()
    for each in (3, 0, 7, 1, 6, 2, 5):
        plugins[each].deactivate(address[each])
        plugins[each].destroy(address[each])
    with library.plugin() as late:
        late.play_at()
        wait_for_sound(late)
        assert host.server_pids() == pid
        plugins[4].deactivate(address[4])
        plugins[4].destroy(address[4])
        late.stop()
    wait_for(lambda: not host.server_pids(), "the server stays")
    assert "server.sock" not in host.leftovers()


def test_a_server_that_is_killed_under_32_voices_comes_back(library, host):
    with library.plugin() as plugin:
        plugin.play_at()
        wait_for_sound(plugin)
        chord = [event.note_on(key, 0, 0.5) for key in CHORD]
        plugin.process(512, [event.midi(0xC0, ORGAN), *chord])
        wait_for(lambda: played(plugin) > 1e-3, "the chord does not sound")
        (pid,) = host.server_pids()
        os.kill(pid, signal.SIGKILL)
        assert played(plugin) > 1e-3  # cached takes go on
        assert played(plugin, [event.note_off(key) for key in CHORD], 400) < 1e-3  # none is stuck
        log = host.folder.parent / "cache" / "rtsynth" / "server.log"
        wait_for(lambda: came(plugin, log) == 2, "it was not started again")
        assert host.server_pids() != [pid]
        assert len(plugin.host.lines) == 1
        quieten(plugin)
        wait_for_sound(plugin, 100)
        assert plugin.save()
        plugin.stop()


def test_a_host_that_is_killed_leaves_nothing_behind(host):
    path = built("rtsynth.clap", "rtsynth_clap")
    before = shared_memory()
    script = HOST.format(root=str(ROOT), path=str(path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        other.send_signal(signal.SIGKILL)
    wait_for(lambda: not host.server_pids(), "the server stays")
    assert "server.sock" not in host.leftovers()
    assert shared_memory() == before


def test_a_server_that_is_stopped_holds_up_no_note(library, host):
    found = stalled(library, host, 1.0).during
    assert found.notes > 30
    assert (found.silent, found.waits) == (0, 0)


def test_instances_that_come_and_go_leave_nothing(library, host):
    cycle(library, 100)
    before = Held.now()
    for seed in range(6):
        cycle(library, seed)
    wait_for(lambda: not Held.now().beyond(before), "instances leave something")  # others may, too
    wait_for(lambda: not host.server_pids(), "the server stays")
