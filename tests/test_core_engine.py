"""The core as Python sees it: arguments, arrays, requests, events and figures."""

import numpy as np
import pytest

from rtsynth import contract
from rtsynth._core import Engine, NullDevice

RATE_HZ = 48000.0
NOTE = np.zeros(contract.NOTE_VALUES, np.float32)
NOTE[:4] = (-8.0, -20.0, 0.0, -100.0)


def sine_frames(pages: int = 4, partial: int = 1) -> np.ndarray:
    frames = np.full(
        (pages * contract.PAGE_FRAMES, contract.FRAME_VALUES), contract.FLOOR_DB, np.float32
    )
    frames[:, [partial - 1, contract.FRAME_PITCH]] = 0.0
    return frames


def make_engine(**changes: object) -> Engine:
    return Engine(RATE_HZ, **{"arena_mib": 8, "variation": 0.0, **changes})  # type: ignore[arg-type]


def play(engine: Engine, samples: int, block: int = 64) -> np.ndarray:
    out = np.empty((samples, 2), np.float32)
    for start in range(0, samples, block):
        engine.render(out[start : start + block])
    return out


@pytest.mark.parametrize(
    "arguments",
    [
        {"rate_hz": 1000.0},
        {"rate_hz": 1e6},
        {"rate_hz": float("nan")},
        {"rate_hz": RATE_HZ, "polyphony": 0},
        {"rate_hz": RATE_HZ, "polyphony": 4097},
        {"rate_hz": RATE_HZ, "render_threads": -1},
        {"rate_hz": RATE_HZ, "render_threads": 5},
        {"rate_hz": RATE_HZ, "arena_mib": 0},
        {"rate_hz": RATE_HZ, "arena_mib": -1},
        {"rate_hz": RATE_HZ, "variation": -0.1},
        {"rate_hz": RATE_HZ, "variation": float("nan")},
        {"rate_hz": RATE_HZ, "frame_bits": 12},
    ],
)
def test_an_engine_refuses_what_it_cannot_do(arguments):
    with pytest.raises(ValueError, match=r"\w+"):
        Engine(**arguments)


def test_frames_of_eight_bits_take_half_the_arena_and_sound_the_same_within_a_quarter_db():
    sounds, used = [], []
    for bits in (16, 8):
        engine = make_engine(frame_bits=bits)
        assert engine.put(0, 60, 5, 0, sine_frames(), NOTE)
        engine.midi(0x90, 60, 88)
        sounds.append(play(engine, 4800))
        used.append(engine.stats().arena_used_bytes)
    levels = contract.FRAME_LEVELS
    frames = 4 * contract.PAGE_FRAMES
    assert used == [frames * 2 * (levels + 1), frames * (levels + 2)]
    power = [float(np.mean(sound**2)) for sound in sounds]
    assert abs(10.0 * np.log10(power[1] / power[0])) < 0.25


def test_arguments_out_of_range_are_errors():
    engine = make_engine()
    for call in (
        lambda: engine.midi(0x40, 0, 0),
        lambda: engine.midi(0x90, 128, 0),
        lambda: engine.midi(0x90, 0, -1),
        lambda: engine.set_timbre(16, 0),
        lambda: engine.set_timbre(0, contract.TIMBRE_SLOTS),
        lambda: engine.set_bend_range(0, 97.0),
        lambda: engine.set_gain_db(float("nan")),
        lambda: engine.put(0, 60, 8, 0, sine_frames(), NOTE),
        lambda: engine.put(0, 60, 0, 1, sine_frames(), NOTE),
        lambda: engine.put(0, 60, 0, 0, sine_frames()[:-1], NOTE),
        lambda: engine.frames_ready(-1, 0, 0),
        lambda: NullDevice(engine, 0),
    ):
        with pytest.raises(ValueError, match=r"\w+"):
            call()
    assert engine.midi(0xF8, 0, 0)  # a clock tick is no error


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((64, 2)),
        np.zeros((64, 1), np.float32),
        np.zeros((2, 64), np.float32).T,
        np.zeros(128, np.float32),
    ],
)
def test_render_wants_rows_of_two_float32(out):
    with pytest.raises(TypeError):
        make_engine().render(out)


