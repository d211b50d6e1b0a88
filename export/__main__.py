"""Export an instrument: ``python -m export runs/name/last.pt -o name.onnx --name "Name"``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from export import checkpoint, metadata, onnx_file, sessions, timbre_space
from export.card import Reports


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the .onnx to write")
    parser.add_argument("--name", required=True, help="the instrument's name")
    parser.add_argument("--version", default="1.0", help="the instrument's version")
    parser.add_argument("--scores", type=Path, help="what training.evaluate --json wrote")
    parser.add_argument("--ablation", type=Path, help="ablation.json of training.ablation")
    parser.add_argument("--codec", type=Path, help="what benchmarks.codec --json wrote")
    parser.add_argument(
        "--note", action="append", default=[], metavar="LINE", help="a known weakness (repeatable)"
    )
    parser.add_argument(
        "--no-space", action="store_true",
        help="for a quick look: without prior and named directions, which take a minute",
    )  # fmt: skip
    return parser.parse_args(argv)


def reports_of(args: argparse.Namespace) -> Reports:
    """What was measured, for the card.

    Raises:
        OSError, ValueError: a report cannot be read.
    """

    def report(path: Path | None) -> dict[str, Any] | None:
        return None if path is None else json.loads(path.read_text("utf-8"))

    return Reports(report(args.scores), report(args.ablation), report(args.codec), args.note)


def main(argv: list[str] | None = None) -> int:
    """Write the instrument; on a refusal say why in one line, leave no file, return 1."""
    args = parse(argv)
    try:
        trained = checkpoint.read(args.checkpoint)
        about = metadata.build(trained, args.name, args.version, reports_of(args))
        if not args.no_space:
            play = sessions.generate_with(trained.generator)
            about |= timbre_space.describe(play, about["timbres"])
        data = onnx_file.build(trained.generator, trained.encoder, trained.latents, about)
    except (onnx_file.ExportError, ValueError, OSError) as error:
        sys.stderr.write(f"export refused: {' '.join(str(error).split())}\n")
        return 1
    args.output.parent.mkdir(parents=True, exist_ok=True)
    partial = args.output.with_name(args.output.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, args.output)
    sys.stdout.write(f"{args.output}: {len(data) / 1e6:.2f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
