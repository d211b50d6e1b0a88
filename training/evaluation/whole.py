"""The whole evaluation: what is played in which process, and how its parts come together."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch
from tqdm import tqdm

from training import shards
from training.evaluation import classifier, frames, report, response, sampler, sets
from training.evaluation.catalogue import Values
from training.evaluation.playing import Instrument, InstrumentError
from training.evaluation.recordings import FULL, QUICK, Effort, lesson_plans, spec_of
from training.evaluation.scoring import COLUMNS, NETWORK, REAL, WITHOUT, Job, TimbreScore, score
from training.rendering import find_fluidsynth, find_soundfont

KEPT: Final = "evaluation"  # folder beside the data set
QUICK_TIMBRES: Final = 16
QUICK_STEPS: Final = 400  # of the classifier
FULL_STEPS: Final = 1200
PICTURES: Final = 6

Given = TypeVar("Given")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    instrument: Path
    data: Path
    without_adversary: Path | None = None
    quick: bool = False
    frames_only: bool = False  # nothing is rendered
    processes: int = 2
    seed: int = 1


@dataclass
class Outcome:
    """What pictures are drawn from, beside the figures."""

    result: dict[str, Any]
    timbres: list[TimbreScore]
    heard: dict[str, classifier.Heard]  # column: what the classifier made of it


def parallel(
    work: Callable[[Given], Found], given: Sequence[Given], processes: int, what: str
) -> list[Found]:
    """Do some work in processes with one thread each, in order, with a progress bar."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # read when a new process loads numpy
    if processes <= 1 or len(given) <= 1:
        return [work(each) for each in tqdm(given, desc=what)]
    with multiprocessing.get_context("spawn").Pool(min(processes, len(given))) as pool:
        done: Iterable[Found] = pool.imap(work, given)
        return list(tqdm(done, total=len(given), desc=what))


