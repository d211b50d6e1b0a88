"""What the VST3 plugin plays with its server: states, presets, live notes, real hosts' songs."""

import itertools
from pathlib import Path

import numpy as np
import pedalboard
import pytest

from benchmarks.plugin_hosting import wait_for
from tests import plugin_song
from tests import vst3_abi as abi
from tests.plugin_song import NOTES, RATE_HZ, SAMPLES, SONG, difference_db
from tests.vst3_objects import note_on
from tests.vst3_served import module, opened, truth
from tests.vst3_song import Sound, bounce, wait_for_sound

dawdreamer = pytest.importorskip("dawdreamer")  # these two have wheels for few systems
minihost = pytest.importorskip("minihost")

GAIN = 1


__all__ = ["module", "opened", "truth"]  # fixtures


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


@pytest.mark.parametrize("which", [0, -1])  # which of the two a host takes for the list
def test_a_preset_is_chosen_from_the_list(opened, which):
    presets = [each for each in opened.parameters()
               if each.unit == 0 and each.flags & abi.PROGRAM_CHANGE][which]  # fmt: skip
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
