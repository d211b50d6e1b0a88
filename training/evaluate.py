"""Score an exported instrument: ``python -m training.evaluate NAME.onnx --data data``.

Everything is measured on the file that is played, in ONNX Runtime, from its stored latents, and on
the recordings that the data set was made of, rendered anew. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from training.evaluation import plots, report, whole
from training.evaluation.playing import InstrumentError
from training.rendering import RenderError
from training.shards import DataSetError


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("instrument", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write pictures")
    parser.add_argument(
        "--without-adversary",
        type=Path,
        metavar="OTHER.onnx",
        help="one more column: an instrument trained without the adversarial part",
    )
    parser.add_argument("--quick", action="store_true", help="fewer timbres and notes")
    parser.add_argument(
        "--frames-only", action="store_true", help="compare frames only: no recordings, no sound"
    )
    parser.add_argument("--processes", type=int, default=min(8, os.cpu_count() or 1))
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Print the table and, if asked, write it as JSON and draw pictures."""
    args = parse(argv)
    options = whole.Options(
        instrument=args.instrument,
        data=args.data,
        without_adversary=args.without_adversary,
        quick=args.quick,
        frames_only=args.frames_only,
        processes=args.processes,
        seed=args.seed,
    )
    try:
        outcome = whole.evaluate(options)
    except (InstrumentError, DataSetError, RenderError) as error:
        sys.stderr.write(f"training.evaluate: {' '.join(str(error).split())}\n")
        return 1
    sys.stdout.write(report.show(outcome.result))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report.plain(outcome.result), indent=1) + "\n", "utf-8")
    if args.plots:
        for path in plots.write(outcome, args.plots):
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
