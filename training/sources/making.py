"""Make a data set of recordings: look at each file, decide for each timbre, analyse, write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Final, TypeVar

from tqdm import tqdm

from training.collect import Found, add_to_index, is_there, workers, write_found
from training.sources import folder, nsynth, sfz
from training.sources.analysing import analysed
from training.sources.deciding import Job, decide
from training.sources.looking import Wish, look
from training.sources.sounds import Sound, Source, SourceError

FILES_AT_ONCE: Final = 256  # at least, of whole timbres: so that all processes have work
PROGRAM: Final = 0

Say = Callable[[str], None]
T = TypeVar("T")


@dataclass
class Summary:
    """What became of a source."""

    files: int = 0  # taken
    notes: int = 0
    timbres: list[str] = field(default_factory=list)
    there: int = 0  # timbres that were already there
    problems: list[str] = field(default_factory=list)

    def text(self) -> str:
        """One line for the user."""
        parts = [f"{self.files} files of {len(self.timbres)} timbres taken ({self.notes} notes)"]
        if self.there:
            parts.append(f"{self.there} timbres were already there")
        parts.append(f"{len(self.problems)} left out")
        return ", ".join(parts)


def read(path: Path) -> Source:
    """Find out what a path holds, and list its sounds.

    Raises:
        SourceError: it holds nothing that is known.
    """
    if path.is_dir():
        return nsynth.read(path) if nsynth.is_one(path) else folder.read(path)
    if not path.is_file():
        raise SourceError(f"{path}: no such file or folder")
    if path.suffix.lower() == ".sfz":
        return sfz.read(path)
    raise SourceError(f"{path}: a folder of sounds, an .sfz, an .sf2 or an .sf3 is expected")


def make(out: Path, source: Source, wish: Wish, processes: int, say: Say) -> Summary:
    """Write the timbres of a source into a data set, beside those that are there.

    Raises:
        SourceError: not one file can be used.
    """
    summary = Summary()
    for notice in source.notices:
        say(notice)
    timbres: dict[str, list[Sound]] = defaultdict(list)
    for sound in source.sounds:
        timbres[sound.timbre].append(sound)
    missing = {name: sounds for name, sounds in timbres.items() if not is_there(out / name)}
    there = [name for name in timbres if name not in missing]
    summary.there = len(there)
    for name in there:
        say(f"{name}: already there")
    total = sum(len(sounds) for sounds in missing.values())
    with workers(processes) as pool, tqdm(total=2 * total, unit="look") as bar:
        for names in _batches(missing):
            sounds = [sound for name in names for sound in missing[name]]
            _make_some(out, sounds, wish, pool, summary, say, bar.update)
    if not summary.timbres and not summary.there:
        raise SourceError(f"{source.name}: not one file can be used")
    written = [name for name in timbres if name in summary.timbres or name in there]
    add_to_index(out, source.name, dict.fromkeys(written, PROGRAM))
    return summary


def _batches(timbres: dict[str, list[Sound]]) -> Iterator[list[str]]:
    """Names of timbres that have FILES_AT_ONCE files together."""
    names: list[str] = []
    count = 0
    for name, sounds in timbres.items():
        names.append(name)
        count += len(sounds)
        if count >= FILES_AT_ONCE:
            yield names
            names, count = [], 0
    if names:
        yield names


def _make_some(
    out: Path,
    sounds: Sequence[Sound],
    wish: Wish,
    pool: Pool,
    summary: Summary,
    say: Say,
    done: Callable[[int], object],
) -> None:
    """Make some timbres, all of whose files are in `sounds`."""

    def left_out(problem: str) -> None:
        summary.problems.append(problem)
        say(f"left out: {problem}")

    looks = defaultdict(list)
    for found in _told(pool.imap(look, [(sound, wish) for sound in sounds]), done):
        looks[found.sound.timbre].append(found)
    jobs: list[Job] = []
    for each in looks.values():
        decided, problems, warnings = decide(each, wish, PROGRAM)
        done(len(each) - len(decided))
        jobs += decided
        for text in warnings:
            say(text)
        for problem in problems:
            left_out(problem)
    notes: dict[str, list[Found]] = defaultdict(list)
    for job, result in zip(jobs, _told(pool.imap(analysed, jobs), done), strict=True):
        if result.problem:
            left_out(result.problem)
            continue
        summary.files += 1
        notes[job.look.sound.timbre] += result.found
    for name, found_notes in notes.items():
        write_found(out / name, found_notes)
        summary.timbres.append(name)
        summary.notes += len(found_notes)


def _told(results: Iterable[T], done: Callable[[int], object]) -> Iterator[T]:
    for result in results:
        done(1)
        yield result
