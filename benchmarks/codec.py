"""How transparent is the codec, without any network: ``python -m benchmarks.codec [--json FILE]``.

Real notes, rendered from the soundfonts the bank was made of, are analysed into frames and played
from them. Phases and noise of the answer are drawn at random, so two answers from the same frames
differ too: their distance, "chance", is the least that any phase-blind codec can reach.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from rtsynth.codec.analysis import SilentNoteError, analyse, find_onset
from rtsynth.codec.resynthesis import Played, resynthesise
from training.bank import TIMBRES
from training.evaluation.measures import attack_s, log_spectral_distance, spectral_distance
from training.evaluation.spectra import WINDOWS, Audio, Sound
from training.notes import NotePlan, TimbreSpec
from training.rendering import preset_of, render

PITCHES: Final = 8
VELOCITIES: Final = (36, 76, 112)
SECONDS: Final = 2.5
EVERY: Final = 2  # timbres of the bank: 27 of 54
TARGETS: Final = {"lsd": 1.5, "attack_ms": 2.0, "loudness_db": 0.5}
COLUMNS: Final = (
    *(f"lsd_{window}" for window in WINDOWS),
    *(f"chance_{window}" for window in WINDOWS),
    "lsd",
    "chance",
    "attack_ms",
    "loudness_db",
    "width",
)


def notes_of(spec: TimbreSpec) -> list[NotePlan]:
    """`PITCHES` keys over the timbre's range, each at every one of `VELOCITIES`."""
    keys = np.linspace(spec.low, spec.high, PITCHES).round().astype(int)
    return [NotePlan(int(key), velocity, SECONDS) for key in keys for velocity in VELOCITIES]


def measure(spec: TimbreSpec) -> dict[str, Any]:
    """Mean figures of a timbre's notes; those that do not sound are left out."""
    rows = []
    for note in render(preset_of(spec), notes_of(spec)):
        try:
            audio = note.audio[find_onset(note.audio) : note.off_sample]
            rows.append(measure_note(spec, audio, note.plan.key))
        except SilentNoteError:
            continue
    means = {name: float(np.mean([row[name] for row in rows])) for name in COLUMNS}
    return {"timbre": spec.name, "notes": len(rows), **means}


def measure_note(spec: TimbreSpec, audio: Audio, key: int) -> dict[str, float]:
    """Distances of a recording (samples, 2) from what its frames make of it."""
    found = analyse(audio, key, spec.sustained, spec.usual_inharmonicity(key), spec.kind)
    pitch = found.pitch
    played = Played(
        pitch.f0_hz,
        pitch.inharmonicity,
        gain_db=found.reference_db,
        detune_cents=pitch.detune_cents,
    )
    real = Sound(audio, key)
    made, again = (Sound(_padded(resynthesise(found.frames, played, s), len(audio)), key)
                   for s in (0, 7))  # fmt: skip
    row = {f"lsd_{w}": spectral_distance(made, real, w) for w in WINDOWS}
    row |= {f"chance_{w}": spectral_distance(again, made, w) for w in WINDOWS}
    return row | {
        "lsd": log_spectral_distance(made, real),
        "chance": log_spectral_distance(again, made),
        "attack_ms": 1e3 * abs(attack_s(made) - attack_s(real)),
        "loudness_db": abs(made.loudness_db - real.loudness_db),
        "width": found.width,
    }


def _padded(audio: Audio, count: int) -> Audio:
    """The sound's left channel, as long as the recording: width is 0, so both are alike."""
    out = np.zeros((count, 1), np.float32)
    made = audio[:count, :1]
    out[: len(made)] = made
    return out


def run(specs: Sequence[TimbreSpec], processes: int) -> dict[str, Any]:
    """Measure timbres side by side."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        rows = list(tqdm(pool.imap(measure, specs), total=len(specs), unit="timbre"))
    mean = {name: float(np.mean([row[name] for row in rows])) for name in COLUMNS}
    notes = sum(row["notes"] for row in rows)
    return {"columns": list(COLUMNS), "rows": rows, "mean": mean, "notes": notes}


def show(result: dict[str, Any]) -> str:
    """The table as text."""
    heads = "".join(f"{name:>12}" for name in result["columns"])
    lines = [f"{'timbre':14}{heads}"]
    for row in [*result["rows"], {"timbre": "mean", **result["mean"]}]:
        cells = "".join(f"{row[name]:12.2f}" for name in result["columns"])
        lines.append(f"{row['timbre']:14}{cells}")
    for name, target in TARGETS.items():
        reached = "reached" if result["mean"][name] <= target else "not reached"
        lines.append(f"{name}: {result['mean'][name]:.2f}, target {target:g}: {reached}")
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Print the table and, if asked, write it as JSON."""
    names = [spec.name for spec in TIMBRES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timbres", nargs="+", choices=names, default=names[::EVERY])
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args(argv)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    result = run([spec for spec in TIMBRES if spec.name in args.timbres], args.processes)
    sys.stdout.write(show(result))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
