"""A Link: Python's end of what another process plays from; a plugin's end is stood for here."""

import os
import sys

import numpy as np
import pytest

from rtsynth import _core
from rtsynth._core import Engine, Link, wait_any
from rtsynth.contract import FRAME_VALUES, NOTE_VALUES, PAGE_FRAMES

RATE_HZ = 48000.0

needs_seals = pytest.mark.skipif(sys.platform != "linux", reason="only Linux seals memory")


def engine(**settings: bool) -> Engine:
    return Engine(RATE_HZ, polyphony=8, arena_mib=2, **settings)


def blocks(of: Engine, samples: int) -> np.ndarray:
    out = np.zeros((samples, 2), np.float32)
    of.render(out)
    return out


def page(level_db: float) -> np.ndarray:
    frames = np.full((PAGE_FRAMES, FRAME_VALUES), -100.0, np.float32)
    frames[:, 0] = level_db
    frames[:, -1] = 0.0
    return frames


def test_the_other_end_plays_makes_and_is_asked():
    plays = engine(shared=True)
    link = Link.adopt(plays.fileno())
    assert (link.rate_hz, link.polyphony) == (RATE_HZ, 8)
    note = np.zeros(NOTE_VALUES, np.float32)
    assert link.put(0, 60, 6, 0, page(0.0), note)
    assert plays.frames_ready(0, 60, 6) == PAGE_FRAMES
    assert wait_any([link], 0.0) == []
    assert link.midi(0x90, 60, 100)
    assert np.abs(blocks(plays, 512)).max() > 0.0
    assert link.stats().notes == plays.stats().notes == 1
    assert wait_any([link, plays], 100.0) == [0, 1]
    assert wait_any([link], 0.0, requests=False) == []
    rows = link.requests(100, 0.0)
    assert [tuple(row[:4]) for row in rows[:1]] == [(0, 60, 6, PAGE_FRAMES)]
    assert link.server_beat_ns > 0
    assert link.audio_beat_ns > 0


def test_what_one_end_says_is_there_for_the_next():
    plays = engine(shared=True)
    first = Link.adopt(plays.fileno())
    note = np.zeros(NOTE_VALUES, np.float32)
    assert first.put(3, 60, 6, 0, page(0.0), note)
    first.level_db = -4.5
    first.instrument = bytes(range(32))
    first.set_slot_key(3, 2**64 - 1)
    del first
    link = Link.adopt(plays.fileno())
    assert link.frames_ready(3, 60, 6) == PAGE_FRAMES
    assert link.stats().takes == 1
    assert link.level_db == pytest.approx(-4.5)
    assert link.instrument == bytes(range(32))
    assert (link.slot_key(3), link.slot_key(4)) == (2**64 - 1, 0)
    assert link.drop_timbre(3) == 0
    assert link.stats().arena_used_bytes == 0


def test_the_makers_end_may_go_first():
    plays = engine(shared=True)
    link = Link.adopt(plays.fileno())
    del plays
    assert link.midi(0x90, 60, 100)
    assert link.requests(10, 0.0).shape == (0, 5)
    assert link.told(10) == []
    assert link.heard(10, 0.0) == []


@needs_seals
def test_what_is_no_link_is_refused_in_a_line():
    files = [os.memfd_create("loose"), os.open(os.devnull, os.O_RDWR), engine().fileno()]
    for file in files:
        with pytest.raises(RuntimeError, match=r"^(not a sealed segment|no such descriptor)"):
            Link.adopt(file)
    for file in files[:2]:
        os.close(file)


def test_arguments_out_of_range_raise():
    link = engine()
    assert link.fileno() == -1
    for call in (
        lambda: link.move(-1, 0.0),
        lambda: link.move(0, float("nan")),
        lambda: link.set_slot_key(64, 0),
        lambda: link.set_slots(16, [0] * 128),
        lambda: link.set_slots(0, [0] * 127),
        lambda: link.set_slots(0, [64] * 128),
        lambda: setattr(link, "instrument", b"short"),
    ):
        with pytest.raises(ValueError, match=r"no such|channels are|there are|a digest"):
            call()
    assert link.move(3, 0.5)
    with pytest.raises(TypeError):
        Link()  # type: ignore[call-arg]
    assert _core.LINK_VERSION >= 1
