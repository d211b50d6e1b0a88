"""Blocks and states of the VST3 plugin: what a host does right, and what it does wrong."""

import ctypes
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from ctypes import POINTER, c_void_p

import numpy as np
import pytest

from tests import vst3_abi as abi
from tests.vst3_fixtures import alone, bundle, module, opened
from tests.vst3_host import Plugin
from tests.vst3_objects import Events, Stream, expression, note_off, note_on
from tests.vst3_structures import Block, Bus, Event, Legacy

__all__ = ["alone", "bundle", "module", "opened"]  # fixtures

RATES = (44100.0, 48000.0, 96000.0)


# --- blocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [0, 1, 37, 64, 1024, 5000])
def test_a_block_is_filled_whatever_its_size(opened, samples):
    opened.play_at()
    for _ in range(3):
        answer = opened.block(samples, [note_on(60)], {1: [(0, 0.7)]})
        assert answer.result == abi.OK
        assert np.isfinite(answer.sound).all()


def test_silence_is_said(opened):
    opened.play_at()
    answer = opened.block(64)
    assert not answer.sound.any()
    assert answer.silent == 3


def raw(opened: Plugin, block: Block) -> int:
    result: int = opened.processor.process(ctypes.byref(block))
    return result


def test_a_host_that_gives_no_buffers(opened):
    opened.play_at()
    events = Events([note_on(60)])
    assert raw(opened, Block(samples=64, events=events.address)) == abi.OK
    empty = Bus(2, 0, None)
    assert raw(opened, Block(samples=64, output_buses=1, outputs=ctypes.pointer(empty))) == abi.OK
    nulls = (c_void_p * 2)()
    half = Bus(2, 0, ctypes.cast(nulls, POINTER(c_void_p)))
    assert raw(opened, Block(samples=64, output_buses=1, outputs=ctypes.pointer(half))) == abi.OK


def test_buffers_beside_the_two_channels_are_silent(opened):
    opened.play_at()
    sound = np.full((4, 64), 7.0, np.float32)
    rows = (c_void_p * 4)(*(each.ctypes.data for each in sound))
    buses = (Bus * 2)(
        Bus(3, 0, ctypes.cast(rows, POINTER(c_void_p))),
        Bus(1, 0, ctypes.cast(ctypes.byref(rows, 24), POINTER(c_void_p))),
    )
    assert raw(opened, Block(samples=64, output_buses=2, outputs=buses)) == abi.OK
    assert not sound.any()


def test_blocks_that_are_none_are_refused(opened):
    assert opened.block(64).result == abi.NOT_INITIALIZED
    assert not opened.block(64).sound.any()
    opened.play_at()
    assert opened.processor.process(None) == abi.INVALID
    assert raw(opened, Block(samples=-1)) == abi.INVALID
    assert raw(opened, Block(samples=64, size=1)) == abi.INVALID  # 64 bits


def random_event(chance: random.Random) -> Event:
    kind = chance.randrange(5)
    sample = chance.randrange(-10, 5000)
    if kind == 0:
        return note_on(chance.randrange(-5, 140), chance.uniform(-1, 2), sample=sample,
                       channel=chance.randrange(-2, 20), note=chance.randrange(-1, 8),
                       tuning=chance.choice([0.0, 30.0, float("nan")]))  # fmt: skip
    if kind == 1:
        return note_off(chance.randrange(-5, 140), chance.uniform(-1, 2), sample=sample,
                        channel=chance.randrange(-2, 20), note=chance.randrange(-1, 8))  # fmt: skip
    if kind == 2:
        return expression(chance.randrange(8), chance.randrange(-1, 8), chance.uniform(-1, 2),
                          sample=sample)  # fmt: skip
    event = Event(sample=sample, kind=chance.choice([3, 5, 6, 7, 9, 65535]))
    number, *values = chance.randbytes(4)
    event.body.legacy = Legacy(number, *(each - 128 for each in values))
    return event


def test_whatever_comes_the_output_is_finite(opened):
    chance = random.Random(6)
    numbers = [each.id for each in opened.parameters()]
    for _ in range(20):
        opened.play_at(chance.choice(RATES), chance.choice([1, 64, 4096]))
        for _ in range(10):
            points = {
                chance.choice([*numbers, 0, 0xFFFFFFFF]): [
                    (chance.randrange(-5, 5000), chance.choice([-1.0, 0.5, 2.0, chance.random()]))
                    for _ in range(chance.randrange(4))
                ]
                for _ in range(chance.randrange(30))
            }  # fmt: skip
            events = [random_event(chance) for _ in range(chance.randrange(20))]
            answer = opened.block(chance.choice([0, 1, 7, 64, 1000, 4096]), events, points)
            assert answer.result == abi.OK
            assert np.isfinite(answer.sound).all()


def test_no_event_of_a_crowded_block_is_lost(opened, capfd):
    opened.play_at(most=4096)
    points = {number: [(i % 4096, i / 5000) for i in range(4096)] for number in (1, 9, 10)}
    opened.block(4096, points=points)
    assert opened.controller.get(9) == 4095 / 5000
    opened.block(1, points={1: [(0, i / 9000) for i in range(9000)]})  # thousands at one sample
    opened.stop()
    assert "808 events of the host found no room" in capfd.readouterr().err


