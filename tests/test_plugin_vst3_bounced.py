"""Bounces by the VST3 plugin with its server: what render makes, the same bytes, automation."""

import itertools

import numpy as np
import pytest

from tests import vst3_abi as abi
from tests.plugin_song import NOTES, RATE_HZ, SAMPLES, SONG, difference_db
from tests.vst3_served import module, opened, truth
from tests.vst3_song import any_sizes, bounce

GAIN = 1
BY_THE_SONG = {13, 26}  # the reverb's send and the bend's range: it moves them where they come


__all__ = ["module", "opened", "truth"]  # fixtures


# --- bounces -------------------------------------------------------------------------------------


def test_a_bounce_is_what_render_makes(opened, truth):
    assert difference_db(bounce(opened, itertools.repeat(512)), truth) < -90.0


def test_two_bounces_are_the_same_bytes_whatever_the_blocks(module, opened):
    first = bounce(opened, itertools.repeat(512), NOTES)
    assert first.any()
    assert bounce(opened, itertools.repeat(512), NOTES).tobytes() == first.tobytes()
    with module.opened() as other:
        assert bounce(other, any_sizes(8), NOTES).tobytes() == first.tobytes()


@pytest.mark.parametrize("begin", [-768, -1000, -5])
def test_how_early_a_host_begins_is_not_heard(opened, truth, begin):
    """Ardour's export does, by what its outputs may have to wait for."""
    first = [(begin, SONG[0][1]), *SONG[1:]]  # the program comes along
    sound = bounce(opened, itertools.repeat(512), first, begin=begin)
    assert difference_db(sound, truth) < -90.0


@pytest.mark.parametrize("at", [-700, -640])  # within a tick of the core's, and at its first sample
def test_a_note_before_the_song_sounds_whatever_the_blocks(opened, at):
    song = [(-768, (0xC1, 48)), (at, (0x90, 60, 100)), *NOTES[1:]]
    found = [bounce(opened, itertools.repeat(size), song, begin=-768) for size in (64, 256, 768)]
    assert np.abs(found[0][:, :64]).max() > 1e-3
    assert all(each.tobytes() == found[0].tobytes() for each in found)


def test_values_that_a_host_keeps_as_floats_move_nothing(opened, truth):
    """A project of Ardour's sends all of them as it is opened."""
    points = {each.id: [(0, float(np.float32(each.default)))]
              for each in opened.parameters() if each.flags == abi.CAN_AUTOMATE
              and each.id not in BY_THE_SONG}  # fmt: skip
    sound = bounce(opened, itertools.repeat(512), points=points)
    assert difference_db(sound, truth) < -200.0


def test_turned_timbres_are_the_same_bytes_with_the_same_blocks(opened):
    turns = [(26_000, (0xD1, 50)), (28_000, (0xB0, 74, 100)), (36_000, (0xD1, 0))]
    left = [(60_000, (0xB0, 64, 127)), (60_000, (0xE0, 0, 20)), (61_000, (0xB1, 7, 20)),
            (62_000, (0x90, 72, 90)), (62_000, (0x91, 60, 90))]  # fmt: skip
    song = sorted(SONG + turns + left, key=lambda each: each[0])
    first = bounce(opened, itertools.repeat(256), song)
    assert bounce(opened, itertools.repeat(256), song).tobytes() == first.tobytes()


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
