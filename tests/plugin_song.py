"""A short song for the plugins: messages with their samples, a file, what `render` makes of it."""

from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from rtsynth import instrument as instruments
from rtsynth.render import RenderConfig, render_events
from rtsynth.song import read_song

RATE_HZ = 48_000
TICK = 50  # samples, at 480 a beat and 120 beats a minute
SECONDS = 2.5
SAMPLES = round(SECONDS * RATE_HZ)
Message = tuple[int, ...]  # bytes
Song = list[tuple[int, Message]]

NOTES: Song = [
    (0, (0xC1, 48)),
    (1_250, (0x90, 60, 100)),
    (1_250, (0x91, 48, 80)),
    (9_050, (0x90, 64, 70)),
    (20_000, (0x80, 60, 64)),
    (24_000, (0x90, 67, 110)),
    (30_050, (0x80, 64, 64)),
    (40_000, (0x81, 48, 64)),
    (48_000, (0x80, 67, 64)),
]
# What turns timbres is not here: render, which knows what comes, turns them up to a chunk ahead.
MOVES: Song = [
    (0, (0xB0, 101, 0)), (0, (0xB0, 100, 0)), (0, (0xB0, 6, 12)),
    (0, (0xB0, 101, 127)), (0, (0xB0, 100, 127)), (0, (0xB0, 91, 60)),
    (3_000, (0xB0, 7, 90)),
    (6_050, (0xE0, 0, 96)),
    (7_000, (0xE0, 0, 64)),
    (15_000, (0xB0, 64, 127)),
    (16_000, (0xB0, 1, 80)),
    (33_000, (0xB0, 10, 20)),
    (50_000, (0xB0, 64, 0)),
]  # fmt: skip
SONG: Song = sorted(NOTES + MOVES, key=lambda each: each[0])


def write(song: Sequence[tuple[int, Message]], path: Path) -> Path:
    """The song as a MIDI file."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    last = 0
    for sample, message in song:
        tick = sample // TICK
        track.append(mido.Message.from_bytes(message, time=tick - last))
        last = tick
    file.save(str(path))
    return path


def rendered(song: Sequence[tuple[int, Message]], folder: Path) -> NDArray[np.float32]:
    """What `rtsynth render` makes of it: (2, SAMPLES)."""
    events = read_song(write(song, folder / "song.mid"))
    config = RenderConfig(rate_hz=RATE_HZ, bits="float")
    sound = np.concatenate(
        list(render_events(events, instruments.load(None), config, lambda _: None))
    )
    return np.pad(sound[:SAMPLES], ((0, max(0, SAMPLES - len(sound))), (0, 0))).T


def difference_db(sound: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """The largest difference of two samples beside the loudest one."""
    assert np.abs(truth).max() > 0.01
    most = float(np.abs(sound - truth).max())
    return 20.0 * float(np.log10(max(most, 1e-12) / float(np.abs(truth).max())))
