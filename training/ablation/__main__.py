"""Show what the adversary and the spectral loss each add.

    python -m training.ablation --run --data data --minutes 6 --out runs/ablation
    python -m training.ablation full=a.onnx no-adversary=b.onnx no-spectral=c/last.pt --data data

The first trains the arms, alike but for what is left out, and measures them; the second measures
instrument files or checkpoints that are there.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import torch

from training.ablation import report
from training.ablation.arms import ARMS, Arm, ArmError, read, train
from training.ablation.measure import Material, floor, measure, play
from training.ablation.modulation import BANDS
from training.ablation.recordings import recorded
from training.config import Config
from training.crops import Library
from training.rendering import RenderError
from training.shards import DataSetError

DEFAULT_ARMS: Final = ("full", "no-adversary", "no-spectral")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("arms", nargs="*", metavar="NAME=FILE", help=".onnx file or checkpoint")
    parser.add_argument("--data", type=Path, default=Path("data"), help="data set folder")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"), help="folder to write")
    parser.add_argument("--run", action="store_true", help="train the arms first")
    parser.add_argument("--minutes", type=float, default=6.0, help="of the first arm's training")
    parser.add_argument("--train", nargs="+", choices=ARMS, default=DEFAULT_ARMS, metavar="ARM",
                        help=f"arms to train, of {', '.join(ARMS)}")  # fmt: skip
    parser.add_argument("--config", type=Path, help="JSON of training values that all arms share")
    parser.add_argument("--notes", type=int, default=8, help="held-out notes of each timbre")
    parser.add_argument("--audio-notes", type=int, default=1,
                        help="of them rendered anew, sustained timbres only")  # fmt: skip
    parser.add_argument("--threads", type=int, default=1, help="CPU threads for measuring")
    args = parser.parse_args(argv)
    if args.run == bool(args.arms):
        parser.error("give either --run or arms as NAME=FILE")
    return args


def files_of(args: argparse.Namespace) -> dict[str, Path]:
    """Each arm's file; trains first if asked to.

    Raises:
        ValueError: an argument is not NAME=FILE.
        ArmError: training failed.
    """
    if args.run:
        shared = json.loads(args.config.read_text("utf-8")) if args.config else {}
        Config.from_dict(shared)
        return train(list(args.train), args.data, args.out, args.minutes, shared)
    pairs = [text.partition("=") for text in args.arms]
    if not all(name and path for name, _, path in pairs):
        raise ValueError("arms are given as NAME=FILE")
    return {name: Path(path) for name, _, path in pairs}


def ablation(arms: list[Arm], library: Library, notes: int, audio_notes: int) -> dict[str, Any]:
    """Every figure of every arm, and of real notes against real ones."""
    timbres = [name for name in library.timbres if all(name in arm.timbres for arm in arms)]
    if not timbres:
        raise ValueError("the arms have no timbre in common")
    material = recorded(Material.of(library, timbres, notes), library, audio_notes)
    rows = []
    for arm in arms:
        frames, values = play(arm.play, material)
        rows.append({"name": arm.name, "steps": arm.steps, **measure(frames, values, material)})
    return {
        "arms": rows,
        "floor": {"name": report.REAL, **floor(material)},
        "bands_hz": [list(band) for band in BANDS],
        "timbres": len(timbres),
        "notes": len(material.notes),
        "sustained_notes": len(material.long),
        "recorded_notes": len(material.audio),
    }


def main(argv: list[str] | None = None) -> int:
    """Write ablation.json and ablation.png, print the table; 1 and one line on bad input."""
    args = parse(argv)
    torch.set_num_threads(args.threads)
    try:
        files = files_of(args)
        library = Library.open(args.data)
        arms = [read(name, path, library) for name, path in files.items()]
        result = ablation(arms, library, args.notes, args.audio_notes)
    except (ArmError, DataSetError, RenderError, ValueError, OSError) as error:
        sys.stderr.write(f"ablation: {' '.join(str(error).split())}\n")
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "ablation.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    report.plot(result, args.out / "ablation.png")
    sys.stdout.write(report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
