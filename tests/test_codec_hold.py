"""Where a recorded note's key was let go, and which notes are sustained."""

import numpy as np
import pytest

from rtsynth.codec.hold import find_hold
from rtsynth.codec.pitch import SAMPLE_RATE


def note(decay_db_per_s: float, held_s: float, release_db_per_s: float) -> np.ndarray:
    """A tone, (samples, 1): held, then let go, two seconds longer than it is held."""
    time_s = np.arange(int((held_s + 2.0) * SAMPLE_RATE)) / SAMPLE_RATE
    level_db = -decay_db_per_s * time_s - release_db_per_s * np.maximum(time_s - held_s, 0.0)
    tone = np.sin(2.0 * np.pi * 220.0 * time_s) * np.minimum(time_s / 0.02, 1.0)
    return (0.5 * 10.0 ** (level_db / 20.0) * tone)[:, None].astype(np.float32)


@pytest.mark.parametrize(("decay", "sustained"), [(0.0, True), (-2.0, True), (12.0, False)])
@pytest.mark.parametrize("release", [100.0, 400.0])
def test_the_end_is_where_the_key_was_let_go(decay: float, sustained: bool, release: float) -> None:
    hold = find_hold(note(decay, 1.5, release))
    assert hold.let_go
    assert hold.sustained == sustained
    assert hold.end / SAMPLE_RATE == pytest.approx(1.5, abs=0.04)


@pytest.mark.parametrize(("decay", "sustained"), [(0.0, True), (10.0, False), (120.0, False)])
def test_a_note_that_is_never_let_go_ends_with_the_recording(decay: float, sustained: bool) -> None:
    audio = note(decay, 10.0, 0.0)[: 2 * SAMPLE_RATE]
    hold = find_hold(audio)
    assert not hold.let_go
    assert hold.end == len(audio)
    assert hold.sustained == sustained


def test_a_tremolo_is_not_a_release() -> None:
    time_s = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    deep = 0.55 + 0.45 * np.sin(2.0 * np.pi * 5.0 * time_s)  # 20 dB
    hold = find_hold((deep * np.sin(2.0 * np.pi * 330.0 * time_s))[:, None].astype(np.float32))
    assert hold.sustained
    assert hold.end > 2.8 * SAMPLE_RATE


def test_a_click_has_an_end_too() -> None:
    hold = find_hold(np.ones((100, 2), np.float32))
    assert hold.end == 100
    assert not hold.let_go
