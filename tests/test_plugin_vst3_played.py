"""What the VST3 plugin plays with its server: bounces, automation, states, presets, live notes."""

import ctypes
import gc
import itertools
import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from numpy.typing import NDArray

from benchmarks.plugin_hosting import hosting, wait_for
from tests import plugin_song
from tests import vst3_abi as abi
from tests.plugin_builds import plugin
from tests.plugin_song import NOTES, RATE_HZ, SAMPLES, SONG, Song, difference_db
from tests.vst3_host import Module, Plugin
from tests.vst3_objects import Point, note_off, note_on
from tests.vst3_structures import Event, Legacy

dawdreamer = pytest.importorskip("dawdreamer")  # these two have wheels for few systems
minihost = pytest.importorskip("minihost")

GAIN = 1
Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def module():
    """With a server that is there and has made takes."""
    with hosting("--linger", "2"):
        found = Module(plugin("rtsynth.vst3", "rtsynth_vst3"))
        with found.opened() as first:
            wait_for_sound(first)
            yield found
        gc.collect()  # pedalboard's plugins and their parameters hold each other
        found.close()


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return plugin_song.rendered(SONG, tmp_path_factory.mktemp("song"))


@pytest.fixture
def opened(module):
    with module.opened() as found:
        yield found


def wait_for_sound(opened: Plugin) -> None:
    opened.play_at()
    opened.block(64, [note_on(60)])
    wait_for(lambda: bool(np.abs(opened.block(512).sound).max() > 1e-4), "no sound")
    opened.stop()


def events_of(message: tuple[int, ...], sample: int, opened: Plugin) -> tuple[list[Event], dict]:
    """A MIDI message as a host brings it: an event, or a point of a hidden parameter."""
    status, channel, first = message[0] & 0xF0, message[0] & 0x0F, message[1]
    second = message[2] if len(message) > 2 else 0
    if status == 0x90:
        return [note_on(first, second / 127, sample=sample, channel=channel)], {}
    if status == 0x80:
        return [note_off(first, second / 127, sample=sample, channel=channel)], {}
    if status == 0xC0:  # as JUCE does it
        event = Event(sample=sample, kind=abi.LEGACY)
        event.body.legacy = Legacy(abi.PROGRAM, channel, first, 0)
        return [event], {}
    place = {0xB0: first, 0xD0: abi.PRESSURE, 0xE0: abi.BEND}[status]
    value = {0xB0: second / 127, 0xD0: first / 127, 0xE0: (first + 128 * second) / 16383}[status]
    number = ctypes.c_uint32()
    mapping = opened.faces["IMidiMapping"]
    assert mapping.assignment(0, channel, place, ctypes.byref(number)) == abi.OK
    return [], {number.value: [(sample, value)]}


def bounce(opened: Plugin, sizes: Iterable[int], song: Song = SONG, most: int = 4096,
           points: dict[int, list[Point]] | None = None, ready: bool = False):  # fmt: skip
    """Offline, in blocks of these sizes; `points` are of the whole song."""
    if not ready:
        opened.play_at(RATE_HZ, most, abi.OFFLINE)
    sound = np.zeros((2, SAMPLES), np.float32)
    done = 0
    for size in sizes:
        end = min(done + size, SAMPLES)
        events: list[Event] = []
        moved: dict[int, list[Point]] = {
            number: [(at - done, value) for at, value in each if done <= at < end]
            for number, each in (points or {}).items()
        }
        for sample, message in song:
            if done <= sample < end:
                notes, turns = events_of(message, sample - done, opened)
                events += notes
                for number, each in turns.items():
                    moved.setdefault(number, []).extend(each)
        answer = opened.block(end - done, events, moved, at=done)
        assert answer.result == abi.OK
        sound[:, done:end] = answer.sound
        done = end
        if done == SAMPLES:
            break
    opened.stop()
    return sound


