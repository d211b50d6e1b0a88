"""What a player is asked for, and what it tells of itself."""

from dataclasses import dataclass
from pathlib import Path

from rtsynth._core import Stats
from rtsynth.backend import AUTO
from rtsynth.layers import Layer
from rtsynth.tuning.own import CONCERT_HZ


@dataclass(frozen=True)
class PlayerConfig:
    """What to play, and where. None: the best there is."""

    instrument: str | None = None  # path or name
    timbre: str | None = None  # number (from 1) or part of a name
    devices: tuple[str, ...] = ()  # MIDI inputs, numbers (from 1) or parts of names, or "all"
    audio: str | None = None  # output, the same
    rate_hz: float | None = None
    block: int | None = None  # samples
    gain_db: float = 0.0
    polyphony: int = 128
    record: Path | None = None
    midi_file: Path | None = None
    seed: int = 0
    arena_mib: int = 128
    cache_bits: int = 16  # of a level in the arena: 16, or 8 for twice as many takes
    render_threads: int = 0  # beside the audio thread, where many notes sound
    midi: bool = True  # open MIDI ports
    disk_cache: bool = False  # begin with what was played last, and keep it for the next time
    backend: str = AUTO  # one of backends.BACKENDS
    connect: bool = True  # JACK's ports, where JACK plays
    tuning: Path | None = None  # .scl
    keyboard_map: Path | None = None  # .kbm
    reference_hz: float = CONCERT_HZ
    stretch: float = 0.0  # 0..1
    preset: str | None = None
    set_list: str | None = None
    layers: tuple[Layer, ...] = ()  # of channel 1, in the place of the timbre
    history: bool = False  # keep the last ten minutes on disk
    osc: str | None = None  # port, or host and port, on which Open Sound Control is heard


@dataclass(frozen=True)
class PlayerStats:
    """What a status line shows."""

    core: Stats
    latency_ms: float  # MIDI arrival to the loudspeaker, as far as the device tells
    audio: str
    midi: str
    generator_errors: int
    song_done: bool
