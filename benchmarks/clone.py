"""How alike is a clone, on the key that was recorded and on others: ``python -m benchmarks.clone``.

Notes of a soundfont that training never saw (TimGM6mb) are cloned through the files and steps of
``rtsynth clone``, one key each; then the clone plays other keys of the same sound. Beside it stand
the preset that is nearest to the recording, the clone without its correction, and the recording
itself moved to the other keys (the sampler's way, with its partials at their levels).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from tqdm import tqdm

from rtsynth import clone, contract
from rtsynth import instrument as instruments
from rtsynth.codec import recording
from rtsynth.codec.analysis import Analysis, analyse, find_onset
from rtsynth.codec.resynthesis import Played, resynthesise
from rtsynth.instrument import Floats, Instrument
from rtsynth.metadata import Timbre
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job
from training.evaluation.measures import log_spectral_distance
from training.evaluation.spectra import Sound
from training.notes import NotePlan, SoundFont
from training.rendering import Preset, RenderedNote, find_soundfont, render

FONT: Final = SoundFont("TimGM6mb", ("TimGM6mb.sf2",), "timgm6mb-soundfont")
VELOCITY: Final = 100
HOLD_S: Final = 4.0
SECONDS: Final = 2.5  # of each note are compared
OTHERS: Final = (-12, -5, 4, 7, 12)  # semitones from the key that is cloned
TOP_DB: Final = 20.0  # partials so far below a note's loudest count
WAYS: Final = ("preset", "latent", "clone", "moved")
COLUMNS: Final = tuple(
    f"{where}_{figure}_{way}"
    for figure in ("partials", "lsd")
    for where in ("own", "other")
    for way in WAYS
)


@dataclass(frozen=True)
class Source:
    """A preset of the soundfont, and the key that is cloned."""

    name: str
    program: int
    key: int
    bell: bool = False


SOURCES: Final = (
    Source("piano", 0, 57),
    Source("e-piano", 4, 57),
    Source("harpsichord", 6, 57),
    Source("vibraphone", 11, 65, bell=True),
    Source("organ", 16, 60),
    Source("guitar", 24, 52),
    Source("bass", 33, 40),
    Source("violin", 40, 69),
    Source("strings", 48, 57),
    Source("choir", 52, 60),
    Source("trumpet", 56, 64),
    Source("alto sax", 65, 60),
    Source("clarinet", 71, 62),
    Source("flute", 73, 74),
)


class Judge:
    """Compares what timbres play with a real note of one key."""

    def __init__(
        self, instrument: Instrument, note: RenderedNote, source: Source, held: bool
    ) -> None:
        self.key = note.plan.key
        audio = note.audio[find_onset(note.audio) : note.off_sample]
        audio = audio[: int(SECONDS * recording.SAMPLE_RATE)]
        self.real = Sound(audio, self.key)
        self.found: Analysis = analyse(
            audio, self.key, held, kind="bar" if source.bell else "harmonic"
        )
        self.instrument = instrument

    def judge(self, timbre: Timbre) -> tuple[float, float]:
        """Errors of a timbre: partials (dB) and log-spectral distance (dB)."""
        pages = -(-len(self.found.frames) // contract.PAGE_FRAMES)
        timbre = replace(timbre, low=min(timbre.low, self.key), high=max(timbre.high, self.key))
        job = Job(0, self.key, contract.velocity_layer(VELOCITY), 0, pages)
        frames, notes = TakeMaker(self.instrument, 0, {0: timbre}).make([job])
        detunes = notes[0, contract.NOTE_DETUNE :]
        return self.compare(frames[0], 10.0 ** float(notes[0, 0]), detunes)

    def compare(self, frames: Floats, inharmonicity: float, detunes: Floats) -> tuple[float, float]:
        """The same for frames that were made some other way."""
        gain_db = self.found.reference_db  # how loud a recording is says nothing of its timbre
        played = Played(contract.key_hz(self.key), inharmonicity, gain_db, detune_cents=detunes)
        made = Sound(resynthesise(frames, played), self.key)
        error = partial_error(frames, self.found.frames)
        return error, log_spectral_distance(made, self.real)


def partial_error(made: Floats, real: Floats) -> float:
    """Median error in dB of the loud partials, over means of eight frames: chance is none."""
    count = min(len(made), len(real)) // 8 * 8
    shape = (-1, 8, contract.FRAME_VALUES)
    a, b = (frames[:count].reshape(shape).mean(axis=1)[:, : contract.PARTIALS]
            for frames in (made, real))  # fmt: skip
    return float(np.median(np.abs(a - b)[b >= b.max() - TOP_DB]))


def measure(instrument: Instrument, source: Source, folder: Path) -> dict[str, Any]:
    """Clone one key of a source and judge it on all."""
    plans = [NotePlan(source.key + away, VELOCITY, HOLD_S) for away in (0, *OTHERS)]
    notes = render(Preset(find_soundfont(FONT), source.program), plans)
    path = folder / f"{source.name}.wav"
    soundfile.write(path, notes[0].audio, recording.SAMPLE_RATE, subtype="FLOAT")
    began = time.monotonic()
    recorded = recording.load(path)
    note = clone.read_note(recorded, source.key, VELOCITY, source.bell)
    fit = clone.fit_note(instrument, note)
    took_s = time.monotonic() - began
    preset = instrument.metadata.timbres[fit.preset]
    latent = replace(preset, latent=fit.latent)
    timbres = {
        "preset": preset, "latent": latent, "clone": replace(latent, correction=fit.correction)
    }  # fmt: skip
    figures: list[dict[str, tuple[float, float]]] = []
    for each in notes:
        judge = Judge(instrument, each, source, recorded.course.sustained)
        row = {way: judge.judge(timbre) for way, timbre in timbres.items()}
        stiffness = 10.0 ** note.values["inharmonicity_log10"]
        row["moved"] = judge.compare(note.frames, stiffness, note.detunes)
        figures.append(row)
    result: dict[str, Any] = {"source": source.name, "key": source.key, "nearest": preset.name}
    result["seconds"] = took_s
    for number, figure in enumerate(("partials", "lsd")):
        for way in WAYS:
            result[f"own_{figure}_{way}"] = figures[0][way][number]
            others = [each[way][number] for each in figures[1:]]
            result[f"other_{figure}_{way}"] = float(np.mean(others))
    return result


def show(rows: Sequence[dict[str, Any]]) -> str:
    """The table as text: own key, then the mean of the other keys."""
    lines = []
    for figure, name in (("partials", "partials, median dB"), ("lsd", "log-spectral distance, dB")):
        heads = "".join(f"{way:>8}" for way in (*WAYS, *WAYS))
        lines += [f"{name}: four columns on the cloned key, four on others",
                  f"{'source':12} {'nearest':14}{'s':>5}{heads}"]  # fmt: skip
        for row in rows:
            cells = "".join(
                f"{row[f'{where}_{figure}_{way}']:8.2f}" for where in ("own", "other")
                for way in WAYS
            )  # fmt: skip
            lines.append(f"{row['source']:12} {row['nearest']:14}{row['seconds']:5.1f}{cells}")
        lines.append("")
    return "\n".join(lines)


def mean_row(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean over all sources."""
    means = {name: float(np.mean([row[name] for row in rows])) for name in (*COLUMNS, "seconds")}
    return {"source": "mean", "key": None, "nearest": "", **means}


def main(argv: list[str] | None = None) -> int:
    """Print the table and, if asked, write it as JSON."""
    names = [source.name for source in SOURCES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instrument", help="path or name; the default one unless given")
    parser.add_argument("--sources", nargs="+", choices=names, default=names)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args(argv)
    instrument = instruments.load(args.instrument, accelerate=False)
    chosen = [source for source in SOURCES if source.name in args.sources]
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as folder:
        rows = [measure(instrument, each, Path(folder)) for each in tqdm(chosen, unit="sound")]
    rows.append(mean_row(rows))
    sys.stdout.write(show(rows))
    if args.json:
        args.json.write_text(json.dumps({"rows": rows}, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
