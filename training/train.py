"""Train an instrument: ``python -m training.train --data data --out runs/name --minutes 60``.

The learning rate follows the budget, in minutes or in steps, so that every run ends annealed. A
run that is ended by a signal writes a checkpoint first; ``--resume`` goes on from there, as it
does from the last checkpoint of a run that was killed. ``--fork`` begins another run where a
checkpoint stands, with other values of ``--config``. Several GPUs: ``--devices 4``; several
machines: the same command under torchrun on each, with ``--nodes``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import torch
from tqdm import tqdm

from training import engine, samples
from training.config import Config
from training.crops import Library
from training.trainer import Trainer
from training.validation import held_out_error, torch_player

BEFORE_ADVERSARY = "before_adversary.pt"  # what a run without it can be forked from
VALIDATION_STEPS = 36  # 1.5 s of each note
VALIDATION_NOTES = 9  # of each timbre


class Interrupt:
    """Remembers that the process was asked to end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


class Log:
    """A file of JSON lines: a line a report, with the mean of each figure since the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums: dict[str, tuple[float, int]] = {}

    def add(self, figures: dict[str, float]) -> None:
        """Count one step's figures in."""
        for name, value in figures.items():
            total, count = self.sums.get(name, (0.0, 0))
            self.sums[name] = (total + value, count + 1)

    def flush(self) -> dict[str, float]:
        """Return the means since the last flush, and start anew."""
        means = {name: total / count for name, (total, count) in self.sums.items()}
        self.sums = {}
        return means

    def write(self, kind: str, figures: dict[str, float]) -> None:
        """Append one line to the file."""
        row = {"kind": kind, **{k: round(v, 5) for k, v in figures.items()}}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="data set folder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, help="length of the run")
    parser.add_argument("--steps", type=int, help="length of the run, if it is reached sooner")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt of the run")
    parser.add_argument("--fork", type=Path, help="begin as this checkpoint is, schedule included")
    parser.add_argument("--config", type=Path, help="JSON file of values that differ")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--devices", type=int, default=1, help="processes on a machine")
    parser.add_argument("--nodes", type=int, default=1, help="machines")
    parser.add_argument("--report-s", type=float, default=20.0, help="seconds between log lines")
    parser.add_argument("--validate-s", type=float, default=180.0)
    parser.add_argument("--samples-s", type=float, default=600.0)
    parser.add_argument("--save-s", type=float, default=120.0)
    args = parser.parse_args(argv)
    if args.minutes is None and args.steps is None:
        parser.error("give --minutes, --steps or both")
    return args


def progress_of(trainer: Trainer, args: argparse.Namespace) -> float:
    """How far the budget is used up, 0..1."""
    by_time = trainer.elapsed_s / (60.0 * args.minutes) if args.minutes else 0.0
    by_steps = trainer.steps / args.steps if args.steps else 0.0
    return float(max(by_time, by_steps))


def validate(trainer: Trainer, library: Library, log: Log) -> dict[str, float]:
    """Log the held-out error of the averaged generator, one latent a timbre."""
    play = torch_player(trainer.average, trainer.latents)
    errors = held_out_error(library, play, VALIDATION_NOTES, VALIDATION_STEPS)
    log.write("validation", {"step": trainer.steps, "elapsed_s": trainer.elapsed_s, **errors})
    return errors


class Schedule:
    """What is due besides training: the same for all processes of a run."""

    def __init__(self, trainer: Trainer, args: argparse.Namespace) -> None:
        self.trainer = trainer
        self.args = args
        self.interrupt = Interrupt()
        names = ("report", "validate", "samples", "save")
        self.every = {name: float(getattr(args, f"{name}_s")) for name in names}
        self.done = dict.fromkeys(names, trainer.elapsed_s)

    def progress(self) -> float:
        """How far the run is, 0..1; more than 1 when a process was asked to end."""
        fabric = self.trainer.fabric
        asked = engine.total(fabric, torch.tensor(float(self.interrupt.asked)).to(fabric.device))
        progress = 2.0 if float(asked) > 0.0 else progress_of(self.trainer, self.args)
        return float(fabric.broadcast(progress)) if fabric.world_size > 1 else progress

    def due(self, now: float) -> set[str]:
        """What is due at `now` seconds of the run; it counts as done then."""
        late = {name for name in self.done if now >= self.done[name] + self.every[name]}
        self.done |= dict.fromkeys(late, now)
        return late


def run(trainer: Trainer, library: Library, args: argparse.Namespace) -> None:
    """Train until the budget is used up or the process is asked to end.

    Only the first process reports and writes.
    """
    log = Log(args.out / "log.jsonl")
    checkpoint = args.out / "last.pt"
    schedule = Schedule(trainer, args)
    first = trainer.fabric.is_global_zero
    held_out = float("nan")
    form = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
    bar = tqdm(total=100.0, unit="%", bar_format=form, disable=not first)
    while (progress := schedule.progress()) < 1.0:
        if first and trainer.adversary_begins(progress):
            trainer.save(args.out / BEFORE_ADVERSARY)
        began = time.monotonic()
        figures = trainer.step(progress)
        log.add({**figures, "step_s": time.monotonic() - began})
        now = trainer.elapsed_s + time.monotonic() - began
        late = schedule.due(now) if first else set()
        if "report" in late:
            means = log.flush()
            log.write("train", {"step": trainer.steps, "elapsed_s": now, **means})
            bar.update(100.0 * progress - bar.n)
            bar.set_postfix_str(
                f"step {trainer.steps}, {means['partials']:.2f} dB, held out {held_out:.2f} dB"
            )
        if "validate" in late:
            held_out = validate(trainer, library, log).get("all", held_out)
        if "samples" in late:
            write_samples(trainer, library, args.out / "samples", f"{trainer.steps:06d}")
        trainer.elapsed_s += time.monotonic() - began
        if "save" in late:
            trainer.save(checkpoint)
    bar.close()
    trainer.save(checkpoint)
    if first and progress < 2.0:
        validate(trainer, library, log)
        write_samples(trainer, library, args.out / "samples", "final")


def write_samples(trainer: Trainer, library: Library, folder: Path, stem: str) -> None:
    """Let the averaged generator be heard and seen, one latent a timbre."""
    samples.write(library, torch_player(trainer.average, trainer.latents), folder, stem)


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when it ended well, also after a signal."""
    args = parse(argv)
    torch.set_num_threads(args.threads)
    overrides = json.loads(args.config.read_text("utf-8")) if args.config else {}
    config = Config.from_dict(overrides)
    last = args.out / "last.pt"
    begin = last if args.resume and last.exists() else args.fork
    if begin is not None:
        saved = json.loads(torch.load(begin, map_location="cpu", weights_only=True)["config"])
        config = Config.from_dict(saved | (overrides if begin == args.fork else {}))
    args.out.mkdir(parents=True, exist_ok=True)
    fabric = engine.start(args.device, args.devices, args.nodes, config.precision)
    library = Library.open(args.data)
    trainer = Trainer(config, library, fabric)
    if begin is not None:
        trainer.load(begin)
    if fabric.is_global_zero:
        (args.out / "config.json").write_text(config.to_json() + "\n", "utf-8")
    run(trainer, library, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