def test_takes_come_and_go():
    engine = make_engine()
    assert engine.frames_ready(3, 60, 2) == 0
    assert not engine.put(3, 60, 2, contract.PAGE_FRAMES, sine_frames(1), NOTE)
    assert engine.put(3, 60, 2, 0, sine_frames(2), NOTE)
    assert engine.put(3, 60, 2, 2 * contract.PAGE_FRAMES, sine_frames(1), NOTE)
    assert engine.frames_ready(3, 60, 2) == 3 * contract.PAGE_FRAMES
    stats = engine.stats()
    assert stats.takes == 1
    assert stats.arena_used_bytes == 3 * contract.PAGE_FRAMES * contract.FRAME_VALUES * 2
    assert 7 << 20 < stats.arena_bytes <= 8 << 20
    assert engine.drop_timbre(3) == 0
    assert engine.stats().takes == 0


def test_a_full_arena_makes_room_but_not_from_what_sounds():
    engine = make_engine(arena_mib=1)
    pages = engine.stats().arena_bytes // (contract.PAGE_FRAMES * contract.FRAME_VALUES * 2)
    assert engine.put(0, 60, 7, 0, sine_frames(4), NOTE)
    engine.midi(0x90, 60, 127)
    play(engine, 640)
    for key in range(21, 60):
        assert engine.put(0, key, 7, 0, sine_frames(8), NOTE)
    assert engine.frames_ready(0, 60, 7) == 4 * contract.PAGE_FRAMES
    assert engine.drop_timbre(0) == 1
    assert not engine.put(0, 61, 7, 0, sine_frames(pages - 3), NOTE)


def test_a_note_whose_take_is_missing_is_asked_for():
    engine = make_engine()
    assert engine.requests(10, 0.0).shape == (0, 5)
    engine.set_timbre(2, 7)
    engine.midi(0x92, 60, 100)
    play(engine, 64)
    requests = engine.requests(100, 5.0)
    assert requests.dtype == np.int32
    layer = contract.velocity_layer(100)
    wanted = [[7, 60, layer, page * contract.PAGE_FRAMES, int(page == 0)] for page in range(4)]
    assert requests.tolist() == wanted
    assert engine.requests(100, 1.0).shape == (0, 5)
    engine.midi(0x92, 127, 100)  # above the generator's keys
    play(engine, 64)
    assert engine.requests(1, 0.0).tolist() == [[7, contract.KEY_HIGH, layer, 0, 1]]


def test_a_note_sounds_at_its_sample_and_on_the_tap():
    engine = make_engine()
    engine.put(0, 69, 6, 0, sine_frames(), NOTE)
    engine.tap(True)
    engine.midi(0x90, 69, 100, at_sample=1001)
    out = play(engine, 4800, 100)
    sounding = np.flatnonzero(out.any(axis=1))
    assert sounding[0] == 1001
    assert engine.trace().tolist() == [[69, 1001, 1001, 1001]]
    assert engine.trace().shape == (0, 4)
    tapped = np.empty((6000, 2), np.float32)
    assert engine.read_tap(tapped) == (4800, 0)
    np.testing.assert_array_equal(tapped[:4800], out)
    stats = engine.stats()
    assert (stats.clock_samples, stats.notes, stats.cache_hits, stats.voices) == (4800, 1, 1, 1)
    assert stats.block_samples == 100
    assert max(stats.peak_left, stats.peak_right) == np.abs(out).max()
    assert 0.0 < stats.load <= stats.load_peak
    assert (stats.overruns > 0) == (stats.load_peak > 1.0)
    engine.reset_peaks()
    assert engine.stats().peak_left == 0.0