# --- values --------------------------------------------------------------------------------------


def test_a_point_in_a_block_is_what_the_state_keeps(opened):
    gain = opened.parameters()[0]
    opened.play_at()
    opened.block(64, points={gain.id: [(0, 0.1), (63, 0.25)]})
    assert opened.controller.get(gain.id) == 0.25
    assert value_after_reload(opened, gain.id) == pytest.approx(0.25)


def value_after_reload(opened: Plugin, number: int) -> float:
    state = opened.state()
    opened.controller.set(number, 0.9)
    assert opened.load(state) == abi.OK
    found: float = opened.controller.get(number)
    return found


@pytest.mark.parametrize("active", [False, True])
def test_a_value_that_no_block_has_brought_is_kept_as_well(opened, active):
    gain = opened.parameters()[0]
    if active:
        opened.play_at()
    opened.controller.set(gain.id, 0.25)
    assert value_after_reload(opened, gain.id) == pytest.approx(0.25)


def test_the_eye_is_late_and_moves_nothing(opened):
    """While blocks come, what the host shows of them must not be carried out a second time."""
    gain = opened.parameters()[0]
    opened.play_at()
    opened.controller.set(gain.id, 0.9)
    opened.block(64, points={gain.id: [(0, 0.25)]})
    assert opened.state() == opened.state()
    assert value_after_reload(opened, gain.id) == pytest.approx(0.25)


# --- states --------------------------------------------------------------------------------------


def test_a_state_comes_back_in_another_instance(module, opened):
    chance = random.Random(1)
    ours = [each for each in opened.parameters() if each.flags == abi.CAN_AUTOMATE]
    for each in ours:
        steps = each.steps or 1000
        opened.controller.set(each.id, chance.randrange(steps + 1) / steps)
    state = opened.state()
    with module.opened() as other:
        assert other.load(state) == abi.OK
        for each in ours:
            assert other.controller.get(each.id) == pytest.approx(opened.controller.get(each.id))
        assert other.host.restarts == [1 << 2]  # values have changed
        assert other.state() == state


def test_streams_may_give_and_take_a_few_bytes_at_a_time(opened):
    state = opened.state(piece=7)
    assert state == opened.state()
    assert opened.load(state, piece=1) == abi.OK


def test_what_is_no_state_changes_nothing_and_is_said_in_one_line(opened, capfd):
    opened.controller.set(1, 0.25)
    state = opened.state()
    chance = random.Random(2)
    wrong = [b"", b"\0", b"VC2!", chance.randbytes(300), state[:-1], state[: len(state) // 2],
             state[:10] + b"\xff" + state[11:], state + b"more", b"\xff" * 70000]  # fmt: skip
    for each in wrong:
        capfd.readouterr()
        assert opened.load(each) == abi.FALSE, each[:20]
        lines = capfd.readouterr().err.splitlines()
        assert len([line for line in lines if "state" in line]) == 1
        assert opened.state() == state
    assert opened.host.restarts == []


def test_a_host_without_room_for_the_state_is_told(opened):
    full = Stream()
    full.piece = 0
    assert opened.component.get_state(full.address) != abi.OK
    assert opened.component.get_state(None) == abi.INVALID
    assert opened.component.set_state(None) == abi.INVALID


def test_hidden_parameters_are_as_never_moved_after_a_state(opened):
    hidden = next(each for each in opened.parameters() if each.flags & abi.HIDDEN)
    opened.controller.set(hidden.id, 1.0)
    opened.load(opened.state())
    assert opened.controller.get(hidden.id) == hidden.default


def test_states_and_values_from_other_threads_while_blocks_are_processed(opened):
    """As hosts do: one thread processes, another saves and loads, a third one turns knobs."""
    opened.play_at()
    numbers = [each.id for each in opened.parameters()]
    state = opened.state()
    done = threading.Event()

    def keep() -> int:
        count = 0
        while not done.is_set():
            assert opened.load(opened.state() if count % 2 else state) == abi.OK
            count += 1
        return count

    def turn() -> int:
        chance = random.Random(4)
        count = 0
        while not done.is_set():
            assert opened.controller.set(chance.choice(numbers), chance.random()) == abi.OK
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        others = [pool.submit(keep), pool.submit(turn)]
        for i in range(200):
            answer = opened.block(64, [note_on(i % 128)], {numbers[i % 40]: [(0, i / 200)]})
            assert answer.result == abi.OK
            assert np.isfinite(answer.sound).all()
        done.set()
        assert all(each.result() > 0 for each in others)


# --- many ----------------------------------------------------------------------------------------


def test_instances_come_and_go_in_any_order(module):
    chance = random.Random(3)
    living: list[Plugin] = []
    for _ in range(30):
        if living and chance.random() < 0.45:
            living.pop(chance.randrange(len(living))).close()
        else:
            living.append(module.open())
            living[-1].play_at(chance.choice(RATES), 64)
        for each in living:
            assert each.block(64, [note_on(chance.randrange(30, 90))]).result == abi.OK
    for each in living:
        each.close()
