"""What listeners said: mean ratings with confidence intervals, and A/B/X trials against chance."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.stats

from training.listening.page import FORMAT
from training.listening.sounds import REFERENCE

CONFIDENCE: Final = 0.95
EXPERT_RATING: Final = 90.0  # ITU-R BS.1534-3, 4.1.2: who rates the hidden reference lower
EXPERT_SHARE: Final = 0.15  # in more of the trials than this is left out
Answer = dict[str, Any]


@dataclass(frozen=True)
class Rating:
    """Mean rating of a system, 0..100, and where it lies with 95 % confidence."""

    system: str
    mean: float
    low: float
    high: float
    ratings: int


@dataclass(frozen=True)
class Discrimination:
    """How often a system was told from the reference."""

    system: str
    right: int
    trials: int
    low: float  # share, 95 % (Clopper and Pearson)
    high: float
    p_value: float  # of so many right answers or more by guessing


def read(paths: Iterable[Path]) -> list[Answer]:
    """The results files; of one listener's several files the fullest counts.

    Raises:
        ValueError: a file is something else, or the files are of different tests.
    """
    newest: dict[tuple[str, int], Answer] = {}
    for path in paths:
        try:
            result = json.loads(path.read_text("utf-8"))
            if result["format"] != FORMAT:
                raise ValueError(f"format {result['format']}, not {FORMAT}")
            who = (str(result["listener"]), int(result["seed"]))
            if len(result["answers"]) >= len(newest.get(who, {"answers": []})["answers"]):
                newest[who] = result
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a listening result ({error})") from error
    tests = {result["test"] for result in newest.values()}
    if len(tests) > 1:
        raise ValueError(f"results of different tests: {', '.join(sorted(tests))}")
    return list(newest.values())


def unreliable(result: Answer) -> bool:
    """Whether a listener rated the hidden reference below `EXPERT_RATING` too often."""
    rated = [float(a["ratings"][REFERENCE]) for a in result["answers"] if a["kind"] == "mushra"]
    missed = sum(rating < EXPERT_RATING for rating in rated)
    return missed > EXPERT_SHARE * len(rated)


def ratings(results: Sequence[Answer]) -> list[Rating]:
    """The systems by falling mean rating, over the trials of all given listeners."""
    found: dict[str, list[float]] = defaultdict(list)
    for answer in _answers(results, "mushra"):
        for system, value in answer["ratings"].items():
            found[system].append(float(value))
    rows = [_rating(system, np.asarray(values)) for system, values in found.items()]
    return sorted(rows, key=lambda row: -row.mean)


def _rating(system: str, values: Any) -> Rating:
    """Student's t over the ratings."""
    mean, half = float(values.mean()), float("nan")
    if len(values) > 1:
        spread = float(values.std(ddof=1)) / len(values) ** 0.5
        half = spread * float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2.0, len(values) - 1))
    return Rating(system, mean, mean - half, mean + half, len(values))


def discriminations(results: Sequence[Answer]) -> list[Discrimination]:
    """Each system's A/B/X trials against guessing (one-sided binomial test)."""
    found: dict[str, list[bool]] = defaultdict(list)
    for answer in _answers(results, "abx"):
        found[answer["system"]].append(answer["answer"] == answer["x"])
    return [_discrimination(system, right) for system, right in found.items()]


def _discrimination(system: str, right: list[bool]) -> Discrimination:
    count, trials = sum(right), len(right)
    test = scipy.stats.binomtest(count, trials, 0.5, alternative="greater")
    share = scipy.stats.binomtest(count, trials).proportion_ci(CONFIDENCE)
    return Discrimination(
        system, count, trials, float(share.low), float(share.high), float(test.pvalue)
    )


def _answers(results: Sequence[Answer], kind: str) -> list[Answer]:
    return [answer for result in results for answer in result["answers"] if answer["kind"] == kind]


def show(results: Sequence[Answer]) -> str:
    """Both tables as text."""
    left_out = [result["listener"] for result in results if unreliable(result)]
    kept = [result for result in results if not unreliable(result)]
    lines = [f"{len(results)} listeners of test {results[0]['test']}, {results[0]['instrument']}"]
    if left_out:
        lines.append(f"ratings left out (hidden reference below 90): {', '.join(left_out)}")
    rated = ratings(kept)
    if rated:
        lines += ["", f"{'rating 0..100':24}{'mean':>7}  95 % interval   ratings"]
    for row in rated:
        interval = f"{row.low:6.1f} ..{row.high:6.1f}"
        lines.append(f"{row.system:24}{row.mean:7.1f}  {interval:16}{row.ratings:7}")
    told = discriminations(results)
    if told:
        lines += ["", f"{'told from the reference':24}{'right':>9}  95 % interval  p (guessing)"]
    for each in told:
        interval = f"{100 * each.low:4.0f} ..{100 * each.high:4.0f} %"
        lines.append(
            f"{each.system:24}{each.right:4} of {each.trials:3} {interval:>14} {each.p_value:12.3g}"
        )
    return "\n".join(lines) + "\n"
