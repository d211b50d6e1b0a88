"""Make a blind listening test, or read its results.

    python -m training.listening mine.onnx --data data --out listening/
    python -m training.listening --results *.json

The first writes a page that opens in any browser, without a server; the second prints what the
listeners said.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from training import shards
from training.evaluation.playing import Instrument, InstrumentError
from training.evaluation.scoring import NETWORK, WITHOUT
from training.listening import material, results
from training.listening.page import Design, write
from training.listening.sounds import Item, SilentSoundError, prepared
from training.rendering import RenderError


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.listening",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("instrument", type=Path, nargs="?", help="the .onnx file to judge")
    parser.add_argument("--data", type=Path, default=Path("data"), help="data set folder")
    parser.add_argument("--out", type=Path, default=Path("listening"), help="folder to write")
    parser.add_argument(
        "--without-adversary", type=Path, metavar="OTHER.onnx", help="one more system to rate"
    )
    parser.add_argument("--notes", type=int, default=12, help="one of each of so many timbres")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, nargs="+", metavar="FILE", help="saved results")
    args = parser.parse_args(argv)
    if (args.instrument is None) == (args.results is None):
        parser.error("give either an instrument or --results")
    if args.notes < 1:
        parser.error("--notes: 1 at least")
    return args


def make(args: argparse.Namespace) -> Path:
    """Write the test; returns its page.

    Raises:
        InstrumentError, shards.DataSetError, RenderError, ValueError: something is missing.
    """
    paths = {NETWORK: args.instrument}
    if args.without_adversary is not None:
        paths[WITHOUT] = args.without_adversary
    data, instrument = shards.load(args.data), Instrument.open(args.instrument)
    names = material.chosen(data, instrument, args.notes)
    found: list[Item] = []
    every = material.items(data, names, paths, args.seed)
    for item in tqdm(every, total=len(names), unit="note"):
        try:
            found.append(prepared(item))
        except SilentSoundError as error:
            sys.stderr.write(f"left out: {error}\n")
    if not found:
        raise ValueError("no note of the instrument can be compared")
    systems = material.systems(paths)
    design = Design(abx=tuple(systems[:2]), mushra=tuple(systems))
    return write(args.out, found, design, instrument.name, args.seed)


def main(argv: list[str] | None = None) -> int:
    """Run the command; 1 and one line on bad input."""
    args = parse(argv)
    try:
        if args.results is not None:
            sys.stdout.write(results.show(results.read(args.results)))
        else:
            page = make(args)
            sys.stdout.write(f"{page}: open it in a browser, or pack its folder and send it\n")
    except (InstrumentError, shards.DataSetError, RenderError, ValueError, OSError) as error:
        sys.stderr.write(f"training.listening: {' '.join(str(error).split())}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
