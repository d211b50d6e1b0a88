"""What was played in the last ten minutes, as files: `rtsynth history`."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth import wav
from rtsynth.errors import RtsynthError
from rtsynth.messages import NOTE_ON
from rtsynth.parser import data_bytes
from rtsynth.stage.midi_state import MidiState
from rtsynth.stage.pieces import Played, pieces, read_messages
from rtsynth.wav import WavWriter

LONGEST_PAUSE_S: Final = 10.0  # a longer one is made so short, in the sound and in the MIDI alike
TEMPO_US: Final = 500_000  # a beat
TICKS: Final = 960  # a beat: half a millisecond each
FRAME_BYTES: Final = 6
SUFFIXES: Final = (".wav", ".mid")
TICKS_PER_S: Final = TICKS * 1e6 / TEMPO_US


@dataclass(frozen=True)
class Part:
    """A piece: sound, state and messages, and where it lies."""

    sound: Path
    begin: int  # sample of the engine's clock
    frames: int
    at: int  # frame of the saved file


@dataclass(frozen=True)
class Run:
    """What is kept of one run of rtsynth."""

    name: str
    rate_hz: int
    parts: tuple[Part, ...]  # in order of time
    ended: datetime.datetime  # when it was written last

    @property
    def frames(self) -> int:
        """Length of the saved file."""
        return self.parts[-1].at + self.parts[-1].frames

    @property
    def seconds(self) -> float:
        """The same, in seconds."""
        return self.frames / self.rate_hz

    def frame_of(self, sample: int) -> int:
        """Where a sample of the engine's clock lies in the saved file; in a pause: in what is left.

        What was played before the first piece lies at its beginning.
        """
        found = self.parts[0]
        for part in self.parts:
            if part.begin > sample:
                pause = part.at - (found.at + found.frames)
                after = sample - (found.begin + found.frames)
                inside = found.at + max(0, sample - found.begin)
                return inside if after < 0 else found.at + found.frames + min(after, pause)
            found = part
        return min(self.frames, found.at + max(0, sample - found.begin))

    def played(self) -> list[Played]:
        """All messages, from the state at the beginning on; samples are frames of the saved file.

        What was sent ahead, and would have been played after the end, is left out.
        """
        read = [read_messages(part.sound) for part in self.parts]
        state = [Played(0, message) for message in read[0][0]]
        end = self.parts[-1].begin + self.parts[-1].frames
        played = [each for _, messages in read for each in messages if each.sample < end]
        played.sort(key=lambda each: each.sample)
        return state + [Played(self.frame_of(each.sample), each.message) for each in played]


def runs() -> list[Run]:
    """All runs of which something is kept, the latest first."""
    found: dict[str, list[Path]] = {}
    for path in pieces():
        found.setdefault(path.parent.name, []).append(path)
    made = [made for name, paths in found.items() for made in _runs_of(name, sorted(paths))]
    return sorted(made, key=lambda run: run.ended, reverse=True)


def _runs_of(name: str, paths: list[Path]) -> Iterator[Run]:
    """One for each sample rate that it had."""
    rates: dict[int, list[Part]] = {}
    for path in paths:
        try:
            rate_hz, frames = wav.extent(path)
            begin = int(path.stem)
        except (OSError, ValueError):
            continue  # gone meanwhile, or none of ours
        if not frames:
            continue
        parts = rates.setdefault(rate_hz, [])
        at = 0
        if parts:
            last = parts[-1]
            pause = max(0, begin - (last.begin + last.frames))
            at = last.at + last.frames + min(pause, round(LONGEST_PAUSE_S * rate_hz))
        parts.append(Part(path, begin, frames, at))
    for rate_hz, parts in rates.items():
        ended = max(part.sound.stat().st_mtime for part in parts)
        yield Run(name, rate_hz, tuple(parts), datetime.datetime.fromtimestamp(ended))


def notes(run: Run) -> int:
    """How many notes were played."""
    return sum(message[0] & 0xF0 == NOTE_ON and message[2] > 0 for _, message in run.played())


def save(run: Run, stem: Path) -> tuple[Path, Path]:
    """Write what is kept of a run as STEM.wav and STEM.mid; both begin at the same moment.

    A stem may be given as the name of either file.

    Returns:
        The two files, under names that were free.

    Raises:
        RtsynthError: they cannot be written.
    """
    if run.frames * FRAME_BYTES > wav.MAX_DATA_BYTES:
        raise RtsynthError(f"{run.seconds / 60:.0f} minutes are too long for a .wav file")
    stem = stem.with_suffix("") if stem.suffix.lower() in SUFFIXES else stem
    sound, midi = free_pair(stem)
    try:
        _save_sound(run, sound)
        _save_midi(run, midi)
    except OSError as error:
        raise RtsynthError(f"cannot write {stem}: {error.strerror}") from error
    return sound, midi


def free_pair(stem: Path) -> tuple[Path, Path]:
    """STEM.wav and STEM.mid, or where either is there STEM-2, STEM-3, ..."""
    number = 1
    while True:
        name = stem.name if number == 1 else f"{stem.name}-{number}"
        pair = stem.with_name(f"{name}.wav"), stem.with_name(f"{name}.mid")
        if not any(path.exists() for path in pair):
            return pair
        number += 1


def _save_sound(run: Run, path: Path) -> None:
    file = WavWriter(path, run.rate_hz)
    try:
        for part in run.parts:
            silence = np.zeros((part.at - file.frames, 2), np.float32)
            file.write(silence)
            file.write(wav.read_24(part.sound)[: part.frames])
    finally:
        file.close()


def _save_midi(run: Run, path: Path) -> None:
    import mido  # here, not above: it is needed only to save

    file = mido.MidiFile(ticks_per_beat=TICKS)
    track = file.add_track("rtsynth")
    track.append(mido.MetaMessage("set_tempo", tempo=TEMPO_US))
    state = MidiState()
    played = run.played()
    for _, message in played:
        state.follow(message)
    now = 0
    for frame, message in [*played, *(Played(run.frames, each) for each in state.releases())]:
        tick = round(frame / run.rate_hz * TICKS_PER_S)
        data = message if isinstance(message, bytes) else message[: 1 + data_bytes(message[0])]
        track.append(mido.Message.from_bytes(data, time=tick - now))
        now = tick
    file.save(str(path))
