"""Make the data set: render single notes of soundfonts and analyse them into frames.

    python -m training.data --out data/                      # the bank
    python -m training.data --out data/ --from MY_SOUNDS     # your own sounds, see --help

A timbre that is already there is left alone, so an interrupted run can be started again.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from rtsynth.codec.analysis import analyse, find_onset, release_db_per_s
from training.bank import TIMBRES
from training.collect import (
    Found,
    Played,
    add_to_index,
    found_note,
    is_there,
    workers,
    write_found,
)
from training.notes import (
    SHORT_HOLD_S,
    NotePlan,
    TimbreSpec,
    is_held_out_key,
    is_held_out_velocity,
    plan,
)
from training.rendering import (
    Preset,
    RenderedNote,
    RenderError,
    find_fluidsynth,
    find_soundfont,
    render,
)
from training.shards import write_index
from training.sources import command, making, soundfont
from training.sources.sounds import SourceError

NOTES_A_TASK: Final = 24  # a compressed soundfont takes seconds to load


@dataclass(frozen=True)
class Task:
    """Some notes of one timbre, for one process."""

    spec: TimbreSpec
    preset: Preset
    notes: list[NotePlan]
    last: bool = False  # the timbre is complete with it


@dataclass(frozen=True)
class Done:
    """What became of a task."""

    found: list[Found]
    failures: list[str]  # notes that were left out, and why


def make(out: Path, specs: Sequence[TimbreSpec], font: Path | None, processes: int) -> str:
    """Write timbres into a folder, but not yet its index; returns the soundfonts' names.

    `font` replaces the timbres' own.
    """
    paths = {spec.name: font or find_soundfont(spec.soundfont) for spec in specs}
    missing = [spec for spec in specs if not is_there(out / spec.name)]
    tasks = [
        task
        for spec in missing
        for task in _tasks(spec, paths[spec.name], 0.0 if font else spec.soundfont.gain_db)
    ]
    tqdm.write(f"{len(specs) - len(missing)} of {len(specs)} timbres are already there")
    with workers(processes) as pool:
        _write_timbres(out, tasks, pool.imap(run_task, tasks))
    return ", ".join(sorted({path.name for path in paths.values()}))


def _write_timbres(out: Path, tasks: Sequence[Task], results: Iterable[Done]) -> None:
    """Write each timbre as soon as its last task is done."""
    found: list[Found] = []
    with tqdm(total=sum(len(task.notes) for task in tasks), unit="note") as bar:
        for task, done in zip(tasks, results, strict=True):
            bar.set_description(task.spec.name)
            bar.update(len(task.notes))
            found += done.found
            for failure in done.failures:
                tqdm.write(f"left out: {failure}")
            if not task.last:
                continue
            if not found:
                raise RenderError(f"{task.spec.name}: not one note can be used")
            write_found(out / task.spec.name, found)
            found = []


def _tasks(spec: TimbreSpec, path: Path, gain_db: float) -> list[Task]:
    preset = Preset(path, spec.program, spec.transpose, gain_db, spec.bank)
    notes = plan(spec)
    firsts = range(0, len(notes), NOTES_A_TASK)
    return [
        Task(spec, preset, notes[first : first + NOTES_A_TASK], last=first == firsts[-1])
        for first in firsts
    ]


def run_task(task: Task) -> Done:
    """Render and analyse some notes; those that fail are named."""
    spec = task.spec
    planned = list(task.notes)
    if not spec.sustained:  # a long note has died away before its release can be heard
        planned += [replace(note, hold_s=SHORT_HOLD_S) for note in task.notes]
    rendered = render(task.preset, planned)
    done = Done([], [])
    count = len(task.notes)
    for note, short_note in zip(rendered[:count], rendered[-count:], strict=True):
        try:
            done.found.append(_find(spec, note, release_db_per_s(_released(short_note))))
        except (ValueError, ArithmeticError) as error:
            done.failures.append(
                f"{spec.name}, key {note.plan.key}, velocity {note.plan.velocity}: {error}"
            )
    return done


def _released(note: RenderedNote) -> np.ndarray:
    return note.audio[note.off_sample :]


def _find(spec: TimbreSpec, rendered: RenderedNote, release: float) -> Found:
    key, velocity = rendered.plan.key, rendered.plan.velocity
    held = rendered.audio[find_onset(rendered.audio) : rendered.off_sample]
    if np.array_equal(held[:, 0], held[:, 1]):
        held = held[:, :1]  # mono: half the work
    found = analyse(held, key, spec.sustained, spec.usual_inharmonicity(key), spec.kind)
    played = Played(
        timbre=spec.name,
        program=spec.program,
        key=key,
        velocity=velocity,
        sustained=spec.sustained,
        pitched=spec.kind != "noise",
        release_db_per_s=release,
        held_out=is_held_out_key(key) or is_held_out_velocity(velocity),
        held_out_velocity=is_held_out_velocity(velocity),
    )
    return found_note(played, found)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [spec.name for spec in TIMBRES]
    parser = argparse.ArgumentParser(prog="python -m training.data", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument(
        "--soundfont", type=Path, help="render from this file, not from each timbre's own soundfont"
    )
    parser.add_argument("--timbres", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    command.add_options(parser)
    return parser.parse_args(arguments)


def _make_bank(options: argparse.Namespace) -> None:
    if options.soundfont is not None and not options.soundfont.is_file():
        raise RenderError(f"no soundfont at {options.soundfont}")
    specs = [spec for spec in TIMBRES if spec.name in options.timbres]
    soundfonts = make(options.out, specs, options.soundfont, options.processes)
    write_index(
        options.out,
        soundfonts,
        {spec.name: spec.program for spec in specs},
        {spec.name: spec.sustained for spec in specs},
        {spec.name: (spec.low, spec.high) for spec in specs},
    )


def _make_own(options: argparse.Namespace) -> None:
    """Add timbres from the user's own files."""
    wish, path = command.wish_of(options), options.source
    if not soundfont.is_one(path):
        source = making.read(path)
        summary = making.make(options.out, source, wish, options.processes, tqdm.write)
        tqdm.write(summary.text())
        return
    specs = soundfont.specs(path, options.program, options.bank, wish, tqdm.write)
    make(options.out, specs, path, options.processes)
    add_to_index(options.out, path.name, {spec.name: spec.program for spec in specs})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = _parse(arguments)
    try:
        if options.source is None or soundfont.is_one(options.source):
            find_fluidsynth()
        (_make_bank if options.source is None else _make_own)(options)
    except (RenderError, SourceError, OSError) as error:
        sys.exit(f"training.data: {error}")


if __name__ == "__main__":
    main()
