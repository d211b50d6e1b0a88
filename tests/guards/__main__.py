"""python -m tests.guards sanitizers | aarch64 | fuzz | mutants, each with names to choose from."""

import argparse
import sys
import time
from pathlib import Path

from tests.guards import aarch64, fuzz, mutants, trees

SANITIZED = (trees.THREAD, trees.ADDRESS, trees.REALTIME)
PROGRAMS = ("tests/core_tests", "plugin-tests/plugin_tests")  # of a tree
MOST_SECONDS = 900  # of one program


def sanitizers(names: list[str]) -> None:
    """Build the tests of core and plugins with each sanitizer and run them all."""
    for tree in SANITIZED:
        if names and tree.name not in names:
            continue
        begin = time.monotonic()
        tree.build()
        built = time.monotonic()
        for program in PROGRAMS:
            text = trees.call([str(tree.path / program)], timeout_s=MOST_SECONDS)
            passed = next(line for line in text.splitlines() if "test cases:" in line)
            counts = passed.removeprefix("[doctest] ")
            print(f"  {tree.name:<9} {Path(program).name:<13} {counts}", flush=True)
        times = f"built in {built - begin:.0f} s, ran {time.monotonic() - built:.0f} s"
        print(f"  {tree.name:<9} {times}", flush=True)


def mutants_die(names: list[str]) -> None:
    """Fail where a mutant lives."""
    verdicts = mutants.run_all(names)
    alive = [verdict.mutant.name for verdict in verdicts if not verdict.killed]
    print(f"mutants: {len(verdicts) - len(alive)} passed, {len(alive)} failed")
    if alive:
        raise trees.GuardError(f"guards that do not bite: {', '.join(alive)}")


def main() -> int:
    """Run what is asked for; 1: a guard failed."""
    parser = argparse.ArgumentParser(prog="tests.guards", description=__doc__)
    parser.add_argument("what", choices=("sanitizers", "aarch64", "fuzz", "mutants", "all"))
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--seconds", type=int, default=30, help="of each fuzzer")
    asked = parser.parse_args()
    try:
        if asked.what in ("sanitizers", "all"):
            print("sanitizers", flush=True)
            sanitizers(asked.names)
        if asked.what in ("aarch64", "all"):
            trees.PLAIN.build()
            print(f"aarch64\n  {aarch64.run()}", flush=True)
        if asked.what in ("fuzz", "all"):
            trees.ADDRESS.build()
            print("fuzzers", flush=True)
            fuzz.run_all(asked.seconds, asked.names)
        if asked.what in ("mutants", "all"):
            for tree in trees.TREES.values():
                tree.build()
            print("mutants", flush=True)
            mutants_die(asked.names)
    except trees.GuardError as error:
        print(f"guards: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
