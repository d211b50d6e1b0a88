"""Which notes are scored, and their recordings: rendered anew from the data set's soundfonts."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rtsynth import contract as c
from rtsynth.codec.analysis import SilentNoteError, find_onset
from training import bank
from training.evaluation import logmel, sampler
from training.evaluation.playing import Voice
from training.evaluation.spectra import SAMPLE_RATE, Audio
from training.notes import NotePlan, TimbreSpec, is_held_out_key
from training.rendering import preset_of, render
from training.shards import Note, Timbre

LADDER_VELOCITIES: Final = (12, 28, 44, 60, 76, 92, 108, 124)
LADDER_SECONDS: Final = 0.6
ROOT_SECONDS: Final = 4.0  # of the sampler's recordings, for the decay
GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True)
class Effort:
    """How many notes are scored, and how long they are."""

    held_out_keys: int = 8  # notes of each timbre on pitches that were never trained on
    held_out_velocities: int = 4  # notes on trained pitches, at velocities that never were
    seconds: float = 2.0
    ladder_keys: int = 2
    sweep_every: int = 1  # every so many keys are played to measure their tuning
    frame_notes: int = 24  # of each timbre whose frames are compared, at most
    morphs: int = 24
    morph_steps: int = 16
    seed: int = 1


FULL: Final = Effort()
QUICK: Final = Effort(
    held_out_keys=3, held_out_velocities=1, ladder_keys=1, sweep_every=7, frame_notes=8, morphs=8
)


@dataclass(frozen=True)
class Scored:
    """A note that is scored: what the data set knows of it, and its recording."""

    note: Note
    real: Audio  # (samples, 2), from the onset
    other: Audio  # the same from the key beside it, retuned: real against real

    @property
    def f0_hz(self) -> float:
        """The pitch of the recording."""
        return note_f0_hz(self.note)

    @property
    def new_pitch(self) -> bool:
        """Whether the note is scored for its pitch, or for its velocity."""
        return is_held_out_key(self.note.key)


@dataclass(frozen=True)
class Recordings:
    """All that is rendered of one timbre."""

    scored: list[Scored]
    ladders: dict[int, list[Audio]]  # key: a recording for each of LADDER_VELOCITIES
    roots: list[tuple[int, float, Audio]]  # key, pitch in Hz, recording: for the sampler
    lessons: list[tuple[int, logmel.Half]]  # key, mel: what the classifier is trained on


def note_f0_hz(note: Note) -> float:
    """The pitch of a recorded note."""
    return c.key_hz(note.key) * math.pow(2.0, note.cents / 1200.0)


def spec_of(timbre: str) -> TimbreSpec | None:
    """What a timbre was rendered from, if it is of the bank."""
    return next((spec for spec in bank.TIMBRES if spec.name == timbre), None)


def spread(notes: Sequence[Note], count: int) -> list[Note]:
    """At most `count` of the notes, evenly from the first to the last."""
    places = np.linspace(0, len(notes) - 1, min(count, len(notes))).round()
    return [notes[int(place)] for place in places]


def choose(timbre: Timbre, voice: Voice, effort: Effort) -> list[Note]:
    """The notes of a timbre that are scored, within its range; loud enough to be heard."""
    inside = [n for n in timbre.notes if voice.low <= n.key <= voice.high and n.pitched]
    pitches = [n for n in inside if is_held_out_key(n.key)]
    velocities = [n for n in inside if n.held_out_velocity and not is_held_out_key(n.key)]
    return spread(pitches, effort.held_out_keys) + spread(velocities, effort.held_out_velocities)


def ladder_keys(voice: Voice, effort: Effort) -> list[int]:
    """Keys on which velocities are compared."""
    places = (np.arange(effort.ladder_keys) + 0.5) / effort.ladder_keys
    return [round(voice.low + float(place) * (voice.high - voice.low)) for place in places]


def lesson_plans(voice: Voice) -> list[NotePlan]:
    """Every key once, for the classifier; velocities spread by the golden ratio."""
    plans = []
    for key in range(voice.low, voice.high + 1):
        velocity = 30.0 + 90.0 * ((key * GOLDEN) % 1.0)
        plans.append(NotePlan(key, round(velocity), logmel.SECONDS + 0.2))
    return plans


def record(
    spec: TimbreSpec, timbre: Timbre, voice: Voice, effort: Effort, with_lessons: bool
) -> Recordings:
    """Render all that the scores of a timbre need, in one go: loading a soundfont takes long."""
    notes = choose(timbre, voice, effort)
    hold = effort.seconds + 0.3
    own = [NotePlan(n.key, n.velocity, hold) for n in notes]
    beside = [replace(p, key=_beside(p.key, voice)) for p in own]
    keys = ladder_keys(voice, effort)
    rungs = [NotePlan(k, v, LADDER_SECONDS + 0.3) for k in keys for v in LADDER_VELOCITIES]
    root_keys = sampler.roots(voice.low, voice.high)
    at_root = [NotePlan(k, sampler.ROOT_VELOCITY, ROOT_SECONDS) for k in root_keys]
    lessons = lesson_plans(voice) if with_lessons else []
    parts = render_held(spec, [own, beside, rungs, at_root, lessons])
    scored = []
    for note, real, other in zip(notes, parts[0], parts[1], strict=True):
        if real is not None and other is not None:
            retuned = _retuned(other, _beside(note.key, voice), note.key)
            scored.append(Scored(note, _cut(real, effort.seconds), _cut(retuned, effort.seconds)))
    ladders = {}
    for place, key in enumerate(keys):
        first = place * len(LADDER_VELOCITIES)
        steps = parts[2][first : first + len(LADDER_VELOCITIES)]
        ladders[key] = [_cut(audio, LADDER_SECONDS) for audio in steps if audio is not None]
    return Recordings(
        scored,
        {key: steps for key, steps in ladders.items() if len(steps) == len(LADDER_VELOCITIES)},
        [
            (key, note_f0_hz(replace(_nearest(timbre, key), key=key)), audio)
            for key, audio in zip(root_keys, parts[3], strict=True)
            if audio is not None
        ],
        [
            (p.key, logmel.log_mel(audio))
            for p, audio in zip(lessons, parts[4], strict=True)
            if audio is not None
        ],
    )


def _beside(key: int, voice: Voice) -> int:
    return key + 1 if key < voice.high else key - 1


def _nearest(timbre: Timbre, key: int) -> Note:
    return min(timbre.notes, key=lambda note: abs(note.key - key))


def render_held(spec: TimbreSpec, groups: list[list[NotePlan]]) -> list[list[Audio | None]]:
    """Recordings from their onsets to where the key is let go; None: nothing sounds."""
    rendered = iter(render(preset_of(spec), [plan for group in groups for plan in group]))
    found: list[list[Audio | None]] = []
    for group in groups:
        row: list[Audio | None] = []
        for note in (next(rendered) for _ in group):
            try:
                row.append(note.audio[find_onset(note.audio) : note.off_sample])
            except SilentNoteError:
                row.append(None)
        found.append(row)
    return found


def _retuned(audio: Audio, from_key: int, to_key: int) -> Audio:
    """Resample a recording to another key."""
    import librosa

    ratio = c.key_hz(to_key) / c.key_hz(from_key)
    moved = librosa.resample(audio.T, orig_sr=SAMPLE_RATE * ratio, target_sr=SAMPLE_RATE)
    found: Audio = np.ascontiguousarray(moved.T, np.float32)
    return found


def _cut(audio: Audio, seconds: float) -> Audio:
    return audio[: round(seconds * SAMPLE_RATE)]


def seed_of(*what: object) -> int:
    """A seed for something named, the same in every process."""
    return zlib.crc32(repr(what).encode())