def evaluate(options: Options) -> Outcome:
    """Measure everything.

    Raises:
        InstrumentError, shards.DataSetError, training.rendering.RenderError: something that is
            needed is missing or wrong; the message is one line.
    """
    effort = QUICK if options.quick else FULL
    instrument = Instrument.open(options.instrument)
    data = shards.load(options.data)
    names = [t.name for t in data.timbres if t.name in instrument.voices]
    if not names:
        raise InstrumentError("the instrument has none of the data set's timbres")
    if options.without_adversary is not None:
        _check_rival(options.without_adversary, names)
    recorded = [] if options.frames_only else recorded_timbres(data, names)
    speed = instrument.speed()  # while nothing else runs
    if options.quick:
        names = names[:: max(1, len(names) // QUICK_TIMBRES)]
        recorded = [name for name in recorded if name in names]
    lessons = recipe_of(options, instrument, data.soundfont, recorded)
    kept = classifier.load(options.data / KEPT, lessons) if recorded else None
    jobs = jobs_of(options, effort, instrument, names, recorded, kept is None)
    timbres = parallel(score, jobs, options.processes, "timbres")
    result = _result(options, effort, instrument, timbres, speed)
    result["notes"] += _remarks(names, recorded, options)
    result["tables"][report.RESPONSES] = responses(options, effort, timbres)
    heard: dict[str, classifier.Heard] = {}
    if any(t.mels for t in timbres):
        ear = kept or taught(lessons, timbres, options)
        heard = _sets(ear, timbres, result, options.seed)
    result["targets"] = [target.as_json() for target in report.targets_of(result)]
    return Outcome(result, timbres, heard)


def _check_rival(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in Instrument.open(path).voices]
    if missing:
        raise InstrumentError(f"{path} lacks timbres of the other instrument: {', '.join(missing)}")


def recorded_timbres(data: shards.DataSet, names: Sequence[str]) -> list[str]:
    """Timbres whose recordings can be rendered again: the bank's, from their own soundfonts.

    Raises:
        training.rendering.RenderError: FluidSynth or a soundfont is missing.
    """
    found = []
    for name in names:
        spec = spec_of(name)
        if spec is not None and any(file in data.soundfont for file in spec.soundfont.files):
            find_soundfont(spec.soundfont)
            found.append(name)
    if found:
        find_fluidsynth()
    return found


def recipe_of(
    options: Options, instrument: Instrument, soundfont: str, recorded: Sequence[str]
) -> classifier.Recipe:
    """What the classifier is to learn, and how."""
    notes = sum(len(lesson_plans(instrument.voices[name])) for name in recorded)
    steps = QUICK_STEPS if options.quick else FULL_STEPS
    return classifier.Recipe(tuple(recorded), soundfont, notes, options.seed, steps)


def jobs_of(
    options: Options,
    effort: Effort,
    instrument: Instrument,
    names: Sequence[str],
    recorded: Sequence[str],
    with_lessons: bool,
) -> list[Job]:
    """A job a timbre."""
    voices = instrument.voices.values()
    samples = sum(len(sampler.roots(voice.low, voice.high)) for voice in voices)
    length = sampler.sample_length(instrument.size_bytes, samples)
    shown = set(list(recorded)[:: max(1, len(recorded) // PICTURES)][:PICTURES])
    return [
        Job(
            timbre=name,
            data=options.data,
            instrument=options.instrument,
            without_adversary=options.without_adversary,
            effort=effort,
            sample_length=length,
            with_recordings=name in recorded,
            with_lessons=with_lessons,
            with_picture=name in shown,
        )
        for name in names
    ]


def _result(
    options: Options,
    effort: Effort,
    instrument: Instrument,
    timbres: Sequence[TimbreScore],
    speed: dict[str, float],
) -> dict[str, Any]:
    """The figures that need no classifier."""
    rows = [frames.row_of(t.timbre, t.held_out, t.trained) for t in timbres]
    whole = [frames.FrameErrors.joined([getattr(t, name) for t in timbres]) for name in
             ("held_out", "trained")]  # fmt: skip
    shown = [c for c in COLUMNS if c != WITHOUT or options.without_adversary is not None]
    return {
        "instrument": instrument.name,
        "bytes": instrument.size_bytes,
        "quick": options.quick,
        "effort": asdict(effort),
        "columns": list(frames.COLUMNS),
        "rows": [*rows, frames.row_of("all", *whole)],
        "seconds": frames.SECONDS,
        "speed": speed,
        "tuning": report.sweep_figures(timbres),
        "tables": dict(report.groups_of(timbres)),
        "columns_of_tables": shown,
        "timbres": [
            report.timbre_row(t, row[frames.COLUMNS[0]])
            for t, row in zip(timbres, rows, strict=True)
        ],
        "notes": [],
    }


def _remarks(names: Sequence[str], recorded: Sequence[str], options: Options) -> list[str]:
    """What a reader must know to read the figures."""
    found = []
    if options.quick:
        found.append("--quick looks at fewer timbres and notes: figures are uncertain")
    others = [name for name in names if name not in recorded]
    if others and not options.frames_only:
        found.append(f"no recordings to compare with: {', '.join(others)}")
    if recorded:
        found += [
            "real: of single notes the recording of the key beside, retuned; of sets the other "
            "half of the recordings",
            "sampler: recordings of one note an octave, looped, in as many bytes as the instrument",
        ]
    return found


def responses(options: Options, effort: Effort, timbres: Sequence[TimbreScore]) -> Values:
    """Answers to velocity by column, and the morphs of each instrument."""
    by_column: dict[str, dict[str, float]] = {}
    for column in COLUMNS:
        ladders = [ladder for t in timbres for ladder in t.ladders.get(column, [])]
        if ladders:
            by_column[column] = response.velocity_response(ladders)
    paths = {NETWORK: options.instrument, WITHOUT: options.without_adversary}
    for column, path in paths.items():
        if path is not None:
            walks = response.walks(path, [t.timbre for t in timbres], effort)
            morphs = parallel(response.run_walk, walks, options.processes, f"morphs, {column}")
            by_column.setdefault(column, {}).update(response.summary(morphs))
    return report.transposed(by_column)


def taught(
    recipe: classifier.Recipe, timbres: Sequence[TimbreScore], options: Options
) -> classifier.Classifier:
    """A classifier that learnt from the lessons, kept for the next time."""
    numbers = {name: number for number, name in enumerate(recipe.timbres)}
    lessons = [(key, numbers[t.timbre], mel) for t in timbres for key, mel in t.lessons]
    torch.set_num_threads(1)  # two threads that share a core with others wait for each other
    ear = classifier.train(
        recipe,
        np.stack([mel for _, _, mel in lessons]),
        np.array([key for key, _, _ in lessons], np.int64),
        np.array([number for _, number, _ in lessons], np.int64),
    )
    ear.save(options.data / KEPT)
    return ear


def _sets(
    ear: classifier.Classifier, timbres: Sequence[TimbreScore], result: dict[str, Any], seed: int
) -> dict[str, classifier.Heard]:
    """Add what the notes are as a set to the result."""
    there = [t for t in timbres if t.mels]
    columns = list(there[0].mels)
    mels = {column: np.concatenate([t.mels[column] for t in there]) for column in columns}
    keys = np.array([note.key for t in there for note in t.notes], np.int64)
    numbers = [ear.recipe.timbres.index(t.timbre) for t in there for _ in t.notes]
    found, heard = sets.everything(ear, mels, keys, np.array(numbers, np.int64), REAL, seed)
    result["tables"][report.ALL_NOTES] = report.transposed(found)
    result["classifier"] = {
        "pitch_accuracy": found[REAL]["pitch_accuracy"],
        "timbre_accuracy": found[REAL]["timbre_accuracy"],
        "trained": ear.recipe.notes,
        "tested": len(keys),
        "seconds": ear.seconds,
    }
    return heard
