"""A song in the VST3 plugin: messages as events and points, blocks of a bounce."""

import ctypes
import random
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from benchmarks.plugin_hosting import wait_for
from tests import vst3_abi as abi
from tests.plugin_song import RATE_HZ, SAMPLES, SONG, Song
from tests.vst3_host import Plugin
from tests.vst3_objects import Point, note_off, note_on
from tests.vst3_structures import Event, Legacy

Sound = NDArray[np.float32]


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
           points: dict[int, list[Point]] | None = None, ready: bool = False,
           begin: int = 0):  # fmt: skip
    """Offline, in blocks of these sizes; `points` are of the whole song, which begins at 0."""
    if not ready:
        opened.play_at(RATE_HZ, most, abi.OFFLINE)
    sound = np.zeros((2, SAMPLES), np.float32)
    done = begin
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
        sound[:, max(done, 0) : max(end, 0)] = answer.sound[:, max(-done, 0) :]
        done = end
        if done == SAMPLES:
            break
    opened.stop()
    return sound


def any_sizes(seed: int) -> Iterable[int]:
    chance = random.Random(seed)
    return iter(lambda: chance.choice([1, 2, 37, 64, 500, 1024, 4096]), None)
