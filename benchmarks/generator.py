"""How fast an instrument's generator is in ONNX Runtime: ``python -m benchmarks.generator``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from rtsynth import contract as c

BATCHES = (1, 2, 4, 8, 16, 32, 64)
PAGE_STEPS = c.PAGE_FRAMES // c.FRAMES_PER_STEP
BUNDLED = Path(__file__).parents[1] / "rtsynth" / "instruments" / "bundled.onnx"


def open_session(path: Path, threads: int, provider: str) -> ort.InferenceSession:
    """A session with a fixed number of threads on one provider."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=[provider])


def inputs(
    batch: int, steps: int, random: np.random.Generator
) -> dict[str, npt.NDArray[np.float32]]:
    """Notes from the middle of the keyboard."""
    shape = (batch, steps + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
    values = {
        c.INPUT_KEY: random.integers(36, 96, batch),
        c.INPUT_VELOCITY: random.integers(20, 127, batch),
        c.INPUT_LATENT: random.standard_normal((batch, c.LATENT_SIZE)),
        c.INPUT_STEP: np.zeros(batch),
        c.INPUT_NOISE: random.standard_normal(shape),
    }
    return {name: value.astype(np.float32) for name, value in values.items()}


def times_ms(session: ort.InferenceSession, batch: int, steps: int, turns: int) -> list[float]:
    """Wall time of each of `turns` inferences, after two that warm up."""
    random = np.random.default_rng(0)
    taken = []
    for turn in range(turns + 2):
        given = inputs(batch, steps, random)
        began = time.perf_counter()
        session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], given)
        if turn >= 2:
            taken.append((time.perf_counter() - began) * 1e3)
    return taken


def measure(path: Path, threads: int, provider: str, turns: int) -> dict[str, Any]:
    """All figures of one provider.

    Times are wall times, so what else the machine does is in them; the best of the turns is given
    beside the median.
    """
    began = time.perf_counter()
    session = open_session(path, threads, provider)
    opened_ms = (time.perf_counter() - began) * 1e3
    first = inputs(1, PAGE_STEPS, np.random.default_rng(1))
    began = time.perf_counter()
    session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], first)
    cold_ms = (time.perf_counter() - began) * 1e3
    page = times_ms(session, 1, PAGE_STEPS, 20 * turns)
    rows = []
    for batch in BATCHES:
        for steps in (PAGE_STEPS, 8 * PAGE_STEPS):
            taken = times_ms(session, batch, steps, turns)
            sounding_ms = batch * steps * c.FRAMES_PER_STEP * c.HOP_S * 1e3
            row = {"batch": batch, "steps": steps, "median_ms": float(np.median(taken))}
            row["real_time"] = sounding_ms / float(np.median(taken))
            row["real_time_best"] = sounding_ms / min(taken)
            rows.append(row)
    return {
        "provider": provider,
        "threads": threads,
        "open_ms": opened_ms,
        "very_first_page_ms": cold_ms,
        "first_page_p50_ms": float(np.percentile(page, 50)),
        "first_page_p99_ms": float(np.percentile(page, 99)),
        "rows": rows,
    }


def show(result: dict[str, Any]) -> None:
    """Print one provider's table."""
    write = sys.stdout.write
    write(f"\n{result['provider']}, {result['threads']} thread(s)\n")
    write(f"  open {result['open_ms']:.1f} ms, very first page {result['very_first_page_ms']:.2f}")
    write(f" ms, a note's first page p50 {result['first_page_p50_ms']:.2f} ms")
    write(f" p99 {result['first_page_p99_ms']:.2f} ms\n")
    write("  batch  steps     ms  x real time (median, best)\n")
    for row in result["rows"]:
        write(f"  {row['batch']:5d}  {row['steps']:5d}  {row['median_ms']:5.1f}")
        write(f"  {row['real_time']:7.0f} {row['real_time_best']:7.0f}\n")


def main(argv: list[str] | None = None) -> int:
    """Measure every provider that this machine has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instrument", type=Path, nargs="?", default=BUNDLED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args(argv)
    wanted = ("CPUExecutionProvider", "CUDAExecutionProvider", "CoreMLExecutionProvider")
    providers = [name for name in wanted if name in ort.get_available_providers()]
    results = [measure(args.instrument, args.threads, p, args.turns) for p in providers]
    for result in results:
        show(result)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
