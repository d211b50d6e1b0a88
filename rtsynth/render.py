"""Render a MIDI file to an audio file: the same core as live, without devices, as fast as it can.

Takes are made before the block that needs them, so nothing depends on timing: the same song and
seed give the same samples.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from rtsynth import instrument as instruments
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Desk, Layer
from rtsynth.errors import RtsynthError, one_line
from rtsynth.fx.board import Board
from rtsynth.generator import Generator
from rtsynth.instrument import Floats, Instrument
from rtsynth.messages import AnyMessage, Message, is_note_on
from rtsynth.parser import HeldNotes
from rtsynth.song import Event, TakeDue, read_song, song_takes, takes_of
from rtsynth.stage.beginning import begin
from rtsynth.stage.changer import Changer
from rtsynth.timbres import choose
from rtsynth.tuning.own import CONCERT_HZ, read_tuning
from rtsynth.user_timbres import load_all
from rtsynth.wav import CHANNELS, MAX_DATA_BYTES, Bits, WavWriter

CHUNK: Final = 512  # samples between two looks at what voices ask for
AHEAD_S: Final = 2.0  # takes are made for so much of the song in one go
AHEAD_PAGES: Final = 2
SILENCE: Final = 1.6e-5  # linear, -96 dB
TAIL_S: Final = 20.0  # the longest tail after the last event
SUBTYPES: Final = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}
WAV_BITS: Final[dict[str, Bits]] = {"16": 16, "24": 24, "float": 32}
FORMATS: Final = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG"}
Progress = Callable[[float], None]  # 0..1
Say = Callable[[str], None]


@dataclass(frozen=True)
class RenderConfig:
    """How a song becomes a file."""

    instrument: str | None = None
    timbre: str | None = None
    rate_hz: int = 48_000
    bits: str = "24"  # "16", "24" or "float"; Ogg Vorbis has none
    gain_db: float = 0.0
    polyphony: int = 128
    seed: int = 0
    arena_mib: int = 128
    render_threads: int = 0
    tuning: Path | None = None  # .scl
    keyboard_map: Path | None = None  # .kbm
    reference_hz: float = CONCERT_HZ
    stretch: float = 0.0  # 0..1
    preset: str | None = None
    layers: tuple[Layer, ...] = ()  # of channel 1, in the place of the timbre
    variation: float = 1.0  # from note to note; 0: frames are played exactly
    fx: str | None = None  # a chain of effects, as fx/chain.py reads it


class Sink(Protocol):
    """Something that takes samples (frames, 2) and is closed in the end."""

    def write(self, samples: Floats) -> None:
        """Append samples."""

    def close(self) -> None:
        """Finish the file."""


def render_file(
    song: Path, out: Path, config: RenderConfig, progress: Progress, say: Say | None = None
) -> float:
    """Render a MIDI file; returns the seconds of sound. The file appears only when complete.

    `say` hears of what is not played.

    Raises:
        RtsynthError: the song, the instrument or the file cannot be used.
    """
    check_target(out, config.bits)
    if out.exists() and song.exists() and out.samefile(song):
        raise RtsynthError(f"cannot write {out}: it is the song itself")
    events = read_song(song)
    check_length(events[-1].time_s + TAIL_S * (1 if config.fx is None else 2), out, config)
    board = None if config.fx is None else Board(config.fx, config.rate_hz)
    instrument = instruments.load(config.instrument)
    partial = out.with_name(f".{out.name}.part")
    try:
        sink = open_sink(partial, out.suffix.lower(), config)
        try:
            frames = 0
            sound = render_events(events, instrument, config, progress, say)
            for samples in sound if board is None else board.through(sound):
                sink.write(samples)
                frames += len(samples)
        finally:
            sink.close()
        os.replace(partial, out)
    except OSError as error:
        raise RtsynthError(f"cannot write {out}: {error.strerror or one_line(error)}") from error
    except RuntimeError as error:  # soundfile's, which does not tell the reason
        raise RtsynthError(
            f"cannot write {out} ({one_line(error)}): is the disk full, or the folder read-only?"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
        if board is not None:
            board.close()
    if board is not None and board.peak > 1.0 and config.bits != "float" and say is not None:
        over_db = 20.0 * np.log10(board.peak)
        say(f"clipped: the effects are {over_db:.1f} dB too loud; end --fx with Limiter()")
    return frames / config.rate_hz


def check_target(out: Path, bits: str) -> None:
    """Fail before the work, not after it.

    Raises:
        RtsynthError: an unknown kind of file, bits it does not have, or no such folder.
    """
    suffix = out.suffix.lower()
    if suffix not in FORMATS:
        raise RtsynthError(f"cannot write {out}: name it .wav, .flac or .ogg")
    if suffix == ".flac" and bits == "float":
        raise RtsynthError("FLAC holds whole numbers only: use --bits 16 or 24, or a .wav file")
    if not out.parent.is_dir():
        raise RtsynthError(f"cannot write {out}: there is no folder {out.parent}")
    if out.is_dir():
        raise RtsynthError(f"cannot write {out}: it is a folder")


def check_length(seconds: float, out: Path, config: RenderConfig) -> None:
    """Fail before the work where a WAV file cannot hold so much.

    Raises:
        RtsynthError: it is too long.
    """
    bits = WAV_BITS[config.bits]
    most_s = MAX_DATA_BYTES / (config.rate_hz * CHANNELS * bits // 8)
    if out.suffix.lower() == ".wav" and seconds > most_s:
        raise RtsynthError(
            f"{seconds / 3600.0:.1f} hours are too long for a .wav file: name it .flac"
        )


def open_sink(path: Path, suffix: str, config: RenderConfig) -> Sink:
    """A file of the kind that a suffix names."""
    if suffix == ".wav":
        return WavWriter(path, config.rate_hz, WAV_BITS[config.bits])
    import soundfile  # here, not above: it takes a tenth of a second

    subtype = "VORBIS" if suffix == ".ogg" else SUBTYPES[config.bits]
    sink: Any = soundfile.SoundFile(
        str(path), "w", config.rate_hz, 2, subtype=subtype, format=FORMATS[suffix]
    )
    return sink  # type: ignore[no-any-return]


def render_events(
    events: list[Event],
    instrument: Instrument,
    config: RenderConfig,
    progress: Progress,
    say: Say | None = None,
) -> Iterator[Floats]:
    """The sound of a song, from its first sample to the end of its tail, in chunks (frames, 2)."""
    renderer = _Renderer(events, instrument, config, say)
    end_s = events[-1].time_s
    yield from renderer.song(lambda at_s: progress(min(1.0, at_s / max(end_s, 1e-9))))
    yield from renderer.tail()
    progress(1.0)


class _Renderer:
    """An engine and its generator in one thread."""

    def __init__(
        self,
        events: list[Event],
        instrument: Instrument,
        config: RenderConfig,
        say: Say | None = None,
    ) -> None:
        own = load_all(instrument.metadata, say) if config.timbre is not None else ()
        metadata, slot = choose(instrument.metadata, config.timbre, own)
        self._events = events
        self._rate_hz = config.rate_hz
        self._engine = Engine(
            config.rate_hz, config.polyphony, config.arena_mib, config.seed, config.variation,
            render_threads=config.render_threads,
        )  # fmt: skip
        self._generator = Generator(self._engine, instrument, config.seed, timbres=metadata.timbres)
        self._controls = Controls(
            self._engine, metadata, slot, say,
            fill=self._generator.fill,
        )  # fmt: skip
        yours = partial(load_all, instrument.metadata)
        self._desk = Desk(self._controls, config.timbre, yours, say)
        tuning = read_tuning(
            config.tuning, config.keyboard_map, config.reference_hz, config.stretch
        )
        begin(self._desk, Changer(self._desk, say), tuning, config.preset, config.timbre,
              config.layers, config.gain_db)  # fmt: skip
        self._takes = song_takes(events, *self._controls.ahead())
        self._held = HeldNotes()
        self._clock = 0  # samples rendered
        self._end = 0  # sample of the last event
        self._look_at = 0  # sample at which timbres go on to turn

    def song(self, progress: Progress) -> Iterator[Floats]:
        """Everything up to the last event."""
        takes, played = self._takes, 0
        for due, events in groupby(self._events, lambda each: round(each.time_s * self._rate_hz)):
            self._end = due
            while self._clock < due:
                yield self._chunk(due - self._clock)
                progress(self._clock / self._rate_hz)
            messages = [event.message for event in events]
            for message in messages:
                while not self._controls.play(message, due):
                    yield self._chunk(1)  # the queue was full
            played += len(messages)
            self._follow([each for each in messages if not isinstance(each, bytes)])
            if takes and takes[0].time_s * self._rate_hz <= due and takes[0].after <= played:
                takes = self._ensure(takes, due / self._rate_hz + AHEAD_S, played)
            self._ensure_now(messages)

    def tail(self) -> Iterator[Floats]:
        """What sounds on after the last event, until it cannot be heard."""
        send = partial(self._controls.at, at_sample=self._end)
        while not self._held.release(send):
            yield self._chunk(CHUNK)
        until = self._clock + round(TAIL_S * self._rate_hz)
        while self._clock < until:
            samples = self._chunk(CHUNK)
            yield samples
            if self._engine.stats().voices == 0 and float(np.abs(samples).max()) < SILENCE:
                return

    def _follow(self, messages: list[Message]) -> None:
        """Turn timbres as the messages that are due now ask for."""
        for message in messages:
            self._held.note(message)
        self._settle(any(map(is_note_on, messages)))

    def _settle(self, begins: bool) -> None:
        self._desk.catch_up()
        self._look_at = self._generator.settle_offline(begins)

    def _ensure_now(self, messages: Sequence[AnyMessage]) -> None:
        """Make what notes play that begin now, whatever was made for them ahead."""
        slots, mixes = self._controls.parts.slots, self._controls.parts.mixes
        self._generator.ensure(
            (take for message in messages
             if not isinstance(message, bytes) and is_note_on(message)
             for take in takes_of(message, slots, mixes, self._controls.take_key)),
            AHEAD_PAGES,
        )  # fmt: skip

    def _ensure(self, takes: list[TakeDue], until_s: float, played: int) -> list[TakeDue]:
        """Make the takes due before until_s, as far as their slots are filled; returns the others.

        Once a slot waits to be filled anew, so do all takes behind that.
        """
        split = next(
            (i for i, due in enumerate(takes) if due.time_s >= until_s or due.after > played),
            len(takes),
        )
        self._generator.ensure((due.take for due in takes[:split]), AHEAD_PAGES)
        return takes[split:]

    def _chunk(self, most: int) -> Floats:
        """Some samples, up to the next look at what was put off."""
        if self._look_at <= self._clock:
            self._settle(False)
        frames = min(most, CHUNK, self._look_at - self._clock)
        if self._engine.insist(frames):
            self._generator.make_all_asked()
        samples = np.zeros((frames, 2), np.float32)
        self._engine.render(samples)
        self._clock += frames
        self._generator.make_all_asked()
        return samples
