"""How many notes one core sustains: the same held notes in rtsynth and in FluidSynth, by turns.

Each synthesiser renders a few blocks, then the other does, so that both meet the same machine. A
block's cost is the CPU time of its thread; what other programs take is not in it. The notes that a
core sustains are those at which the 95th percentile of the cost reaches the deadline, read off a
line through the measured costs beside the deadline.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks import budget, fluid
from benchmarks.sounds import NOTE_ON
from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument

KEYS: Final = range(36, 84)  # where a held piano note sounds for seconds
VELOCITIES: Final = (64, 90)
CHANNELS: Final = tuple(n for n in range(16) if n != 9)  # without the drums
BEGIN_S: Final = 0.4  # after the last note-on, before anything is timed
SLICE_S: Final = 0.02
PERCENT: Final = 95
_PAGES: Final = 24  # four seconds of frames for every key


class Player(Protocol):
    """What is compared: a synthesiser without a device."""

    name: str

    @property
    def voices_a_note(self) -> float:
        """Voices that it starts for a note."""
        ...

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note; channels may be more than MIDI's sixteen."""

    def all_off(self) -> None:
        """Silence at once."""

    def render(self, out: NDArray[np.float32]) -> None:
        """Fill out (samples, 2)."""

    def sounding(self) -> float:
        """Notes that sound, as the synthesiser itself counts."""


