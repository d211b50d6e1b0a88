"""Pictures of measurements, as PNG (matplotlib)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import Row

_COLUMNS = 2
_SMALLEST_MS = 1e-3  # what is exact is drawn in the leftmost bin


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot, pyplot.figure(figsize=(width, height), layout="constrained")


def _save(pyplot: Any, figure: Any, path: str | Path) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def histograms(rows: Sequence[Row], path: str | Path, title: str) -> None:
    """One panel a stage, one colour a block size, log bins from 1 us; the budget as a line."""
    stages = list(dict.fromkeys(row.stage for row in rows))
    lines = -(-len(stages) // _COLUMNS)
    pyplot, figure = _figure(13, 1.5 * lines + 0.8)
    grid = figure.subplots(lines, _COLUMNS, sharex=True, squeeze=False)
    panels = list(grid.T.flat)
    blocks = sorted({row.block or 0 for row in rows})
    colours = dict(zip(blocks, pyplot.cm.viridis(np.linspace(0, 0.85, len(blocks))), strict=True))
    highest = max(float(np.abs(row.values_ms).max()) for row in rows)
    edges = np.geomspace(_SMALLEST_MS, max(100.0, 1.5 * highest), 90)
    for panel in panels[len(stages) :]:
        panel.set_axis_off()
    for stage, panel in zip(stages, panels, strict=False):
        for row in (row for row in rows if row.stage == stage):
            colour = colours[row.block or 0]
            shown = np.clip(np.abs(row.values_ms), edges[0], edges[-1])
            panel.hist(shown, edges, color=colour, alpha=0.6)
            if row.budget.limit_ms:
                panel.axvline(row.budget.limit_ms, color=colour, linestyle="--", linewidth=1)
        panel.set_title(stage, loc="left", fontsize=9)
        panel.set_ylabel("notes", fontsize=8)
        panel.tick_params(labelsize=8)
        panel.set_xscale("log")
    for block, colour in colours.items():
        panels[0].hist([], edges, color=colour, alpha=0.6, label=f"block {block}")
    panels[0].legend(fontsize=7, ncols=2, loc="upper right")
    panels[len(stages) - 1].tick_params(labelbottom=True)
    figure.supxlabel(
        "ms, without sign (leftmost bin: 1 us or less); dashed: the budget", fontsize=9
    )
    figure.suptitle(title)
    _save(pyplot, figure, path)


def lines(
    series: Mapping[str, Sequence[tuple[float, float]]],
    path: str | Path,
    title: str,
    across: str,
    up: str,
    limit: float | None = None,
) -> None:
    """One line a series of (x, y), x in powers of two, y from 0; the limit dashed."""
    pyplot, figure = _figure(8, 5)
    panel = figure.subplots()
    for label, points in series.items():
        panel.plot(*zip(*points, strict=True), marker="o", label=label)
    if limit is not None:
        panel.axhline(limit, color="0.4", linestyle="--", linewidth=1)
    panel.set_xscale("log", base=2)
    panel.set_ylim(bottom=0.0)
    panel.set(xlabel=across, ylabel=up, title=title)
    panel.grid(alpha=0.3)
    panel.legend()
    _save(pyplot, figure, path)


def spectrogram(
    sound: NDArray[np.float32],
    rate_hz: float,
    path: str | Path,
    title: str,
    notes: Sequence[tuple[float, float, float]],
) -> None:
    """Level in dB over time and log frequency; `notes` are (from s, to s, nominal Hz), marked."""
    from scipy.signal import spectrogram as stft

    pyplot, figure = _figure(12, 6)
    panel = figure.subplots()
    size = 4096
    hz, seconds, power = stft(
        sound, rate_hz, nperseg=size, noverlap=size - 512, window="hann", scaling="spectrum"
    )
    level = 10.0 * np.log10(power + 1e-12)
    top = float(level.max())
    mesh = panel.pcolormesh(
        seconds, hz[1:], level[1:], vmin=top - 90, vmax=top, cmap="magma", shading="nearest"
    )
    for start, end, nominal in notes:
        panel.plot([start, end], [nominal, nominal], color="cyan", linewidth=0.8, alpha=0.8)
    panel.set(yscale="log", ylim=(50, 20000), xlabel="s", ylabel="Hz", title=title)
    figure.colorbar(mesh, label="dB")
    _save(pyplot, figure, path)