def any_sizes(seed: int) -> Iterable[int]:
    chance = random.Random(seed)
    return iter(lambda: chance.choice([1, 2, 37, 64, 500, 1024, 4096]), None)


# --- bounces -------------------------------------------------------------------------------------


def test_a_bounce_is_what_render_makes(opened, truth):
    assert difference_db(bounce(opened, itertools.repeat(512)), truth) < -90.0


def test_two_bounces_are_the_same_bytes_whatever_the_blocks(module, opened):
    first = bounce(opened, itertools.repeat(512), NOTES)
    assert first.any()
    assert bounce(opened, itertools.repeat(512), NOTES).tobytes() == first.tobytes()
    with module.opened() as other:
        assert bounce(other, any_sizes(8), NOTES).tobytes() == first.tobytes()


def test_turned_timbres_are_the_same_bytes_with_the_same_blocks(module):
    turns = [(26_000, (0xD1, 50)), (28_000, (0xB0, 74, 100)), (36_000, (0xD1, 0))]
    song = sorted(SONG + turns, key=lambda each: each[0])
    found = []
    for _ in range(2):  # an instance each: controllers stay where a song leaves them
        with module.opened() as opened:
            found.append(bounce(opened, itertools.repeat(256), song))
    assert found[0].tobytes() == found[1].tobytes()


def test_a_host_may_say_with_blocks_alone_that_it_is_offline(opened, truth):
    opened.play_at(RATE_HZ, 4096)
    opened.mode = abi.OFFLINE
    sound = bounce(opened, itertools.repeat(4096), ready=True)
    assert difference_db(sound, truth) < -90.0


# --- automation ----------------------------------------------------------------------------------


def test_a_point_holds_from_its_own_sample(opened):
    """A gain of -60 dB at a sample is the same as a block that begins there."""
    points = {GAIN: [(0, 60 / 84), (10_013, 0.0), (30_000, 60 / 84)]}
    within = bounce(opened, itertools.repeat(4096), NOTES, points=points)
    cut = bounce(opened, iter([10_013, 19_987, 100_000]), NOTES, 100_000, points)
    assert within.tobytes() == cut.tobytes()
    plain = bounce(opened, itertools.repeat(4096), NOTES)
    changed = np.flatnonzero((within != plain).any(axis=0))
    assert 10_013 <= changed[0] < 10_013 + 64
    level = np.abs(within[:, 20_000:30_000]).max() / np.abs(plain[:, 20_000:30_000]).max()
    assert level == pytest.approx(1e-3, rel=0.05)


def test_curves_of_every_parameter_play_and_come_to_an_end(opened):
    points = {each.id: [(at, at / SAMPLES) for at in (0, 40_000, 80_000)]
              for each in opened.parameters() if each.flags == abi.CAN_AUTOMATE}  # fmt: skip
    sound = bounce(opened, itertools.repeat(4096), NOTES, points=points)
    assert np.isfinite(sound).all()
    assert sound.any()


# --- states --------------------------------------------------------------------------------------


def test_a_project_that_is_opened_again_sounds_as_it_did(module, opened):
    moves = {GAIN: 0.6, 9: 0.5, 11: 0.2, 26: 0.1, 41: 0.3}  # by every home but the desk's
    plain = bounce(opened, itertools.repeat(512), NOTES)
    points = {number: [(0, value)] for number, value in moves.items()}
    moved = bounce(opened, itertools.repeat(512), NOTES, points=points)
    assert difference_db(moved, plain) > -40.0
    state = opened.state()
    with module.opened() as other:
        assert other.load(state) == abi.OK
        for _ in range(2):  # what is reset between them comes back
            again = bounce(other, itertools.repeat(512), NOTES)
            assert difference_db(again, moved) < -90.0
        for number, value in moves.items():
            assert other.controller.get(number) == pytest.approx(value)


