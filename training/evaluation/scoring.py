"""Score one timbre in a process of its own: its notes by every way of making them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth import contract as c
from training.evaluation import logmel, measures, sampler, tuning
from training.evaluation.frames import FrameErrors, errors_of
from training.evaluation.playing import STEP_S, Instrument, Voice, opened, sound
from training.evaluation.recordings import (
    LADDER_SECONDS,
    LADDER_VELOCITIES,
    Effort,
    Recordings,
    Scored,
    record,
    seed_of,
    spec_of,
    spread,
)
from training.evaluation.spectra import Audio, Sound
from training.notes import is_held_out_key
from training.shards import Note, Timbre, load

REAL: Final = "real"  # beside it: the recording of the key next to it, retuned
CODEC: Final = "codec"
NETWORK: Final = "network"
WITHOUT: Final = "without adversary"
SAMPLER: Final = "sampler"
COLUMNS: Final[tuple[str, ...]] = (REAL, CODEC, NETWORK, WITHOUT, SAMPLER)
SWEEP_SECONDS: Final = 0.7
SWEEP_VELOCITY: Final = 90


@dataclass(frozen=True)
class Job:
    """What a process is told."""

    timbre: str
    data: Path
    instrument: Path
    without_adversary: Path | None
    effort: Effort
    sample_length: int  # of each of the sampler's recordings
    with_recordings: bool
    with_lessons: bool  # for the classifier
    with_picture: bool  # keep the sound of a note


@dataclass(frozen=True)
class NoteScore:
    """How far each way of making a note is from its recording."""

    key: int
    velocity: int
    new_pitch: bool
    distances: dict[str, dict[str, float]]  # column: measure: value


@dataclass
class TimbreScore:
    """All that was found of one timbre."""

    timbre: str
    held_out: FrameErrors
    trained: FrameErrors
    notes: list[NoteScore] = field(default_factory=list)
    mels: dict[str, logmel.Half] = field(default_factory=dict)  # column: (notes, 2, FRAMES, BANDS)
    lessons: list[tuple[int, logmel.Half]] = field(default_factory=list)
    ladders: dict[str, list[tuple[list[float], list[float]]]] = field(default_factory=dict)
    sweep: dict[int, float] = field(default_factory=dict)  # key: cents
    picture: dict[str, Audio] = field(default_factory=dict)
    picture_of: tuple[int, int] = (0, 0)  # key, velocity


def score(job: Job) -> TimbreScore:
    """Everything about one timbre."""
    timbre = next(t for t in load(job.data).timbres if t.name == job.timbre)
    instrument = opened(job.instrument)
    voice = instrument.voices[job.timbre]
    found = TimbreScore(job.timbre, *_frame_errors(instrument, voice, timbre, job.effort))
    found.sweep = sweep(instrument, voice, job.effort)
    spec = spec_of(job.timbre)
    if spec is None or not job.with_recordings:
        return found
    recordings = record(spec, timbre, voice, job.effort, job.with_lessons)
    table = [
        sampler.make(audio, key, f0_hz, job.sample_length, not timbre.sustained)
        for key, f0_hz, audio in recordings.roots
    ]
    if not table:  # a font without these keys
        return found
    players = {NETWORK: instrument}
    if job.without_adversary is not None:
        players[WITHOUT] = opened(job.without_adversary)
    _score_notes(job, found, recordings.scored, timbre, players, table)
    _climb(found, recordings, players, table)
    found.lessons = recordings.lessons
    return found


def _frame_errors(
    instrument: Instrument, voice: Voice, timbre: Timbre, effort: Effort
) -> tuple[FrameErrors, FrameErrors]:
    new = [n for n in timbre.notes if is_held_out_key(n.key)]
    old = [n for n in timbre.notes if not n.held_out]
    return (
        errors_of(instrument, voice, timbre, spread(new, effort.frame_notes)),
        errors_of(instrument, voice, timbre, spread(old, effort.frame_notes)),
    )


def note_values(note: Note) -> np.ndarray:
    """A recorded note's values in the order of the contract."""
    named = [getattr(note, name) for name in c.NOTE_FIELDS]
    return np.asarray([*named, *note.detune_cents], np.float32)


