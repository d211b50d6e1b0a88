"""What the CLAP plugin plays with its server: notes, expressions, automation, bounces, states."""

import numpy as np
import pytest

from benchmarks.plugin_hosting import hosting, quieten, wait_for, wait_for_sound
from benchmarks.plugin_playing import note_lateness
from rtsynth.contract import key_hz
from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import opened
from tests.plugin_builds import plugin as built

RATE = 48000
ORGAN = 16  # a program that is sustained
GAIN, TIMBRE_X, TIMBRE_Y, BRIGHT, PITCH = 1, 2, 3, 5, 36  # parameters
HARD, REVERB_SEND, CHORUS_SEND, MODULATION = 6, 13, 14, 15
OTHERS = {GAIN: -20.0, TIMBRE_X: 0.0, BRIGHT: 1.0, PITCH: 420.0}


@pytest.fixture(scope="module")
def library():
    """The plugin, with a server of its own."""
    with hosting(), opened(built("rtsynth.clap", "rtsynth_clap")) as found:
        yield found


@pytest.fixture
def live(library):
    """An instance whose server is there."""
    with library.plugin() as plugin:
        plugin.play_at(RATE)
        wait_for_sound(plugin)
        yield plugin
        plugin.stop()


def bounce(library, events, samples=RATE, sizes=(512,), state=None, program=ORGAN):
    """A song rendered offline by an instance of its own; events count from its first sample."""
    with library.plugin() as plugin:
        if state is not None:
            assert plugin.load(state)
        return bounced(plugin, [event.midi(0xC0, program), *events], samples, sizes)


def bounced(plugin, events, samples=RATE, sizes=(512,)):
    """A song rendered offline by an instance that is stopped."""
    events = sorted(events, key=lambda each: each.header.time)
    made, at, cuts = [], 0, 0
    assert plugin.extension("clap.render").set(plugin.address, 1)
    plugin.play_at(RATE)
    while at < samples:
        size = min(sizes[cuts % len(sizes)], samples - at)
        inside = [each for each in events if at <= each.header.time < at + size]
        for each in inside:
            each.header.time -= at
        block = plugin.process(size, inside, event.transport(at / RATE))
        for each in inside:
            each.header.time += at
        assert block.status in {abi.CONTINUE, abi.TAIL, abi.SLEEP}
        made.append(block.sound)
        at, cuts = at + size, cuts + 1
    plugin.stop()
    return np.concatenate(made, axis=1)


def song():
    """Some notes of every kind."""
    return [
        event.note_on(60, 100, 0.9, note_id=1),
        event.midi(0x90, 64, 90, sample=7001),
        event.expression(abi.TUNING, 0.5, 60, 9000, note_id=1),
        event.midi(0xB0, 64, 127, sample=12000),
        event.parameter(TIMBRE_X, 0.1, 13003),
        event.note_off(60, 15000, note_id=1),
        event.midi(0x80, 64, 0, sample=20001),
        event.midi(0xB0, 64, 0, sample=30000),
        event.note_on(72, 33333, 0.5, channel=3),
        event.choke(72, 40000, channel=3),
    ]


def first_difference(one, other):
    different = np.flatnonzero((one != other).any(axis=0))
    return int(different[0]) if different.size else None


def level(sound, key, cents=0.0):
    """The level of a key's fundamental in the last half of a sound, linear."""
    mono = sound.mean(axis=0)[sound.shape[1] // 2 :] * np.hanning(
        sound.shape[1] - sound.shape[1] // 2
    )
    hz = key_hz(key) * 2 ** (cents / 1200)
    wave = np.exp(-2j * np.pi * hz / RATE * np.arange(len(mono)))
    return float(abs(mono @ wave)) / len(mono)


# --- notes ---------------------------------------------------------------------------------------


def test_notes_begin_at_their_own_samples_whatever_the_block(live):
    sizes = (1, 2, 7, 37, 64, 100, 512, 1000, 4096)
    assert note_lateness(live, sizes).tolist() == [0] * len(sizes)


def test_two_bounces_are_the_same_bytes_however_the_host_cuts_them(library):
    one = bounce(library, song())
    assert np.abs(one).max() > 0.01
    assert not one[:, :100].any()
    assert one[:, 100].any()
    for sizes in ((512,), (64,), (1, 4096, 37, 700)):
        assert np.array_equal(bounce(library, song(), sizes=sizes), one)


def test_notes_of_clap_sound_as_those_of_midi(library):
    clap = [event.note_on(62, 50, 100 / 127), event.note_off(62, 20000, 64 / 127)]
    midi = [event.midi(0x90, 62, 100, sample=50), event.midi(0x80, 62, 64, sample=20000)]
    assert np.array_equal(bounce(library, clap), bounce(library, midi))


def test_a_note_is_ended_by_its_number_and_all_by_none(library):
    begin = [event.note_on(60, 0, note_id=7), event.note_on(67, 0, channel=1, note_id=8)]
    both = bounce(library, begin)
    first = bounce(library, [*begin, event.note_off(-1, 10000, channel=-1, note_id=7)])
    none = bounce(library, [*begin, event.note_off(-1, 10000, channel=-1)])
    assert level(first, 67) > 0.5 * level(both, 67)
    assert level(first, 60) < 0.1 * level(both, 60)
    assert max(level(none, 60), level(none, 67)) < 0.1 * level(both, 60)


