"""Pictures of an evaluation: errors by timbre, spectrograms, and a map of what was heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.evaluation.frames import COLUMNS as FRAME_COLUMNS
from training.evaluation.scoring import CODEC, NETWORK, REAL, SAMPLER, TimbreScore
from training.evaluation.spectra import SAMPLE_RATE, Audio, decibels, stft_power
from training.evaluation.whole import Outcome

WINDOW: Final = 2048
TOP_HZ: Final = 16_000
RANGE_DB: Final = 80.0
COLOURS: Final = {REAL: "black", CODEC: "tab:green", NETWORK: "tab:blue", SAMPLER: "tab:orange"}


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """Draw all pictures for which there are figures; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [errors_by_timbre(outcome.result, folder / "errors.png")]
    shown = [t for t in outcome.timbres if t.picture]
    if shown:
        found.append(spectrograms(shown, folder / "spectrograms.png"))
    if outcome.heard:
        found.append(map_of_sounds(outcome, folder / "map.png"))
    return found


def errors_by_timbre(result: dict[str, Any], path: Path) -> Path:
    """Bars: partials, log-spectral distance of every column, worst tuning."""
    names = [row["timbre"] for row in result["rows"][:-1]]
    figure = _figure(max(7.0, 0.3 * len(names) + 2.0), 9.0)
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    at = np.arange(len(names))
    for place, column in enumerate(FRAME_COLUMNS[:2]):
        values = [row[column] for row in result["rows"][:-1]]
        top.bar(at + 0.4 * place - 0.2, values, 0.4, label=column)
    top.set(ylabel="partials, top 20 dB (dB)", title=f"{result['instrument']}: errors by timbre")
    columns = [c for c in result["columns_of_tables"] if c in COLOURS]
    width = 0.8 / len(columns)
    for place, column in enumerate(columns):
        lsd = [t["distances"].get("lsd", {}).get(column, np.nan) for t in result["timbres"]]
        middle.bar(at + width * (place + 0.5) - 0.4, lsd, width, label=column,
                   color=COLOURS[column])  # fmt: skip
    middle.set(ylabel="log-spectral distance (dB)\nheld-out pitches")
    bottom.bar(at, [t["pitch_worst_cents"] for t in result["timbres"]], 0.6)
    bottom.axhline(2.0, color="tab:red", linewidth=0.8)
    bottom.set(ylabel="worst tuning (cents)")
    bottom.set_xticks(at, names, rotation=90)
    for panel in (top, middle):
        panel.legend(fontsize=8)
    figure.savefig(path, dpi=100)
    return path


def spectrograms(timbres: Sequence[TimbreScore], path: Path) -> Path:
    """A row a note: the recording and every way of making it, level in dB over time and Hz."""
    columns = [c for c in (REAL, CODEC, NETWORK, SAMPLER) if c in timbres[0].picture]
    figure = _figure(3.2 * len(columns), 2.1 * len(timbres))
    grid = figure.subplots(len(timbres), len(columns), squeeze=False, sharex=True, sharey=True)
    for row, timbre in zip(grid, timbres, strict=True):
        top = float(decibels(stft_power(timbre.picture[REAL], WINDOW)).max())
        for panel, column in zip(row, columns, strict=True):
            _spectrogram(panel, timbre.picture[column], top)
        row[0].set_ylabel(f"{timbre.timbre}\nkey {timbre.picture_of[0]}, {timbre.picture_of[1]}")
    for panel, column in zip(grid[0], columns, strict=True):
        panel.set_title(column, fontsize=10)
    figure.savefig(path, dpi=90)
    return path


def _spectrogram(panel: Any, audio: Audio, top_db: float) -> None:
    level = decibels(stft_power(audio, WINDOW))[:, : round(TOP_HZ * WINDOW / SAMPLE_RATE)]
    panel.imshow(
        level.T,
        origin="lower",
        aspect="auto",
        vmin=top_db - RANGE_DB,
        vmax=top_db,
        cmap="magma",
        extent=(0.0, len(audio) / SAMPLE_RATE, 0.0, TOP_HZ / 1000.0),
    )
    panel.tick_params(labelsize=7)


def map_of_sounds(outcome: Outcome, path: Path) -> Path:
    """Features of the classifier on two axes (t-SNE): recordings and made notes, by timbre."""
    from sklearn.manifold import TSNE

    real, made = (outcome.heard[column].features for column in (REAL, NETWORK))
    both = np.concatenate([real, made])
    perplexity = min(30.0, (len(both) - 1) / 3.0)
    flat = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(both)
    figure = _figure(9.0, 9.0)
    panel = figure.subplots()
    names = [t.timbre for t in outcome.timbres for _ in t.notes]
    import matplotlib

    colours = matplotlib.colormaps["turbo"](np.linspace(0.0, 1.0, len(set(names))))
    for colour, name in zip(colours, dict.fromkeys(names), strict=True):
        mine = np.flatnonzero(np.asarray(names) == name)
        panel.plot(*flat[mine].T, "o", color=colour, markersize=5, fillstyle="none")
        panel.plot(*flat[len(real) + mine].T, "+", color=colour, markersize=6)
        panel.text(*np.median(flat[mine], axis=0), name, fontsize=6, ha="center")
    panel.set(xticks=[], yticks=[], title="what the classifier hears: o real, + network")
    figure.savefig(path, dpi=110)
    return path
