"""Score an exported instrument: ``python -m training.evaluate NAME.onnx --data data``.

Everything is measured on the file that is played, in ONNX Runtime, from its stored latents:
on pitches that were never trained on, and beside it on pitches that were.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from rtsynth import contract as c
from training.crops import Library, Note
from training.validation import pick, top_errors

Floats = npt.NDArray[np.float32]
SECONDS = 5.0  # of each note
STEPS = round(SECONDS / (c.FRAMES_PER_STEP * c.HOP_S))
BAND_TOP_DB = 30.0  # noise bands this far below a note's loudest one count
BAND_SMOOTH_FRAMES = 16  # noise flickers: bands are compared after a mean over so many frames
PART = 16  # notes in one inference
COLUMNS = (
    "partials, held out (dB)",
    "partials, trained (dB)",
    "noise bands, held out (dB)",
    "gain, held out (dB)",
    "release, held out (%)",
)


@dataclass
class Instrument:
    """An instrument file, opened for scoring."""

    session: ort.InferenceSession
    latents: dict[str, list[float]]

    @staticmethod
    def open(path: Path) -> Instrument:
        """Open a file on one CPU thread."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        about = json.loads(session.get_modelmeta().custom_metadata_map[c.METADATA_KEY])
        return Instrument(session, {t["name"]: t["latent"] for t in about["timbres"]})

    def play(self, timbre: str, notes: list[Note], steps: int, seed: int) -> tuple[Floats, Floats]:
        """Frames (notes, steps * 8, 160) and note values (notes, 4)."""
        random = np.random.default_rng(seed)
        shape = (len(notes), steps + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
        values = {
            c.INPUT_KEY: [n.key for n in notes],
            c.INPUT_VELOCITY: [n.velocity for n in notes],
            c.INPUT_LATENT: [self.latents[timbre]] * len(notes),
            c.INPUT_STEP: [0.0] * len(notes),
            c.INPUT_NOISE: random.standard_normal(shape),
        }
        given = {name: np.asarray(value, np.float32) for name, value in values.items()}
        frames, note = self.session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], given)
        return frames, note


@dataclass
class Errors:
    """Absolute errors of a group of notes, flat arrays."""

    partials: Floats  # dB
    bands: Floats  # dB
    gain: Floats  # dB
    release: Floats  # per cent of the real slope


def band_errors(made: Floats, real: Floats) -> Floats:
    """Errors in dB of the audible noise bands' smoothed levels, flat."""
    count = len(real) // BAND_SMOOTH_FRAMES * BAND_SMOOTH_FRAMES
    shape = (-1, BAND_SMOOTH_FRAMES, c.NOISE_BANDS)
    slow_made = made[:count, c.PARTIALS :].reshape(shape).mean(1)  # (fewer, 32)
    slow_real = real[:count, c.PARTIALS :].reshape(shape).mean(1)
    audible = slow_real >= slow_real.max(initial=c.FLOOR_DB) - BAND_TOP_DB
    errors: Floats = np.abs(slow_made - slow_real)[audible]
    return errors


def errors_of(instrument: Instrument, library: Library, notes: list[Note]) -> Errors:
    """Play notes of one timbre and compare them with the data set."""
    partials, bands, gain, release = [], [], [], []
    for first in range(0, len(notes), PART):
        part = notes[first : first + PART]
        frames, values = instrument.play(library.timbres[part[0].timbre], part, STEPS, first)
        for note, made, value in zip(part, frames, values, strict=True):
            real = library.excerpt(note, 0, min(note.frames, len(made)))
            partials.append(top_errors(made, real))
            bands.append(band_errors(made, real))
            gain.append(abs(float(value[1]) - note.values[1]))
            release.append(100.0 * abs(float(value[3]) / note.values[3] - 1.0))
    return Errors(
        np.concatenate(partials),
        np.concatenate(bands),
        np.asarray(gain, np.float32),
        np.asarray(release, np.float32),
    )


def row_of(name: str, held_out: Errors, trained: Errors) -> dict[str, Any]:
    """One line of the table: medians."""
    groups = (held_out.partials, trained.partials, held_out.bands, held_out.gain, held_out.release)
    medians = [float(np.median(group)) for group in groups]
    return {"timbre": name, **dict(zip(COLUMNS, medians, strict=True))}


def joined(errors: list[Errors]) -> Errors:
    """All groups as one."""
    names = ("partials", "bands", "gain", "release")
    return Errors(*(np.concatenate([getattr(e, name) for e in errors]) for name in names))


def evaluate(path: Path, data: Path, trained_notes: int) -> dict[str, Any]:
    """The whole table: a row a timbre that both file and data set have, and one for all."""
    instrument, library = Instrument.open(path), Library.open(data)
    held_out: list[Errors] = []
    trained: list[Errors] = []
    rows = []
    unseen = pick(library, True, len(library.notes))
    seen = pick(library, False, trained_notes)
    for name, new, old in zip(library.timbres, unseen, seen, strict=True):
        if name in instrument.latents:
            held_out.append(errors_of(instrument, library, new))
            trained.append(errors_of(instrument, library, old))
            rows.append(row_of(name, held_out[-1], trained[-1]))
    if not rows:
        raise ValueError("the instrument has none of the data set's timbres")
    rows.append(row_of("all", joined(held_out), joined(trained)))
    return {"columns": list(COLUMNS), "rows": rows, "seconds": SECONDS, "speed": speed(instrument)}


def speed(instrument: Instrument) -> dict[str, float]:
    """Real-time factor of long batches and time of a note's first page, one thread."""
    timbre = next(iter(instrument.latents))
    note = Note(0, 60.0, 100.0, 0, 0, (0.0, 0.0, 0.0, 0.0), False, False)
    sounding_s = 16 * 32 * c.FRAMES_PER_STEP * c.HOP_S
    long = min(_seconds(instrument, timbre, [note] * 16, 32) for _ in range(5))
    pages = [
        _seconds(instrument, timbre, [note], c.PAGE_FRAMES // c.FRAMES_PER_STEP) for _ in range(200)
    ]
    return {
        "real_time_factor": sounding_s / long,
        "first_page_p50_ms": 1e3 * float(np.percentile(pages, 50)),
        "first_page_p99_ms": 1e3 * float(np.percentile(pages, 99)),
    }


def _seconds(instrument: Instrument, timbre: str, notes: list[Note], steps: int) -> float:
    began = time.perf_counter()
    instrument.play(timbre, notes, steps, 0)
    return time.perf_counter() - began


def show(result: dict[str, Any]) -> str:
    """The table as text."""
    heads = ["held-out", "trained", "noise", "gain", "release %"]
    lines = ["median absolute error in dB", f"{'timbre':10}" + "".join(f"{h:>11}" for h in heads)]
    for row in result["rows"]:
        cells = "".join(f"{row[column]:11.2f}" for column in COLUMNS)
        lines.append(f"{row['timbre']:10}{cells}")
    fast = result["speed"]
    lines.append(
        f"{fast['real_time_factor']:.0f} x real time on one thread, first page "
        f"p50 {fast['first_page_p50_ms']:.2f} ms, p99 {fast['first_page_p99_ms']:.2f} ms"
    )
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Print the table and, if asked, write it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("instrument", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--trained-notes", type=int, default=45, help="of each timbre")
    args = parser.parse_args(argv)
    result = evaluate(args.instrument, args.data, args.trained_notes)
    sys.stdout.write(show(result))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
