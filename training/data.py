"""Make the data set: render single notes of a soundfont and analyse them into frames.

    python -m training.data --out data/

A timbre that is already there is left alone, so an interrupted run can be started again.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from rtsynth.contract import velocity_gain_db
from rtsynth.codec.analysis import Analysis, SilentNoteError, analyse, find_onset, release_db_per_s
from training.notes import SHORT_HOLD_S, TIMBRES, NotePlan, TimbreSpec, is_held_out, plan
from training.rendering import RenderedNote, RenderError, find_fluidsynth, find_soundfont, render
from training.shards import DataSetError, Frames, Note, read_timbre, write_index, write_timbre

NOTES_A_TASK: Final = 12
SILENT_DB: Final = -110.0  # dB re full scale at velocity 127
ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """Some notes of one timbre, for one process."""

    soundfont: Path
    spec: TimbreSpec
    notes: list[NotePlan]


@dataclass(frozen=True)
class Found:
    """One analysed note; `note.start` is not yet known."""

    note: Note
    frames: Frames


def make(out: Path, soundfont: Path, specs: Sequence[TimbreSpec], processes: int) -> None:
    """Write the data set of some timbres into a folder."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")  # read when a new process loads numpy
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for spec in specs:
            if _is_there(out / spec.name):
                tqdm.write(f"{spec.name}: already there")
                continue
            notes = plan(spec)
            tasks = [
                Task(soundfont, spec, notes[first : first + NOTES_A_TASK])
                for first in range(0, len(notes), NOTES_A_TASK)
            ]
            found: list[Found] = []
            with tqdm(total=len(notes), desc=spec.name, unit="note") as bar:
                for task, part in zip(tasks, pool.imap(run_task, tasks), strict=True):
                    found += part
                    bar.update(len(task.notes))
            _write(out / spec.name, found)
            tqdm.write(f"{spec.name}: {len(found)} notes, {len(notes) - len(found)} silent")
    write_index(
        out,
        soundfont.name,
        {spec.name: spec.program for spec in specs},
        {spec.name: spec.sustained for spec in specs},
    )


def run_task(task: Task) -> list[Found]:
    """Render and analyse some notes; silent ones are left out."""
    spec = task.spec
    rendered = render(task.soundfont, spec.program, task.notes)
    let_go = rendered
    if not spec.sustained:  # a long note has died away before its release can be heard
        short = [replace(note, hold_s=SHORT_HOLD_S) for note in task.notes]
        let_go = render(task.soundfont, spec.program, short)
    found = []
    for note, short_note in zip(rendered, let_go, strict=True):
        try:
            found.append(_find(spec, note, release_db_per_s(_released(short_note))))
        except SilentNoteError:
            continue
    return found


def _released(note: RenderedNote) -> np.ndarray:
    return note.audio[note.off_sample :]


def _find(spec: TimbreSpec, rendered: RenderedNote, release: float) -> Found:
    key, velocity = rendered.plan.key, rendered.plan.velocity
    held = rendered.audio[find_onset(rendered.audio) : rendered.off_sample]
    found = analyse(held, key, spec.sustained, spec.usual_inharmonicity(key))
    gain_db = found.reference_db - velocity_gain_db(velocity)
    if gain_db < SILENT_DB:
        raise SilentNoteError("the note does not sound")
    return Found(_note(spec, rendered.plan, found, gain_db, release), found.frames.astype("f2"))


def _note(
    spec: TimbreSpec, planned: NotePlan, found: Analysis, gain_db: float, release: float
) -> Note:
    return Note(
        timbre=spec.name,
        program=spec.program,
        key=planned.key,
        velocity=planned.velocity,
        start=0,
        frames=len(found.frames),
        inharmonicity_log10=float(np.log10(found.pitch.inharmonicity)),
        gain_db=gain_db,
        tail_db_per_s=found.tail_db_per_s,
        release_db_per_s=release,
        cents=found.pitch.cents,
        held_out=is_held_out(planned.key),
        sustained=spec.sustained,
    )


def _write(folder: Path, found: Sequence[Found]) -> None:
    notes, start = [], 0
    for one in found:
        notes.append(replace(one.note, start=start))
        start += one.note.frames
    write_timbre(folder, notes, [one.frames for one in found])


def _is_there(folder: Path) -> bool:
    try:
        read_timbre(folder)
    except DataSetError:
        return False
    return True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [spec.name for spec in TIMBRES]
    parser = argparse.ArgumentParser(prog="python -m training.data", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--soundfont", help="default: MuseScore_General where packages put it")
    parser.add_argument("--timbres", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = _parse(arguments)
    try:
        find_fluidsynth()
        soundfont = find_soundfont(options.soundfont)
        specs = [spec for spec in TIMBRES if spec.name in options.timbres]
        make(options.out, soundfont, specs, options.processes)
    except (RenderError, OSError) as error:
        sys.exit(f"training.data: {error}")


if __name__ == "__main__":
    main()
