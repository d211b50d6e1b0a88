"""Fuzzers, for a bounded time each: libFuzzer on the core, atheris on what reads files and MIDI."""

import random
import sys
from pathlib import Path

from tests.guards import trees

CORPUS = Path(__file__).parent / "corpus"  # what once was found, kept
MOST_BYTES = 700
SEEDS = 60
NATIVE = {"queue": "tests", "jack": "tests", "engine": "tests",
          "plugin_state": "plugin-tests", "plugin_frames": "plugin-tests"}  # fmt: skip
PYTHON = ("midi", "instrument")


def native_command(program: Path, name: str, seconds: int, artifacts: Path) -> list[str]:
    """A libFuzzer program, its corpus and its limits."""
    grown = trees.BUILD / "corpus" / name
    _sow(grown, name)
    kept = CORPUS / name
    return [
        str(program), f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}", "-len_control=0",
        "-timeout=20", "-rss_limit_mb=3000", "-print_final_stats=1", "-verbosity=0",
        f"-artifact_prefix={artifacts}/{name}-", str(grown),
        *([str(kept)] if kept.is_dir() else []),
    ]  # fmt: skip


def _sow(folder: Path, name: str) -> None:
    """Long inputs to begin with: from nothing it takes libFuzzer minutes to get at them."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(name)
    for number in range(SEEDS):
        seed = folder / f"seed-{number}"
        if not seed.exists():
            seed.write_bytes(chance.randbytes(chance.randrange(20, MOST_BYTES)))


def run_all(seconds: int, names: list[str]) -> None:
    """Run fuzzers (none named: all), `seconds` each.

    Raises:
        GuardError: one found something.
    """
    for name in names or [*NATIVE, *PYTHON]:
        findings = trees.BUILD / "findings"
        findings.mkdir(parents=True, exist_ok=True)
        if name in NATIVE:
            program = trees.ADDRESS.path / NATIVE[name] / f"fuzz_{name}"
            command = native_command(program, name, seconds, findings)
        elif name in PYTHON:
            command = python_command(name, seconds, findings)
        else:
            raise trees.GuardError(f"no fuzzer {name}: there are {', '.join([*NATIVE, *PYTHON])}")
        code, text = trees.outcome(command, timeout_s=3 * seconds + 300)
        if code != 0:
            raise trees.GuardError(f"the fuzzer '{name}' found something ({code}):\n{text[-8000:]}")
        runs = [line.split()[1] for line in text.splitlines() if "number_of_executed_units" in line]
        if not runs or int(runs[0]) == 0:
            raise trees.GuardError(f"the fuzzer '{name}' tried nothing:\n{text[-2000:]}")
        print(f"  {name}: {runs[0]} inputs, nothing found", flush=True)


def python_command(name: str, seconds: int, artifacts: Path) -> list[str]:
    """An atheris program."""
    program = [sys.executable, "-m", f"tests.guards.fuzz_{name}"]
    return program + native_command(Path(), name, seconds, artifacts)[1:]
