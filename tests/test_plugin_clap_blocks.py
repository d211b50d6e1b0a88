"""Blocks of the CLAP plugin, as clap-validator makes them: any size, any rate, any events."""

import random
import threading

import numpy as np
import pytest

from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import Prepared
from tests.clap_random import Notes, Rubbish

pytest_plugins = ["tests.clap_fixtures"]
pytestmark = pytest.mark.usefixtures("no_server")

SMALLEST = np.finfo(np.float32).tiny


def checked(block):
    """A block that any host may hear."""
    assert block.status in {abi.CONTINUE, abi.TAIL, abi.SLEEP}
    assert np.isfinite(block.sound).all()
    size = np.abs(block.sound)
    assert size.max(initial=0.0) <= 1.0
    assert not ((size > 0.0) & (size < SMALLEST)).any()  # subnormal
    for channel in range(2):
        if block.constant_mask >> channel & 1:
            assert not block.sound[channel].any()
    samples = [each.header.time for each in block.events]
    assert samples == sorted(samples)
    assert all(sample < max(block.sound.shape[1], 1) for sample in samples)
    return block


def numbers(plugin):
    return [info.id for info in plugin.parameters()]


# --- sizes, rates, events ------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 256, 1024, 4096, 16384, 1536, 10, 17, 2027])
def test_blocks_of_every_size(library, most):
    notes = Notes(most)
    with library.plugin() as plugin:
        plugin.play_at(most=most)
        for _ in range(5):
            checked(plugin.process(most, notes.block(most)))
        plugin.stop()


def test_sizes_change_from_block_to_block(played):
    r, notes = random.Random(1), Notes(1)
    for _ in range(60):
        samples = r.choice((1, 0, r.randint(1, 4096), 64))
        checked(played.process(samples, notes.block(samples) if samples else ()))


RATES = [8000.0, 22050.0, 44100.0, 88200.0, 96000.0, 192000.0, 384000.0, 12345.678, 123456.78]


def test_rates_change_while_notes_are_held(library):
    notes = Notes(2)
    with library.plugin() as plugin:
        for rate in RATES:
            plugin.play_at(rate, 512)
            for _ in range(5):
                checked(plugin.process(512, notes.block(512)))
            plugin.stop()
        assert not plugin.host.lines


@pytest.mark.parametrize("seed", range(4))
def test_rubbish_is_played_around(played, seed):
    r, rubbish = random.Random(seed), Rubbish(seed, numbers(played))
    for _ in range(100):
        samples = r.randint(1, 700)
        checked(played.process(samples, rubbish.block(samples)))


def test_thousands_of_events_lie_in_one_block(played):
    rubbish = Rubbish(9, numbers(played))
    many = [rubbish.one(64) for _ in range(3000)]
    last = [event.parameter(1, -20.0, 63), event.parameter(34, 0.25, 63)]
    checked(played.process(64, [*many, *(event.note_on(60, 40) for _ in range(3000)), *last]))
    assert (played.value(1), played.value(34)) == (-20.0, 0.25)
    checked(played.process(0, many))
    checked(played.process(1, many))


@pytest.mark.parametrize("step", [1, 10, 100, 1000])
def test_parameters_move_within_the_block(played, step):
    r, infos = random.Random(step), played.parameters()
    for _ in range(4):
        events = [
            event.parameter(
                info.id, r.choice((info.low, info.high, r.uniform(info.low, info.high))), sample
            )
            for sample in range(0, 2000, step)
            for info in r.sample(infos, 3)
        ]
        checked(played.process(2000, [event.note_on(r.randrange(128)), *events]))


def test_reset_and_activation_begin_anew(library):
    notes = Notes(3)
    with library.plugin() as plugin:
        plugin.calls.reset(plugin.address)  # not active: nothing
        for _ in range(3):
            plugin.play_at(44100.0, 512)
            checked(plugin.process(512, notes.block(512)))
            plugin.calls.reset(plugin.address)
            checked(plugin.process(512, notes.block(512)))
            plugin.stop()


def test_the_transport_may_be_anywhere_or_nowhere(played):
    r, notes = random.Random(5), Notes(5)
    places = [None, event.transport(0.0, False), event.transport(-3.0), event.transport(1e9)]
    for _ in range(60):
        place = r.choice([*places, event.transport(r.uniform(0.0, 600.0), r.random() < 0.5)])
        if place is not None and r.random() < 0.3:
            place.flags = r.randrange(2**32)
        within = [event.transport(r.random()) for _ in range(r.randrange(4))]
        checked(played.process(128, [*within, *notes.block(128)], place))


# --- sleep ---------------------------------------------------------------------------------------


def test_it_sleeps_where_nothing_sounds_and_not_before_a_note_was_heard(played):
    silent = checked(played.process(256))
    assert (silent.status, silent.constant_mask) == (abi.SLEEP, 3)
    assert not silent.sound.any()
    begun = checked(played.process(1, [event.note_on(60)]))
    assert (begun.status, begun.constant_mask) == (abi.CONTINUE, 0)
    for _ in range(20):
        assert checked(played.process(64)).status == abi.CONTINUE  # it waits for its sound
    checked(played.process(64, [event.choke(60)]))
    played.calls.reset(played.address)
    for _ in range(100):
        if checked(played.process(4096)).status == abi.SLEEP:
            break
    assert checked(played.process(64)).status == abi.SLEEP


# --- hosts that do not keep to threads -----------------------------------------------------------


def test_calls_on_wrong_threads_do_no_harm(played):
    """States, texts and values are asked for on other threads while the audio thread plays."""
    over, faults = threading.Event(), []

    def ask(seed):
        infos = played.parameters()
        r = random.Random(seed)
        while not over.is_set():
            info = r.choice(infos)
            if not info.low <= played.value(info.id) <= info.high:
                faults.append(info.name)
            played.extension("clap.tail").get(played.address)
            if not played.save():
                faults.append("save")

    askers = [threading.Thread(target=ask, args=(seed,)) for seed in range(2)]
    for each in askers:
        each.start()
    rubbish, notes = Rubbish(1, numbers(played)), Notes(1)
    for _ in range(200):
        checked(played.process(64, [*rubbish.block(64, 6), *notes.block(64)]))
    over.set()
    for each in askers:
        each.join()
    assert not faults


def test_a_block_may_be_played_on_any_thread(played):
    for seed in range(8):
        found = []
        events = Notes(seed).block(64)
        each = threading.Thread(target=lambda e=events, f=found: f.append(played.process(64, e)))
        each.start()
        each.join()
        checked(found[0])


def test_channels_may_be_the_same_memory(played):
    """In place: a host that gives one buffer twice."""
    sound = np.zeros((1, 64), np.float32)
    made = Prepared(np.concatenate((sound, sound)), [event.note_on(60)])
    made.channels[1] = made.channels[0]
    assert played.run(made).status == abi.CONTINUE
