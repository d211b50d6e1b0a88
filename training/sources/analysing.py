"""Analyse a recording into notes, as what its timbre is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rtsynth.codec.analysis import analyse
from rtsynth.codec.recording import RecordingError
from rtsynth.contract import velocity_gain_db
from training.collect import Found, Played, found_note
from training.sources.deciding import Job
from training.sources.looking import SAMPLE_RATE, loaded, named_problem

LONGEST_HELD_S: Final = 12.0  # of a note is analysed
VELOCITIES_WIDE: Final = 42  # a note that stands for more velocities is kept once for each share
ANY_VELOCITY: Final = (1, 127)


@dataclass(frozen=True)
class Result:
    """What became of one file: notes, or a problem."""

    found: list[Found]
    problem: str = ""


def analysed(job: Job) -> Result:
    """Analyse a file into one note, or one for each share of the velocities it stands for."""
    sound = job.look.sound
    try:
        recording = loaded(sound)
        whole = job.kind == "noise" and not job.sustained  # a bang is not held
        held = (recording.audio if whole else recording.held)[: int(LONGEST_HELD_S * SAMPLE_RATE)]
        if np.array_equal(held[:, 0], held[:, 1]):
            held = held[:, :1]  # mono: half the work
        heard = job.look.heard
        stiffness = heard.inharmonicity if heard is not None and not job.sustained else 0.0
        found = analyse(held, job.key, job.sustained, stiffness, job.kind)
        notes: list[Found] = []
        for velocity in _velocities(sound.velocities or ANY_VELOCITY):
            level = (
                velocity_gain_db(velocity) if sound.velocities and sound.velocity_in_level else 0
            )
            note = found_note(
                _played(job, velocity), found, found.reference_db - level + sound.gain_db
            )
            notes.append(replace(note, frames=notes[0].frames) if notes else note)
    except (RecordingError, ValueError, ArithmeticError) as error:
        return Result([], named_problem(sound, error))
    return Result(notes)


def _velocities(span: tuple[int, int]) -> list[int]:
    """The middle of each share of a span of velocities."""
    low, high = span
    count = max(1, round((high - low + 1) / VELOCITIES_WIDE))
    width = (high - low) / count
    return [round(low + width * (share + 0.5)) for share in range(count)]


def _played(job: Job, velocity: int) -> Played:
    return Played(
        timbre=job.look.sound.timbre,
        program=job.program,
        key=job.key,
        velocity=velocity,
        sustained=job.sustained,
        pitched=job.kind != "noise",
        release_db_per_s=job.release_db_per_s,
        held_out=job.held_out,
        held_out_velocity=False,
    )
