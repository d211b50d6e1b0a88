"""What was set on the CLAP plugin stays, what was played goes, and a host is told no more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.stand_in import until
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.stage import presets
from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import Host, Library, Plugin
from tests.clap_hosted import BLOCK, Hosted, page

pytest_plugins = ["tests.clap_fixtures", "tests.clap_hosted"]

RATE_HZ = 48_000
NUMBERS = {name: HOST_PARAMETERS[place].id for name, place in PLACES.items()}
PROGRAM = event.midi(0xC2, 48)
SONG: list[tuple[int, Any]] = [  # by blocks; it lets go of nothing
    (0, event.note_on(60)), (0, event.note_on(55, channel=2)),
    (60, event.note_off(60)), (60, event.note_off(55, channel=2)),
    (90, event.midi(0xB0, 101, 0)), (90, event.midi(0xB0, 100, 1)), (90, event.midi(0xB0, 6, 90)),
    (100, event.midi(0xE0, 0, 100)), (100, event.midi(0xD0, 90)), (100, event.midi(0xB0, 64, 127)),
    (100, event.midi(0xB2, 7, 40)), (100, event.midi(0xB2, 74, 110)),
    (100, event.midi(0xB0, 1, 99)), (101, PROGRAM),
    (102, event.note_on(62)), (102, event.note_on(57, channel=2)),
]  # fmt: skip
BLOCKS = 160


def value(plugin: Plugin, name: str) -> float:
    return plugin.value(NUMBERS[name])


def bounce(plugin: Plugin, song: Sequence[tuple[int, Any]] = SONG) -> bytes:
    """Offline, from the song's beginning, in an instance that was stopped."""
    assert plugin.extension("clap.render").set(plugin.address, 1)
    plugin.play_at()
    sound = b""
    for i in range(BLOCKS):
        due = [each for at, each in song if at == i]
        place = event.transport(i * BLOCK / RATE_HZ)
        sound += plugin.process(BLOCK, due, place).sound.tobytes()
    plugin.stop()
    assert plugin.extension("clap.render").set(plugin.address, 0)
    return sound


def test_what_a_page_turned_stays_through_resets(hosted: Hosted) -> None:
    plugin = hosted.plugin
    with page() as order:
        order("set", name="expression", value=0.5)
        order("set", name="bright", value=0.5)
        order("set", name="expression", value=0.25, channel=4)
        order("morph", x=0.125, y=0.75)
        until(lambda: hosted.play() is not None and value(plugin, "timbre_x") == 0.125)
    before = hosted.desk()
    plugin.calls.reset(plugin.address)
    hosted.play(blocks=20)
    plugin.stop()
    plugin.play_at()
    hosted.play(blocks=20)
    assert hosted.desk() == before
    assert value(plugin, "expression") == 0.5
    assert value(plugin, "bright") == 0.5
    assert (value(plugin, "timbre_x"), value(plugin, "timbre_y")) == (0.125, 0.75)


def test_a_second_bounce_is_the_first_whatever_a_song_leaves(
    hosted: Hosted, library: Library
) -> None:
    with library.plugin(Host()) as plugin:
        first = bounce(plugin)
        assert any(first)
        assert bounce(plugin) == first
        plugin.play_at()
        live = Hosted(plugin)
        for i in range(BLOCKS):  # but for the program, which a player chooses
            live.play(*(each for at, each in SONG if at == i and each is not PROGRAM))
        until(lambda: live.play() is not None and value(plugin, "modulation") > 0.5)
        saved = plugin.save()
        plugin.stop()
        assert bounce(plugin) == first
    with library.plugin(Host()) as plugin:
        assert plugin.load(saved)
        assert value(plugin, "modulation") == 0.0
        assert bounce(plugin) == first