def every_way(
    scored: Scored,
    timbre: Timbre,
    players: dict[str, Instrument],
    table: Sequence[sampler.Sample],
    seconds: float,
    stereo: bool = False,
) -> dict[str, Audio]:
    """The note by every column, the recording's neighbour as `REAL`.

    All are played at the recording's own pitch: how a soundfont is tuned is not the network's job.
    """
    note, f0_hz = scored.note, scored.f0_hz
    seed = seed_of(note.timbre, note.key, note.velocity)
    steps = int(np.ceil(seconds / STEP_S))
    made = {REAL: scored.other}
    real_frames = timbre.note_frames(note)
    values = note_values(note)
    made[CODEC] = sound(real_frames, values, f0_hz, note.velocity, seconds, seed, stereo)
    for name, player in players.items():
        latent = player.voices[note.timbre].latent
        frames, own = player.frames(latent, [note.key], [note.velocity], steps, seed)
        made[name] = sound(frames[0], own[0], f0_hz, note.velocity, seconds, seed + 1, stereo)
    made[SAMPLER] = sampler.play(table, note.key, f0_hz, note.velocity, seconds)
    return made


def _score_notes(
    job: Job,
    found: TimbreScore,
    notes: Sequence[Scored],
    timbre: Timbre,
    players: dict[str, Instrument],
    table: Sequence[sampler.Sample],
) -> None:
    mels: dict[str, list[logmel.Half]] = {}
    for place, scored in enumerate(notes):
        note = scored.note
        real = Sound(scored.real, note.key)
        made = every_way(scored, timbre, players, table, job.effort.seconds)
        values = note_values(note)
        expected = tuning.expected_hz(
            scored.f0_hz, 10.0 ** float(values[0]), values[c.NOTE_DETUNE :]
        )
        distances = {}
        for name, audio in made.items():
            its = measures.compare(Sound(audio, note.key), real, not note.sustained)
            its["pitch"] = abs(tuning.pitch_error_cents(audio, expected))
            distances[name] = its
        found.notes.append(NoteScore(note.key, note.velocity, scored.new_pitch, distances))
        for name, audio in {**made, REAL: scored.real}.items():
            mels.setdefault(name, []).append(logmel.log_mel(audio))
        if job.with_picture and place == len(notes) // 3:
            found.picture = {**made, REAL: scored.real}
            found.picture_of = (note.key, note.velocity)
    found.mels = {name: np.stack(each) for name, each in mels.items()}


def _climb(
    found: TimbreScore,
    recordings: Recordings,
    players: dict[str, Instrument],
    table: Sequence[sampler.Sample],
) -> None:
    """Loudness and centroid over the velocities, for the recordings and each way of making them."""
    steps = int(np.ceil(LADDER_SECONDS / STEP_S))
    for key, real in recordings.ladders.items():
        rungs: dict[str, list[Audio]] = {REAL: real}
        count = len(LADDER_VELOCITIES)
        for name, player in players.items():
            latent = player.voices[found.timbre].latent
            seed = seed_of(found.timbre, key)
            frames, values = player.frames(latent, [key] * count, LADDER_VELOCITIES, steps, seed)
            rungs[name] = [
                sound(f, v, c.key_hz(key), velocity, LADDER_SECONDS, seed)
                for f, v, velocity in zip(frames, values, LADDER_VELOCITIES, strict=True)
            ]
        rungs[SAMPLER] = [
            sampler.play(table, key, c.key_hz(key), v, LADDER_SECONDS) for v in LADDER_VELOCITIES
        ]
        for name, audios in rungs.items():
            sounds = [Sound(audio, key) for audio in audios]
            ladder = [s.loudness_db for s in sounds], [s.centroid_hz for s in sounds]
            found.ladders.setdefault(name, []).append(ladder)


def sweep(instrument: Instrument, voice: Voice, effort: Effort) -> dict[int, float]:
    """Play keys all over the range; how far each is from equal temperament, in cents."""
    first = voice.low + seed_of(voice.name, effort.seed) % effort.sweep_every
    keys = list(range(first, voice.high + 1, effort.sweep_every))
    steps = int(np.ceil(SWEEP_SECONDS / STEP_S))
    found = {}
    frames, values = instrument.frames(
        voice.latent, keys, [SWEEP_VELOCITY] * len(keys), steps, effort.seed
    )
    for key, its_frames, note in zip(keys, frames, values, strict=True):
        f0_hz = c.key_hz(key)
        seed = seed_of(voice.name, key)
        audio = sound(its_frames, note, f0_hz, SWEEP_VELOCITY, SWEEP_SECONDS, seed)
        expected = tuning.expected_hz(f0_hz, 10.0 ** float(note[0]), note[c.NOTE_DETUNE :])
        found[key] = tuning.pitch_error_cents(audio, expected)
    return found