def test_what_is_said_of_one_note_leaves_the_others(library):
    begin = [event.note_on(60, 0, note_id=7), event.note_on(67, 0, note_id=8)]
    plain = bounce(library, begin)
    tuned = bounce(library, [*begin, event.expression(abi.TUNING, 1.0, 60, 5000, note_id=7)])
    assert first_difference(plain, tuned) >= 5000
    assert level(tuned, 61) > 10 * level(plain, 61)
    assert level(tuned, 67) == pytest.approx(level(plain, 67), rel=0.2)
    quiet = bounce(library, [*begin, event.expression(abi.VOLUME, 0.0, 67, 5000, note_id=8)])
    assert level(quiet, 67) < 0.05 * level(plain, 67)
    assert level(quiet, 60) == pytest.approx(level(plain, 60), rel=0.2)


# --- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [GAIN, TIMBRE_X, BRIGHT, PITCH])
def test_automation_is_heard_from_its_own_sample_on(library, number):
    """Values glide from the next of the clock's ticks on, in the core and at the server."""
    note = event.note_on(60, 0)
    plain = bounce(library, [note])
    for at in (20001, 20037):
        moved = bounce(library, [note, event.parameter(number, OTHERS[number], at)])
        assert at <= first_difference(plain, moved) <= at + 64 + 1


def test_automation_is_as_much_as_it_says(library):
    note = event.note_on(60, 0)
    plain = bounce(library, [note])
    moved = bounce(library, [note, event.parameter(GAIN, -12.0, 20000)])
    ratio = level(moved, 60) / level(plain, 60)
    assert 20 * np.log10(ratio) == pytest.approx(-12.0, abs=0.5)


def test_a_state_brings_the_sound_back(library):
    with library.plugin() as plugin:
        plugin.play_at(RATE)
        wait_for_sound(plugin)
        plugin.process(64, [event.parameter(BRIGHT, 0.8), event.parameter(GAIN, -9.0)])
        quieten(plugin)
        state = plugin.save()
        plugin.stop()
    notes = [event.note_on(60, 10), event.note_off(60, 20000)]
    plain, kept = bounce(library, notes), bounce(library, notes, state=state)
    assert np.array_equal(bounce(library, notes, state=state), kept)
    assert level(kept, 60) < 0.6 * level(plain, 60)


@pytest.mark.parametrize(
    "moves",
    [
        {BRIGHT: 0.8, HARD: -0.5, MODULATION: 0.5},
        {REVERB_SEND: 0.5, CHORUS_SEND: 0.5},
        {TIMBRE_X: 0.1, TIMBRE_Y: 0.9},
    ],
    ids=["turned", "sent", "placed"],
)
def test_what_the_host_has_set_is_in_every_bounce_and_in_the_state(library, moves):
    notes = [event.note_on(60, 10), event.note_off(60, 20000)]
    with library.plugin() as plugin:
        plugin.play_at(RATE)
        wait_for_sound(plugin)
        plugin.process(64, [event.parameter(number, value) for number, value in moves.items()])
        state = plugin.save()
        quieten(plugin)
        plugin.stop()
        first, again = bounced(plugin, notes), bounced(plugin, notes)
        assert {number: plugin.value(number) for number in moves} == moves
        assert first.any()
        assert np.array_equal(again, first)
    with library.plugin() as plugin:
        assert plugin.load(state)
        for _ in range(3):
            assert np.array_equal(bounced(plugin, notes), first)
        assert {number: plugin.value(number) for number in moves} == moves


def test_where_the_timbre_is_put_before_the_server_is_there_it_stays(library):
    moves = {TIMBRE_X: 0.1, TIMBRE_Y: 0.9}
    notes = [event.note_on(60, 10)]
    with library.plugin() as plugin:
        plugin.flush([event.parameter(number, value) for number, value in moves.items()])
        first = bounced(plugin, notes)
        assert {number: plugin.value(number) for number in moves} == moves
        state = plugin.save()
    with library.plugin() as plugin:
        assert plugin.load(state)
        assert np.array_equal(bounced(plugin, notes), first)
    with library.plugin() as plugin:
        assert not np.array_equal(bounced(plugin, notes), first)


def test_a_preset_is_heard_and_moves_the_hosts_values(library):
    with library.plugin() as plugin:
        plugin.play_at(RATE)
        wait_for_sound(plugin)
        presets = plugin.extension("clap.preset-load/2")
        before, told = plugin.values(), []
        assert presets.from_location(plugin.address, abi.IN_PLUGIN, None, b"grand-hall")

        def moved():
            told.extend(plugin.process(512).events)
            return plugin.values() != before

        wait_for(moved, "the preset moved no parameter")
        assert {each.param_id for each in told} <= set(before)
        assert told
        plugin.stop()