def test_a_preset_that_is_saved_at_once_is_there_when_it_is_opened(
    library: Library, own_server: Path
) -> None:
    entry = next(each for each in presets.SHELF.entries()
                 if presets.read(each.name).state.get("parameters"))  # fmt: skip
    wanted = presets.read(entry.name).state["parameters"]
    name = next(each for each in wanted if each in NUMBERS and each != "gain")
    with library.plugin(Host()) as plugin:
        plugin.play_at()
        load = plugin.extension("clap.preset-load/2").from_location
        assert load(plugin.address, 1, None, entry.name.encode())
        assert plugin.flush([event.parameter(NUMBERS["gain"], -9.0)]) is not None
        saved = plugin.save()
        plugin.stop()
    with library.plugin(Host()) as plugin:
        assert plugin.load(saved)
        plugin.play_at()
        hosted = Hosted(plugin)
        until(lambda: hosted.play() is not None
              and value(plugin, name) == pytest.approx(wanted[name]))  # fmt: skip
        until(lambda: hosted.play() is not None and hosted.parameters().get("gain") == -9.0)
        assert hosted.parameters()[name] == pytest.approx(wanted[name])
        plugin.stop()


def test_a_place_that_is_set_while_it_is_inactive_is_saved(
    library: Library, own_server: Path
) -> None:
    with library.plugin(Host()) as plugin:
        plugin.play_at()
        hosted = Hosted(plugin)
        until(lambda: hosted.play() is not None and hosted.desk() is not None)
        plugin.stop()
        plugin.flush([event.parameter(NUMBERS["timbre_x"], 0.2)])
        saved = plugin.save()
    with library.plugin(Host()) as plugin:
        assert plugin.load(saved)
        assert value(plugin, "timbre_x") == 0.2
        plugin.play_at()
        hosted = Hosted(plugin)
        until(lambda: hosted.play() is not None and "channels" in (hosted.desk() or {}))
        hosted.play(blocks=20)
        assert value(plugin, "timbre_x") == 0.2
        plugin.stop()


def test_a_pages_key_wakes_a_plugin_that_sleeps(hosted: Hosted) -> None:
    plugin, asked = hosted.plugin, hosted.plugin.host.asked
    until(lambda: plugin.process(BLOCK).status == abi.SLEEP)
    asked.clear()
    with page() as order:
        order("note", key=60, velocity=100)
        until(lambda: "process" in asked)
        assert plugin.process(BLOCK).status == abi.CONTINUE
        until(lambda: hosted.play() > 1e-4)
        order("note", key=60, velocity=0)
        until(lambda: plugin.process(BLOCK).status == abi.TAIL)
    until(lambda: plugin.process(BLOCK).status == abi.SLEEP)
    assert not {"dirty", "callback"} & set(asked)


def test_a_tail_that_becomes_another_is_told(hosted: Hosted) -> None:
    asked = hosted.plugin.host.asked
    before = hosted.plugin.extension("clap.tail").get(hosted.plugin.address)
    hosted.play()
    assert "tail" not in asked
    hosted.set(reverb_time=9.0)
    assert asked.count("tail") == 1
    assert hosted.plugin.extension("clap.tail").get(hosted.plugin.address) > before


def test_a_project_changes_by_hand_and_not_by_its_own_automation(hosted: Hosted) -> None:
    plugin, asked = hosted.plugin, hosted.plugin.host.asked
    hosted.play(blocks=20)
    hosted.set(reverb_time=4.5, expression=0.25, timbre_x=0.1, bright=0.5)
    hosted.play(event.midi(0xB0, 7, 20), event.midi(0xC3, 48))
    until(lambda: hosted.play() is not None and hosted.parameters().get("reverb_time") == 4.5)
    hosted.play(blocks=20)
    with page() as order:
        order("set", name="reverb_time", value=2.5)
        until(lambda: hosted.play() is not None and value(plugin, "reverb_time") == 2.5)
        until(lambda: "callback" in asked)
    assert asked.count("callback") == 1
    plugin.calls.on_main_thread(plugin.address)
    assert asked.count("dirty") == 1
