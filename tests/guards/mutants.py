"""Mutants: small faults put into a copy of rtsynth, each of which one guard must report.

A guard that lets its mutant live is no guard: the build fails. A mutant whose text is gone, or that
does not compile, fails it as well, since it proves nothing.
"""

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.guards import trees
from tests.guards.mutant_list import MUTANTS, Mutant

FOLDER = trees.BUILD / "mutants"
# A race that was not seen is tried again: threads do not meet in every run.
TRIES = 3
COPIED = ("rtsynth", "tests")
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.so", "corpus")


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    killed: bool
    seconds: float
    evidence: str  # the line that killed it, or why it lives


def run_all(names: list[str]) -> list[Verdict]:
    """Try mutants (none named: all), and print what became of each."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    if unknown := set(names) - {mutant.name for mutant in MUTANTS}:
        raise trees.GuardError(f"no such mutant: {', '.join(sorted(unknown))}")
    verdicts = []
    with ThreadPoolExecutor(trees.JOBS) as pool:
        for verdict in pool.map(_try, chosen):
            verdicts.append(verdict)
            state = "killed " if verdict.killed else "SURVIVED"
            print(f"  {state} {verdict.mutant.name:<28} by {verdict.mutant.guard:<10} "
                  f"{verdict.seconds:5.1f} s  {verdict.evidence}", flush=True)  # fmt: skip
    return verdicts


def _try(mutant: Mutant) -> Verdict:
    begin = time.monotonic()
    try:
        copy = FOLDER / mutant.name
        shutil.rmtree(copy, ignore_errors=True)
        for folder in COPIED:
            shutil.copytree(trees.ROOT / folder, copy / folder, ignore=NOT_COPIED)
        change(copy / mutant.file, mutant.old, mutant.new)
        killed, evidence = _judge(mutant, copy)
        shutil.rmtree(copy, ignore_errors=True)
    except trees.GuardError as error:
        killed, evidence = False, f"the mutant is broken: {error}"
    return Verdict(mutant, killed, time.monotonic() - begin, evidence)


def change(path: Path, old: str, new: str) -> None:
    """Replace the one place in a file that reads `old`.

    Raises:
        GuardError: there is none, or more than one.
    """
    text = path.read_text()
    if text.count(old) != 1:
        raise trees.GuardError(f"{path.name} has {text.count(old)} places that read {old!r}, not 1")
    path.write_text(text.replace(old, new))


def _judge(mutant: Mutant, copy: Path) -> tuple[bool, str]:
    command = mutant.guarded(copy)
    text = ""
    for _ in range(TRIES if mutant.guard == "thread" else 1):
        code, text = trees.outcome(command, copy, mutant.timeout_s, mutant.environment(copy))
        found = re.search(mutant.report, text, re.MULTILINE)
        if code != 0 and found:
            return True, found.group(0).strip()[:110]
    tail = " / ".join(text.strip().splitlines()[-5:])[:600]
    return False, f"no report like '{mutant.report}', but: {tail}"