# --- live ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 37, 64, 512, 4096])
def test_a_note_begins_at_its_sample(opened, size):
    wait_for_sound(opened)
    opened.play_at(RATE_HZ, size)
    wait_for(lambda: opened.block(size).silent == 3, "it is not silent")
    due, done, first = 3 * size + size // 3, 0, None
    while first is None and done < due + 3 * 4096:
        events = [note_on(60, sample=due - done)] if done <= due < done + size else []
        heard = np.flatnonzero(opened.block(size, events).sound.any(axis=0))
        first = done + int(heard[0]) if len(heard) else None
        done += size
    assert first is not None
    assert 0 <= first - due < 2


def test_a_preset_is_chosen_from_the_list(opened):
    (presets,) = [each for each in opened.parameters()
                  if each.unit == 0 and each.flags & abi.PROGRAM_CHANGE]  # fmt: skip
    assert presets.steps > 0
    opened.play_at()
    before = opened.state()
    opened.controller.set(presets.id, 1.0)
    wait_for(lambda: bool(opened.block(64).moved) or opened.state() != before, "nothing moved")


def test_stopped_by_the_host_nothing_sounds_on(opened):
    wait_for_sound(opened)
    opened.play_at()
    opened.block(512, [note_on(60)])
    opened.processor.set_processing(0)
    opened.processor.set_processing(1)
    assert np.abs(opened.block(4096).sound[:, 2048:]).max() < 1e-4


# --- the same in real hosts, as far as each can: two bring controllers with blocks alone ---------


def in_minihost(bundle: str) -> Sound:
    sound = np.zeros((2, SAMPLES), np.float32)
    with minihost.Plugin(bundle, float(RATE_HZ), 512) as opened:
        opened.non_realtime = True
        for at in range(0, SAMPLES, 512):
            opened.set_transport(120.0, position_samples=at, position_beats=at / 24_000)
            end = min(at + 512, SAMPLES)
            now = [(s - at, *m, 0)[:4] for s, m in SONG if at <= s < end]
            block = np.zeros((2, end - at), np.float32)
            opened.process_midi(np.zeros((2, end - at), np.float32), block, now)
            sound[:, at:end] = block
    return sound


def in_pedalboard(bundle: str) -> Sound:
    opened = pedalboard.VST3Plugin(bundle)
    # Its seconds become samples by what is left of the point.
    messages = [(bytes(message), (sample + 0.5) / RATE_HZ) for sample, message in NOTES]
    sound: Sound = opened(messages, duration=SAMPLES / RATE_HZ, sample_rate=RATE_HZ)
    return sound[:, :SAMPLES]


def in_dawdreamer(bundle: str, folder: Path) -> Sound:
    engine = dawdreamer.RenderEngine(RATE_HZ, 500)
    opened = engine.make_plugin_processor("synth", bundle)
    opened.load_midi(str(plugin_song.write(NOTES, folder / "notes.mid")))
    engine.load_graph([(opened, [])])
    engine.render(SAMPLES / RATE_HZ)
    sound: Sound = engine.get_audio()
    return sound[:, :SAMPLES]


@pytest.fixture(scope="module")
def true_notes(tmp_path_factory):
    return plugin_song.rendered(NOTES, tmp_path_factory.mktemp("song"))


def test_minihost_bounces_what_render_makes(module, truth):
    first = in_minihost(str(module.bundle))
    assert difference_db(first, truth) < -90.0
    assert in_minihost(str(module.bundle)).tobytes() == first.tobytes()


def test_pedalboard_bounces_what_render_makes(module, true_notes):
    first = in_pedalboard(str(module.bundle))
    assert difference_db(first, true_notes) < -90.0
    assert in_pedalboard(str(module.bundle)).tobytes() == first.tobytes()


def test_dawdreamer_bounces_what_render_makes(module, true_notes, tmp_path):
    first = in_dawdreamer(str(module.bundle), tmp_path)
    assert difference_db(first, true_notes) < -90.0
    assert in_dawdreamer(str(module.bundle), tmp_path).tobytes() == first.tobytes()
