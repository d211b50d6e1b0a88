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


def held_notes(steps: Sequence[Any], path: str | Path, title: str) -> None:
    """Drop-outs over held notes (polyphony.Step), a panel for the idle and the busy machine."""
    pyplot, figure = _figure(11, 4)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, loaded in zip(panels, (False, True), strict=True):
        for name, colour in (("rtsynth", "tab:blue"), ("FluidSynth", "tab:orange")):
            mine = sorted(
                (step for step in steps if step.synth == name and step.loaded == loaded),
                key=lambda step: (step.notes, step.bad),
            )
            notes = [step.notes for step in mine]
            panel.plot(notes, [step.bad for step in mine], "o-", color=colour, label=name)
            idle = [step.idle_bad for step in mine]
            panel.plot(notes, idle, ".:", color=colour, alpha=0.5, label=f"idle client, {name}")
        panel.set(yscale="symlog", ylim=(-0.3, None), xlabel="notes held")
        panel.set_title("both cores loaded" if loaded else "machine idle", loc="left")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("periods with a drop-out")
    panels[0].legend(fontsize=8)
    figure.suptitle(title)
    _save(pyplot, figure, path)


def capacities(found: Sequence[Any], path: str | Path, title: str) -> None:
    """Notes a core sustains over the block size (voices.Sustained), a panel a program."""
    pyplot, figure = _figure(11, 4)
    programs = list(dict.fromkeys(each.program for each in found))
    panels = figure.subplots(1, max(1, len(programs)), sharey=True, squeeze=False)[0]
    for panel, program in zip(panels, programs, strict=False):
        for name in dict.fromkeys(each.player for each in found):
            mine = [each for each in found if each.program == program and each.player == name]
            line = [each.notes for each in mine]
            panel.plot([each.block for each in mine], line, "o-", label=name)
        panel.set(xscale="log", xlabel="block (samples)", ylim=(0, None))
        blocks = sorted({each.block for each in found})
        panel.set_xticks(blocks, [str(block) for block in blocks], minor=False)
        panel.minorticks_off()
        panel.set_title(program, loc="left")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("notes a core sustains")
    panels[0].legend(fontsize=8)
    figure.suptitle(title)
    _save(pyplot, figure, path)


def decays(
    rows: Sequence[tuple[int, float, float, float, float]], path: str | Path, title: str
) -> None:
    """Rows of rate, size, damping, asked and measured seconds: one line a setting."""
    pyplot, figure = _figure(8, 5)
    panel = figure.subplots()
    for key in dict.fromkeys(row[:3] for row in rows):
        points = [row[3:] for row in rows if row[:3] == key]
        rate, size, damping = key
        label = f"{rate / 1000:g} kHz, size {size:g}, damping {damping:g}"
        panel.plot(*zip(*points, strict=True), "o-", label=label, alpha=0.7)
    ends = [min(row[3] for row in rows), max(row[3] for row in rows)]
    panel.plot(ends, ends, color="0.4", linestyle="--", linewidth=1)
    panel.set(xscale="log", yscale="log", xlabel="asked, s", ylabel="measured, s", title=title)
    panel.grid(alpha=0.3)
    panel.legend(fontsize=7)
    _save(pyplot, figure, path)


def bars(rows: Sequence[Row], path: str | Path, title: str) -> None:
    """The median of each row as a bar, in seconds, with its extremes."""
    pyplot, figure = _figure(11, 0.45 * len(rows) + 1.2)
    panel = figure.subplots()
    middle = [float(np.median(row.values_ms)) * 1e-3 for row in rows]
    low = [m - float(row.values_ms.min()) * 1e-3 for m, row in zip(middle, rows, strict=True)]
    high = [float(row.values_ms.max()) * 1e-3 - m for m, row in zip(middle, rows, strict=True)]
    places = range(len(rows))
    panel.barh(places, middle, xerr=[low, high], color="tab:blue", alpha=0.7, capsize=3)
    panel.set_yticks(places, [row.stage for row in rows], fontsize=8)
    panel.invert_yaxis()
    for row in rows:
        if row.budget.limit_ms is not None:
            panel.axvline(row.budget.limit_ms * 1e-3, color="tab:red", linestyle="--", linewidth=1)
    panel.set_xlabel("seconds; dashed: the target")
    panel.grid(axis="x", alpha=0.3)
    figure.suptitle(title)
    _save(pyplot, figure, path)


def courses(
    panels_of: Sequence[tuple[str, Sequence[tuple[str, Sequence[float], Sequence[float]]]]],
    path: str | Path,
    title: str,
) -> None:
    """Lines over minutes: (label of the axis, [(name, minutes, values)]), one panel each."""
    pyplot, figure = _figure(11, 2.2 * len(panels_of) + 0.8)
    panels = figure.subplots(len(panels_of), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (label, lines) in zip(panels, panels_of, strict=True):
        for name, minutes, values in lines:
            panel.plot(minutes, values, label=name)
        panel.set_ylabel(label)
        panel.set_ylim(bottom=0)
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8, loc="lower right")
    panels[-1].set_xlabel("minutes")
    figure.suptitle(title)
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