def test_gain_in_decibels():
    peaks = []
    for gain_db in (0.0, -20.0, float("-inf")):
        engine = make_engine()
        engine.put(0, 69, 6, 0, sine_frames(8), NOTE)
        engine.set_gain_db(gain_db)
        engine.midi(0x90, 69, 100)
        play(engine, 24000)
        peaks.append(np.abs(play(engine, 2400)).max())
    assert peaks[1] / peaks[0] == pytest.approx(0.1, rel=1e-3)
    assert peaks[2] < 1e-6


def test_bend_range_and_panic():
    engine = make_engine()
    engine.put(0, 69, 6, 0, sine_frames(16), NOTE)
    engine.set_bend_range(0, 12.0)
    engine.midi(0xE0, 127, 127)
    engine.midi(0x90, 69, 100)
    left = play(engine, 60000)[12000:, 0]
    crossings = np.flatnonzero((left[:-1] < 0) & (left[1:] >= 0))
    hz = RATE_HZ * (len(crossings) - 1) / (crossings[-1] - crossings[0])
    assert hz == pytest.approx(880.0, rel=1e-3)
    assert engine.panic()
    play(engine, 480)
    assert engine.stats().voices == 0


def test_a_full_event_queue_refuses_and_counts():
    engine = make_engine()
    sent = 0
    while engine.midi(0x90, 60, 0, at_sample=10**9):
        sent += 1
    assert sent > 1000
    assert engine.stats().events_dropped == 1


def test_what_is_set_before_the_first_block_holds_from_its_first_sample():
    engine = make_engine()
    engine.put(5, 60, 6, 0, sine_frames(), NOTE)
    engine.set_timbre(0, 5)
    engine.set_gain_db(-40.0)
    engine.midi(0x90, 60, 100, 0)
    quiet = np.abs(play(engine, 4800)).max(axis=1)
    assert engine.stats().cache_hits == 1
    assert quiet[:480].max() == pytest.approx(quiet[-480:].max(), rel=0.1)


def test_live_events_are_played_by_render_at_once():
    engine = make_engine()
    engine.put(0, 60, 6, 0, sine_frames(), NOTE)
    play(engine, 640)
    assert engine.midi_live(0x90, 60, 100, time_ns=123)
    play(engine, 64)
    assert engine.trace()[0].tolist() == [60, 640, 640, 640]


def test_another_rate():
    engine = make_engine()
    engine.put(0, 69, 6, 0, sine_frames(8), NOTE)
    engine.midi(0x90, 69, 100)
    play(engine, 6400)
    engine.set_rate(96000.0)
    assert engine.rate_hz == 96000.0
    assert not play(engine, 640).any()
    engine.midi(0x90, 69, 100)
    left = play(engine, 96000)[9600:48000, 0]
    crossings = np.flatnonzero((left[:-1] < 0) & (left[1:] >= 0))
    hz = 96000.0 * (len(crossings) - 1) / (crossings[-1] - crossings[0])
    assert hz == pytest.approx(440.0, rel=1e-3)
    with pytest.raises(ValueError, match="sample rate"):
        engine.set_rate(float("nan"))
    assert engine.rate_hz == 96000.0


def test_render_threads_give_the_same_samples():
    outs = []
    for threads in (0, 2):
        engine = make_engine(polyphony=256, render_threads=threads)
        for key in range(30, 40):
            assert engine.put(0, key, 6, 0, sine_frames(2), NOTE)
        for i in range(160):
            assert engine.midi(0x90 + i % 8, 30 + i // 8, 100, at_sample=i)
        outs.append(play(engine, 9600, 256))
        assert engine.stats().voices == 160
        assert engine.stats().units_late == 0  # offline they are waited for
    assert outs[0].any()
    assert outs[0].tobytes() == outs[1].tobytes()
