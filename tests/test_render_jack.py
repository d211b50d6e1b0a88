"""A file and live input give the same sound: rendered offline, and played through JACK."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import JackServer

pytest.importorskip("test_jack_freewheel", reason="libjack is not installed")
from test_jack_freewheel import RATE_HZ, Tape

from rtsynth import instrument
from rtsynth.player import Player, PlayerConfig
from rtsynth.render import RenderConfig, render_events
from rtsynth.song import Event

FIRST = 4_800  # sample of the first message
LENGTH = 3 * RATE_HZ
# What may differ: noise and vibrato go on with the clock, which live began earlier.
MOST_DIFFERENCE_DB = -55.0

# Seconds after the first, and bytes, in order: controllers of three channels, pedals, programs.
SONG = sorted([
    (0.0, (0xB0, 7, 90)), (0.0, (0xB0, 10, 30)), (0.0, (0xC1, 100)), (0.0, (0xB1, 10, 100)),
    (0.0, (0xB2, 101, 0)), (0.0, (0xB2, 100, 0)), (0.0, (0xB2, 6, 12)),
    (0.1, (0x90, 60, 100)), (0.1, (0x91, 67, 90)), (0.2, (0x92, 48, 80)),
    *((0.25 + 0.01 * i, (0xB0, 11, 127 - 2 * i)) for i in range(40)),
    *((0.3 + 0.01 * i, (0xE2, 0, 64 + i)) for i in range(40)),
    (0.5, (0xB0, 64, 127)), (0.6, (0x80, 60, 0)), (0.7, (0x90, 64, 70)), (0.8, (0x80, 64, 0)),
    (1.0, (0xB0, 64, 0)), (1.1, (0x82, 48, 0)), (1.2, (0x81, 67, 0)),
    (1.3, (0xC0, 100)), (1.35, (0x90, 72, 110)), (1.6, (0xB0, 91, 100)), (1.6, (0xB0, 93, 60)),
    (1.7, (0x80, 72, 0)), (2.0, (0xB0, 121, 0)), (2.1, (0x90, 55, 100)), (2.5, (0xB0, 123, 0)),
], key=lambda each: each[0])  # fmt: skip


def sample(seconds: float) -> int:
    return FIRST + round(seconds * RATE_HZ)


@pytest.fixture
def player(jack_server: JackServer, tiny: Path) -> Iterator[Player]:
    with Player(PlayerConfig(instrument=str(tiny), backend="jack", connect=False)) as player:
        yield player


def rendered(tiny: Path) -> np.ndarray:
    """Left, linear."""
    events = [Event(sample(at) / RATE_HZ, (*data, 0) if len(data) < 3 else data)
              for at, data in SONG]  # fmt: skip
    config = RenderConfig(instrument=str(tiny))
    chunks = render_events(events, instrument.load(tiny), config, lambda part: None)
    return np.concatenate([chunk[:, 0] for chunk in chunks])[:LENGTH]


def test_a_song_sounds_the_same_rendered_and_live(player: Player, tiny: Path) -> None:
    tape = Tape([(sample(at), bytes(data)) for at, data in SONG], LENGTH + 256)
    try:
        live = tape.record().astype(np.float64)
    finally:
        tape.close()
    offline = rendered(tiny).astype(np.float64)
    assert player.stats().core.notes == sum(data[0] & 0xF0 == 0x90 for _, data in SONG)
    shift = int(np.argmax(live != 0.0)) - int(np.argmax(offline != 0.0))
    assert shift in (0, 64)  # JACK may run the tape before what it hears
    length = min(len(offline), len(live) - shift)
    apart = live[shift : shift + length] - offline[:length]
    whole_db, apart_db = (10.0 * np.log10(np.mean(np.square(each))) for each in (offline, apart))
    assert apart_db - whole_db < MOST_DIFFERENCE_DB
