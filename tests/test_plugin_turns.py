"""Bounces of a song whose timbres turn, however a host cuts them, held against `rtsynth render`."""

import itertools
import random
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.plugin_hosting import hosting, wait_for_sound
from tests import clap_events as event
from tests import plugin_song
from tests.clap_host import Library, Plugin, opened
from tests.plugin_builds import plugin as built
from tests.plugin_song import RATE_HZ, SAMPLES, Song, difference_db

Sound = NDArray[np.float32]
BRIGHT, HARD, BREATHY = 74, 17, 18


def sweep(controller: int, first: int, last: int, every: int, channel: int = 0) -> Song:
    """A controller that goes from 0 to 127, with a message every so many samples."""
    times = range(first, last, every)
    return [(at, (0xB0 | channel, controller, round(127 * i / max(len(times) - 1, 1))))
            for i, at in enumerate(times)]  # fmt: skip


NOTES: Song = [
    (0, (0xC0, 48)), (0, (0xC1, 16)),
    (1_250, (0x90, 60, 100)), (1_250, (0x91, 48, 80)),
    (9_050, (0x90, 64, 70)),
    (30_050, (0x80, 64, 64)),
    (31_000, (0x90, 67, 110)),
    (33_350, (0x90, 72, 60)),
    (60_000, (0x80, 60, 64)),
    (63_000, (0x90, 60, 100)),
    (90_000, (0x81, 48, 64)), (92_000, (0x80, 60, 64)),
    (95_000, (0x80, 67, 64)), (95_000, (0x80, 72, 64)),
]  # fmt: skip
SONGS: dict[str, Song] = {
    "a knob that is turned once": [(26_050, (0xB0, BRIGHT, 110))],
    "a dense sweep": sweep(BRIGHT, 5_000, 80_000, 150),
    "two knobs at once, on two channels": [
        *sweep(BRIGHT, 6_000, 70_000, 650), *sweep(HARD, 6_000, 50_000, 900, channel=1),
        *sweep(BREATHY, 20_000, 80_000, 1_050),
    ],
    "a hand that presses": [
        (12_000 + 500 * i, (0xD0, 4 * min(i, 30 - i))) for i in range(31)
    ],
    "a note right behind its knob": [
        (30_950, (0xB0, BRIGHT, 120)), (33_300, (0xB0, BRIGHT, 20)), (63_000, (0xB0, BRIGHT, 90)),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    """The plugin, with a server of its own that is there."""
    with hosting(), opened(built("rtsynth.clap", "rtsynth_clap")) as found:
        with found.plugin() as first:
            first.play_at(RATE_HZ)
            wait_for_sound(first)
            first.stop()
        yield found


def bounced(library: Library, song: Song, sizes: Iterable[int]) -> Sound:
    """By an instance of its own: controllers stay where a song leaves them."""
    with library.plugin() as plugin:
        return bounced_by(plugin, song, sizes)


def bounced_by(plugin: Plugin, song: Song, sizes: Iterable[int]) -> Sound:
    assert plugin.extension("clap.render").set(plugin.address, 1)
    plugin.play_at(RATE_HZ)
    sound, at = np.zeros((2, SAMPLES), np.float32), 0
    for size in sizes:
        end = min(at + size, SAMPLES)
        events = [event.midi(*message, sample=sample - at)
                  for sample, message in song if at <= sample < end]  # fmt: skip
        sound[:, at:end] = plugin.process(end - at, events, event.transport(at / RATE_HZ)).sound
        at = end
        if at == SAMPLES:
            break
    plugin.stop()
    return sound


@pytest.mark.parametrize("name", SONGS)
def test_timbres_turn_where_render_turns_them(library, tmp_path, name):
    song = sorted(NOTES + SONGS[name], key=lambda each: each[0])
    plain = plugin_song.rendered(NOTES, tmp_path)
    truth = plugin_song.rendered(song, tmp_path)
    assert difference_db(plain, truth) > -40.0
    first = bounced(library, song, itertools.repeat(512))
    assert difference_db(first, truth) < -90.0
    chance = random.Random(name)
    sizes = iter(lambda: chance.choice([1, 2, 37, 64, 500, 1024, 4096]), None)
    assert bounced(library, song, sizes).tobytes() == first.tobytes()


def test_a_second_bounce_by_the_same_instance_turns_as_the_first(library, tmp_path):
    back = [(100_000, (0xB0, BRIGHT, 64))]
    song = sorted([*NOTES, *SONGS["a dense sweep"], *back], key=lambda each: each[0])
    truth = plugin_song.rendered(song, tmp_path)
    with library.plugin() as plugin:
        for _ in range(2):
            sound = bounced_by(plugin, song, itertools.repeat(1024))
            assert difference_db(sound, truth) < -90.0
