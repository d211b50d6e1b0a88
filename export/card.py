"""The card of an instrument: what it is, how it was made and what it is worth, in markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from export.checkpoint import Checkpoint
from export.gm import range_of
from training.evaluation.catalogue import PAIRED, RESPONSE, WHOLE
from training.notes import HELD_OUT_EVERY, HELD_OUT_REMAINDER, HELD_OUT_VELOCITIES

FAMILIES: Final = (
    "piano", "tuned percussion", "organ", "guitar", "bass", "solo strings", "ensemble",
    "brass", "reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic",
    "percussive", "sound effects",
)  # fmt: skip
FAMILY_PROGRAMS: Final = 8  # General MIDI has as many programs in each
OTHER: Final = "other"
PITCHES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FRAME_FIGURES: Final = 2  # the first columns of the evaluation's rows: partials, held out, trained
MEASURES: Final = {measure.name: measure for measure in (*PAIRED, *WHOLE, *RESPONSE)}
WORST: Final = 3  # timbres that are named beside the codec's means

Report = dict[str, Any]


@dataclass(frozen=True)
class Reports:
    """What was measured, as the programs that measure wrote it; None: it was not."""

    scores: Report | None = None  # training.evaluate
    ablation: Report | None = None  # training.ablation
    codec: Report | None = None  # benchmarks.codec
    notes: Sequence[str] = field(default=())  # known weaknesses, a line each


def card(
    checkpoint: Checkpoint, name: str, parameters: int, reports: Reports, credits: Sequence[str]
) -> str:
    """The whole card.

    Raises:
        ValueError: a report is not of the program that it should be of.
    """
    try:
        parts = [
            [f"# {name}", "", _summary(checkpoint, parameters)],
            ["## Timbres", "", *_timbres(checkpoint)],
            ["## Recipe", "", *_recipe(checkpoint)],
            ["## Scores", "", *_scores(reports.scores)],
            _ablation(reports.ablation),
            _codec(reports.codec),
            _listed("What is weak", reports.notes),
            _listed("Sources", credits),
        ]
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"a report has another layout ({error!r})") from error
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _summary(checkpoint: Checkpoint, parameters: int) -> str:
    about = checkpoint.about
    notes = f"{about['notes']:,} single notes" if "notes" in about else "single notes"
    return (
        f"A generator of {parameters:,} parameters, trained on {notes} of "
        f"{len(checkpoint.timbres)} timbres from {about.get('soundfont', 'its data set')}."
    )


def _timbres(checkpoint: Checkpoint) -> list[str]:
    """Timbres by family of General MIDI, with the keys on which they are at home."""
    families: dict[str, list[str]] = {}
    programs = checkpoint.about.get("programs", {})
    for timbre in checkpoint.timbres:
        program = programs.get(timbre)
        family = OTHER if program is None else FAMILIES[int(program) // FAMILY_PROGRAMS]
        low, high = range_of(checkpoint.about, timbre)
        families.setdefault(family, []).append(f"{timbre} {key_name(low)}-{key_name(high)}")
    rows = [[family, ", ".join(found)] for family, found in families.items()]
    return _table(["family", "timbres and their keys"], rows, numbers=False)


def key_name(key: int) -> str:
    """Name of a MIDI key; 60 is C4."""
    return f"{PITCHES[key % 12]}{key // 12 - 1}"


def _recipe(checkpoint: Checkpoint) -> list[str]:
    config = checkpoint.config
    return [
        f"* {checkpoint.steps:,} steps in {checkpoint.minutes:.0f} minutes, batches of "
        f"{config.batch} crops of {config.crop_frames} frames, seed {config.seed}",
        f"* spectral loss (lambda {config.spectral_weight:g}), with an energy score of what "
        f"fluctuates (reward {config.spread_reward:g}, of trends {config.trend_reward:g})",
        "* a relativistic min-max game against discriminators on several time scales, whose "
        f"gradient has {config.adversarial_share:g} of the spectral gradient's size; feature "
        f"matching ({config.feature_weight:g})",
        f"* pitches with key % {HELD_OUT_EVERY} == {HELD_OUT_REMAINDER} and the velocities "
        f"{HELD_OUT_VELOCITIES[0]} to {HELD_OUT_VELOCITIES[-1]} were never trained on",
        "* one latent a timbre: the mean of the timbre encoder over the timbre's notes",
    ]


def _scores(scores: Report | None) -> list[str]:
    if scores is None:
        return ["Not evaluated."]
    columns = list(scores["columns_of_tables"])
    lines = ["By `python -m training.evaluate` on this file."]
    for group, measures in scores["tables"].items():
        rows = []
        for name, values in measures.items():
            measure = MEASURES[name]
            label = f"{measure.label} ({measure.unit})" if measure.unit else measure.label
            rows.append([label, *(_cell(values.get(c), measure.digits) for c in columns)])
        lines += ["", *_table([group, *columns], rows)]
    lines += ["", *_targets(scores["targets"]), "", *_by_timbre(scores)]
    return [*lines, "", *(f"* {note}" for note in scores["notes"])]


def _targets(targets: Sequence[Report]) -> list[str]:
    rows = [[t["figure"], t["wanted"], t["value"], "yes" if t["reached"] else "no"]
            for t in targets]  # fmt: skip
    return _table(["target", "wanted", "measured", "reached"], rows, numbers=False)


def _by_timbre(scores: Report) -> list[str]:
    """Every timbre on held-out pitches."""
    figures = scores["columns"][:FRAME_FIGURES]
    columns = [c for c in scores["columns_of_tables"] if c != "real"]
    own = {row["timbre"]: row for row in scores["timbres"]}
    rows = []
    for row in scores["rows"]:
        found = own.get(row["timbre"], {})
        lsd = found.get("distances", {}).get("lsd", {})
        cells = [_cell(row[figure], 2) for figure in figures]
        cells += [_cell(lsd.get(column), 2) for column in columns]
        rows.append([row["timbre"], *cells, _cell(found.get("pitch_worst_cents"), 2)])
    heads = [*figures, *(f"{c}: LSD (dB)" for c in columns), "worst key (cents)"]
    return _table(["timbre", *heads], rows)


def _ablation(ablation: Report | None) -> list[str]:
    if ablation is None:
        return []
    heads = ["steps", "partials, held out (dB)", "AUC, frames", "AUC, texture"]
    heads += ["modulation lost (%)", "too much (%)"]
    rows, ratios = [], []
    for arm in [*ablation["arms"], ablation["floor"]]:
        moved = arm["modulation"]["partials"]
        steps, error = arm.get("steps"), arm.get("held_out_partials_db")
        areas = [_cell(arm["auc"][view]["auc"], 2) for view in ("frames", "texture")]
        shares = [_cell(100.0 * moved[name], 0) for name in ("lost", "surplus")]
        rows.append([arm["name"], _cell(steps, 0), _cell(error, 2), *areas, *shares])
        ratios.append([arm["name"], *(_cell(ratio, 1) for ratio in moved["ratio_db"])])
    bands = [f"{low:g}-{high:g} Hz" for low, high in ablation["bands_hz"]]
    return [
        "## What each part adds",
        "",
        "By `python -m training.ablation`: shorter runs, alike but for what is left out. AUC: of a "
        "classifier that tells made crops from real ones (0.5: it cannot). Modulation: of the "
        f"partials of {ablation['sustained_notes']} held-out sustained notes.",
        "",
        *_table(["run", *heads], rows),
        "",
        *_table(["modulation, made / real (dB)", *bands], ratios),
    ]


def _codec(codec: Report | None) -> list[str]:
    if codec is None:
        return []
    columns = ["lsd", "chance", "attack_ms", "loudness_db"]
    worst = sorted(codec["rows"], key=lambda row: -row["lsd"])[:WORST]
    rows = [[row["timbre"], *(_cell(row[column], 2) for column in columns)]
            for row in [{"timbre": "mean", **codec["mean"]}, *worst]]  # fmt: skip
    heads = ["log-spectral distance (dB)", "of two answers (dB)", "attack (ms)", "loudness (dB)"]
    return [
        "## The codec alone",
        "",
        f"By `python -m benchmarks.codec`: {codec['notes']} notes of {len(codec['rows'])} timbres "
        "analysed and played back, without a network; below the mean its worst timbres.",
        "",
        *_table(["timbre", *heads], rows),
    ]


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *(f"* {line}" for line in lines)] if lines else []


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: bool = True) -> list[str]:
    rule = " ---: |" if numbers else " --- |"
    lines = [heads, *rows]
    text = ["| " + " | ".join(cells) + " |" for cells in lines]
    return [text[0], "| --- |" + rule * (len(heads) - 1), *text[1:]]


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
