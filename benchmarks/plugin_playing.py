"""What the plugin plays: where notes begin, what a block costs, a server that is stopped."""

import random
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import budget
from benchmarks.plugin_hosting import Hosting, quieten, wait_for_sound
from benchmarks.plugin_probe import CoreBlocks, PluginBlocks
from benchmarks.sounds import VELOCITY, instrument_engine
from rtsynth import contract
from rtsynth.instrument import Instrument
from tests import clap_events as event
from tests.clap_host import Library, Plugin

RATE_HZ: Final = budget.RATE_HZ
BLOCK: Final = 64
VOICES: Final = 64
LOWEST_KEY: Final = 30
PROGRAM: Final = 48  # strings: a sustained timbre, so that all voices go on
SLICE: Final = 400  # blocks of one and of the other by turns
STALL_S: Final = 2.0


def note_lateness(plugin: Plugin, sizes: Iterable[int], seed: int = 1) -> NDArray[np.int64]:
    """Samples from each note's offset to its first sample that is not zero, one a block size."""
    r, late = random.Random(seed), []
    for size in sizes:
        at, key = r.randrange(size), r.randint(LOWEST_KEY, LOWEST_KEY + VOICES - 1)
        sound = plugin.process(size, [event.note_on(key, at, VELOCITY / 127)]).sound
        while not sound.any() and sound.shape[1] < at + RATE_HZ:
            sound = np.concatenate((sound, plugin.process(size).sound), axis=1)
        sounding = np.flatnonzero(sound.any(axis=0))
        late.append(int(sounding[0]) - at if sounding.size else RATE_HZ)
        quieten(plugin, 512)
    return np.asarray(late, np.int64)


# --- cost of a block -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """Processor time of a block, by turns: each slice's median, in ms."""

    plugin_ms: NDArray[np.float64]
    core_ms: NDArray[np.float64]

    @property
    def ratio(self) -> float:
        """Plugin to core: the middle one of all pairs of slices."""
        return float(np.median(self.plugin_ms / self.core_ms))


def chord() -> range:
    """The keys of 64 held notes."""
    return range(LOWEST_KEY, LOWEST_KEY + VOICES)


def hold_chord(plugin: Plugin) -> None:
    """64 notes, each of whose frames were waited for, sound on at the pace of a device.

    All blocks are multiples of 64 samples, as the core's: where the clock's ticks do not fall on
    blocks, each of those is rendered in two parts, by the core as by the plugin.
    """
    render = plugin.extension("clap.render")
    on = [event.note_on(key, 0, VELOCITY / 127) for key in chord()]
    render.set(plugin.address, 1)
    plugin.process(BLOCK, [event.midi(0xC0, PROGRAM), *on])
    for _ in range(int(12 * RATE_HZ / 4096)):  # the longest take, to where it goes round
        plugin.process(4096)
    quieten(plugin)
    render.set(plugin.address, 0)
    plugin.process(BLOCK, on)
    assert plugin.process(BLOCK).sound.any()


def block_cost(library: Library, instrument: Instrument, slices: int) -> Cost:
    """The same held notes by the plugin and by the core, in slices by turns."""
    timbre = instrument.metadata.program_slots()[PROGRAM]
    engine, _ = instrument_engine(instrument, timbre, chord(), pages=contract.TAKE_PAGES)
    engine.set_gain_db(instrument.metadata.level_db)  # as every player does
    with library.plugin() as plugin:
        plugin.play_at(RATE_HZ)
        wait_for_sound(plugin)
        hold_chord(plugin)
        for key in chord():
            engine.midi(0x90, key, VELOCITY)
        players = PluginBlocks(plugin, BLOCK), CoreBlocks(engine, BLOCK)
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(slices):
            for which in ((0, 1), (1, 0))[turn % 2]:
                times[which].append(float(np.median(players[which].times_ms(SLICE))))
        voices = engine.stats().voices
        plugin.stop()
    assert voices == VOICES
    return Cost(np.asarray(times[0][1:]), np.asarray(times[1][1:]))


# --- a server that does not run ------------------------------------------------------------------


@dataclass
class Dense:
    """What became of notes one after the other, at the pace of a device."""

    blocks: int = 0
    late: int = 0  # took longer than they last: also where the machine was busy elsewhere
    waits: int = 0  # times that the thread gave its processor away within a block
    notes: int = 0
    silent: int = 0


@dataclass(frozen=True)
class Stall:
    """What was played before the server was stopped, and meanwhile, in the same time."""

    before: Dense
    during: Dense


def stalled(library: Library, host: Hosting, seconds: float = STALL_S) -> Stall:
    """Play dense notes at the pace of a device, then the same while the server is stopped."""
    with library.plugin() as plugin:
        plugin.play_at(RATE_HZ)
        wait_for_sound(plugin)
        before = play_dense(plugin, seconds, range(40, 60))
        with host.stalled():
            during = play_dense(plugin, seconds, range(21, 108))  # takes that were never made
        plugin.stop()
    return Stall(before, during)


def play_dense(plugin: Plugin, seconds: float, keys: range) -> Dense:
    """One note after the other, each by itself."""
    r, block_s, done = random.Random(3), BLOCK / RATE_HZ, Dense()
    off, peak = event.midi(0xB0, 120, 0), 0.0
    due = time.perf_counter()
    while done.blocks * block_s < seconds:
        events = []
        if done.blocks % 16 == 0:
            done.silent += done.notes > 0 and peak == 0.0
            done.notes, peak = done.notes + 1, 0.0
            events = [off, event.note_on(r.choice(keys), 0, r.uniform(0.3, 1.0))]
        due += block_s
        time.sleep(max(0.0, due - time.perf_counter()))
        began, waits = time.perf_counter(), given_away()
        found = plugin.process(BLOCK, events)
        done.waits += given_away() - waits
        done.late += time.perf_counter() - began > block_s
        done.blocks += 1
        if done.blocks % 16 > 8:  # what the note before left is over
            peak = max(peak, float(np.abs(found.sound).max()))
    return done


def given_away() -> int:
    """How often this thread gave its processor away by itself: it slept, or waited for another."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