class OurPlayer:
    """rtsynth: an engine for each fifteen channels, one after the other on one thread."""

    def __init__(self, instrument: Instrument, program: int, notes: int) -> None:
        """Engines with all frames that the notes will play."""
        timbres = instrument.metadata.timbres
        slot = next(i for i, timbre in enumerate(timbres) if program in timbre.programs)
        self.name = "rtsynth"
        an_engine = len(CHANNELS) * len(KEYS)
        layers = sorted({contract.velocity_layer(velocity) for velocity in VELOCITIES})
        self._engines = []
        for _ in range(-(-notes // an_engine)):
            engine = Engine(budget.RATE_HZ, an_engine, seed=1)
            takes = [(slot, key, layer) for key in KEYS for layer in layers]
            Generator(engine, instrument, seed=1).ensure(takes, _PAGES)
            for channel in CHANNELS:
                engine.set_timbre(channel, slot)
            self._engines.append(engine)
        self._used = 0
        self._mix = np.zeros((0, 2), np.float32)

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note."""
        index, place = divmod(channel, len(CHANNELS))
        self._used = max(self._used, index + 1)
        if not self._engines[index].midi(NOTE_ON | CHANNELS[place], key, velocity):
            raise RuntimeError("the engine's queue is full")

    def all_off(self) -> None:
        """Silence at once."""
        silent = np.zeros((4800, 2), np.float32)
        for engine in self._engines:
            engine.panic()
            engine.render(silent)
        self._used = 0

    def render(self, out: NDArray[np.float32]) -> None:
        """Fill out (samples, 2)."""
        if len(self._mix) != len(out):
            self._mix = np.zeros_like(out)
        for index in range(self._used):
            self._engines[index].render(self._mix if index else out)
            if index:
                np.add(out, self._mix, out)

    voices_a_note = 1.0

    def sounding(self) -> float:
        """Voices of all engines: one a note."""
        return float(sum(engine.stats().voices for engine in self._engines))


class FluidPlayer:
    """FluidSynth: one synthesiser with as many channels as are needed, no effects."""

    def __init__(self, font: Path, program: int) -> None:
        self.name = f"FluidSynth, {font.stem}"
        self.synth = fluid.FluidSynth(font, budget.RATE_HZ)
        for channel in range(256):
            self.synth.program(channel, program)
        self._started = 0.0
        self._notes = 0
        self._silent = np.zeros((64, 2), np.float32)

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note."""
        self.synth.note_on(channel, key, velocity)
        self._notes += 1
        self._started = max(self._started, float(self.synth.voices))

    def all_off(self) -> None:
        """Silence at once."""
        self.synth.all_off()
        self.synth.render(self._silent)
        self._started, self._notes = 0.0, 0

    def render(self, out: NDArray[np.float32]) -> None:
        """Fill out (samples, 2)."""
        self.synth.render(out)

    def sounding(self) -> float:
        """Notes whose voices sound: two voices or more for a stereo note."""
        return self._notes * self.synth.voices / max(1.0, self._started)

    @property
    def voices_a_note(self) -> float:
        """Voices that FluidSynth started for a note."""
        return self._started / max(1, self._notes)


@dataclass(frozen=True)
class Cost:
    """CPU time of a block with so many notes."""

    notes: int
    sounding: float  # fewest that sounded while it was timed
    p50_ms: float
    p95_ms: float


def chord(notes: int) -> list[tuple[int, int, int]]:
    """(channel, key, velocity) of held notes, spread evenly over the keys."""
    keys = list(KEYS)
    spread = [keys[(17 * i) % len(keys)] for i in range(len(keys))]  # 17 and 48 share no factor
    return [
        (i // len(keys), spread[i % len(keys)], VELOCITIES[(i // len(keys)) % len(VELOCITIES)])
        for i in range(notes)
    ]


def costs(
    players: Sequence[Player], notes: Sequence[int], block: int, seconds: float
) -> list[Cost]:
    """What a block costs each player, with its own number of notes, timed by turns."""
    outs = np.zeros((block, 2), np.float32)
    for player, count in zip(players, notes, strict=True):
        player.all_off()
        for i, note in enumerate(chord(count)):
            player.note_on(*note)
            if i % 64 == 63:
                player.render(outs)
        for _ in range(int(BEGIN_S * budget.RATE_HZ / block)):
            player.render(outs)
    blocks = max(1, int(SLICE_S * budget.RATE_HZ / block))
    times: list[list[int]] = [[] for _ in players]
    fewest = [float("inf")] * len(players)
    for _ in range(max(1, int(seconds / SLICE_S))):
        for index, player in enumerate(players):
            player.render(outs)  # its data come back into the caches
            for _ in range(blocks):
                began = time.thread_time_ns()
                player.render(outs)
                times[index].append(time.thread_time_ns() - began)
            fewest[index] = min(fewest[index], player.sounding())
    return [
        Cost(count, few, *(float(np.percentile(taken, p)) * 1e-6 for p in (50, PERCENT)))
        for count, few, taken in zip(notes, fewest, times, strict=True)
    ]


def capacity(points: Sequence[Cost], deadline_ms: float) -> float:
    """Notes at which the 95th percentile reaches the deadline: a line through the two nearest.

    Points beyond the deadline and below it bracket the answer where both are there.
    """
    ordered = sorted(points, key=lambda cost: abs(cost.p95_ms - deadline_ms))
    below = next((cost for cost in ordered if cost.p95_ms <= deadline_ms), None)
    above = next((cost for cost in ordered if cost.p95_ms > deadline_ms), None)
    first, second = (below, above) if below and above else (ordered[0], ordered[-1])
    assert first is not None
    assert second is not None
    if second.p95_ms == first.p95_ms:
        return first.sounding
    slope = (second.sounding - first.sounding) / (second.p95_ms - first.p95_ms)
    return first.sounding + (deadline_ms - first.p95_ms) * slope


def sustained(
    players: Sequence[Player], block: int, most: int, seconds: float, rounds: int = 3
) -> list[tuple[float, list[Cost]]]:
    """(Notes, the costs measured) for each player: two small chords, then chords at the answer."""
    deadline = budget.block_ms(block)
    found: list[list[Cost]] = [[] for _ in players]
    for count in (96, 288):
        for points, cost in zip(found, costs(players, [count] * len(players), block, seconds),
                                strict=True):  # fmt: skip
            points.append(cost)
    for turn in range(rounds):
        wish = [capacity(points, deadline) * (1.0, 1.06, 0.95)[turn % 3] for points in found]
        counts = [max(48, min(most, round(each))) for each in wish]
        for points, cost in zip(found, costs(players, counts, block, seconds), strict=True):
            points.append(cost)
    return [(capacity(points, deadline), points) for points in found]
