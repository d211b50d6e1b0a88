"""Decide what the recordings of one timbre are, when all of them have been looked at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rtsynth.codec.analysis import Kind
from rtsynth.codec.recording import SURE, RecordingError, compare, key_name
from rtsynth.contract import KEY_HIGH, KEY_LOW
from training.notes import is_held_out_key
from training.sources.looking import Look, Wish

NOISE_FIRST_KEY: Final = 36
HOLD_OUT_FROM_KEYS: Final = 24  # a timbre with fewer has no pitch to spare
USUAL_RELEASE_DB_PER_S: Final = -120.0  # where no recording of a timbre holds a release
CONVENTION_FILES: Final = 3  # that agree on how a source counts octaves
CONVENTION_SHARE: Final = 0.75
OCTAVE: Final = 12
NAMED_FILES: Final = 3  # with one warning, before they are only counted


@dataclass(frozen=True)
class Job:
    """One file, with all that is decided of it."""

    look: Look
    key: int
    sustained: bool
    release_db_per_s: float
    kind: Kind
    program: int
    held_out: bool


def decide(
    looks: Sequence[Look], wish: Wish, program: int
) -> tuple[list[Job], list[str], list[str]]:
    """Decide what a timbre's files are: jobs, problems, and warnings, one line each."""
    problems = [each.problem for each in looks if each.problem]
    warnings = _warnings(looks)
    usable = [each for each in looks if not each.problem]
    if wish.kind == "noise":
        keyed = _keys_in_order(usable)
    else:
        shift = 0 if wish.names_count else octave_convention(usable)
        if shift:
            warnings.append(
                f"{usable[0].sound.timbre}: its names count octaves another way, "
                f"taken an octave {'higher' if shift > 0 else 'lower'}"
            )
        keyed = []
        for each in usable:
            try:
                keyed.append((each, _key(each, shift, wish)))
            except RecordingError as error:
                problems.append(str(error))
    within = [(each, key) for each, key in keyed if KEY_LOW <= key <= KEY_HIGH]
    problems += [
        f"{each.sound.path}: {key_name(key)} lies beyond the keyboard's 88 keys"
        for each, key in keyed
        if not KEY_LOW <= key <= KEY_HIGH
    ]
    return _jobs(within, wish, program), problems, warnings


def _warnings(looks: Sequence[Look]) -> list[str]:
    """A line each; what is said of many files is said once."""
    by_text: dict[str, list[Look]] = defaultdict(list)
    for each in looks:
        for text in each.warnings:
            by_text[text].append(each)
    lines = []
    for text, those in by_text.items():
        if len(those) > NAMED_FILES:
            lines.append(f"{those[0].sound.timbre}: {len(those)} files: {text}")
        else:
            lines += [f"{each.sound.path}: {text}" for each in those]
    return lines


def _jobs(keyed: Sequence[tuple[Look, int]], wish: Wish, program: int) -> list[Job]:
    """Jobs of files whose keys are known."""
    votes = [each.sustained for each, _ in keyed]
    sustained = wish.sustained if wish.sustained is not None else 2 * sum(votes) > len(votes)
    known = [each.release_db_per_s for each, _ in keyed if each.release_db_per_s is not None]
    usual = float(np.median(known)) if known else USUAL_RELEASE_DB_PER_S
    hold_out = wish.kind != "noise" and len({key for _, key in keyed}) >= HOLD_OUT_FROM_KEYS
    return [
        Job(
            look=each,
            key=key,
            sustained=sustained,
            release_db_per_s=usual if each.release_db_per_s is None else each.release_db_per_s,
            kind=wish.kind,
            program=program,
            held_out=hold_out and is_held_out_key(key),
        )
        for each, key in keyed
    ]


def octave_convention(looks: Sequence[Look]) -> int:
    """An octave in semitones, if the names of a timbre's files are off by it together; else 0."""
    away: Counter[int] = Counter()
    for each in looks:
        if each.sound.key is not None and each.heard is not None and each.heard.certainty >= SURE:
            away[each.heard.key - each.sound.key] += 1
    if not away:
        return 0
    shift, count = away.most_common(1)[0]
    together = count >= CONVENTION_FILES and count >= CONVENTION_SHARE * away.total()
    return shift if together and abs(shift) == OCTAVE else 0


def _key(each: Look, shift: int, wish: Wish) -> int:
    """The key of a file, from its name or its sound.

    Raises:
        RecordingError: the two differ.
    """
    assert each.heard is not None
    if each.sound.key is None:
        return each.heard.key
    key = each.sound.key + shift
    if not wish.names_count:
        compare(each.sound.path, each.heard, key)
    return key


def _keys_in_order(looks: Sequence[Look]) -> list[tuple[Look, int]]:
    """A key for each sound without pitch: the one in its name, or the next that is free."""
    named = {each.sound.key for each in looks if each.sound.key is not None}
    order = (*range(NOISE_FIRST_KEY, KEY_HIGH + 1), *range(KEY_LOW, NOISE_FIRST_KEY))
    left = iter([key for key in order if key not in named])
    return [
        (each, each.sound.key if each.sound.key is not None else next(left, KEY_HIGH + 1))
        for each in looks
    ]
