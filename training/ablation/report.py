"""Show the ablation: a table and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.ablation.modulation import BANDS, GROUPS

REAL = "real notes"
BELOW_DB = 10.0  # that is shown below the real notes'


def table(result: dict[str, Any]) -> str:
    """All arms as text, real notes against real notes last."""
    rows = [*result["arms"], result["floor"]]
    heads = ["held out dB", "AUC frames", "AUC texture", "texture lost", "too much"]
    lines = [f"{'arm':16}{'steps':>8}" + "".join(f"{head:>18}" for head in heads)]
    for row in rows:
        error = f"{row['held_out_partials_db']:.2f}" if "held_out_partials_db" in row else ""
        areas = [_area(row["auc"][name]) for name in ("frames", "texture")]
        shares = _shares(row, "partials")
        cells = "".join(f"{cell:>18}" for cell in (error, *areas, *shares))
        lines.append(f"{row['name']:16}{row.get('steps') or '':>8}{cells}")
    bands = "".join(f"{f'{low:g}-{high:g} Hz':>12}" for low, high in BANDS)
    lines += ["", "modulation, made against real, dB"]
    for group in [group for group in GROUPS if group in rows[0]["modulation"]]:
        lines.append(f"{group:16}{bands}{'lost':>8}{'too much':>10}")
        for row in [row for row in rows if group in row["modulation"]]:
            cells = "".join(f"{db:12.1f}" for db in row["modulation"][group]["ratio_db"])
            lost, much = _shares(row, group)
            lines.append(f"  {row['name']:14}{cells}{lost:>8}{much:>10}")
    return "\n".join(lines) + "\n"


def _area(area: dict[str, float]) -> str:
    return f"{area['auc']:.2f} ({area['low']:.2f}-{area['high']:.2f})"


def _shares(row: dict[str, Any], group: str) -> tuple[str, str]:
    found = row["modulation"].get(group)
    if found is None:
        return "", ""
    return f"{100.0 * found['lost']:.0f} %", f"{100.0 * found['surplus']:.0f} %"


def plot(result: dict[str, Any], path: Path) -> None:
    """Modulation spectra: a panel a group, a line an arm, the real notes in black."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    real = result["floor"]["curves"]
    groups = [group for group in GROUPS if group in real]
    figure = Figure(figsize=(4.2 * len(groups), 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(1, len(groups), squeeze=False)[0]
    for ax, group in zip(grid, groups, strict=True):
        ax.plot(real[group]["hz"], real[group]["db"], color="black", linewidth=2.2, label=REAL)
        for arm in result["arms"]:
            curve = arm["curves"][group]
            ax.plot(curve["hz"], curve["db"], linewidth=1.4, label=arm["name"])
        ax.set(title=group, xlabel="modulation frequency (Hz)", xscale="log")
        ax.set_xticks([0.5, 1, 2, 4, 8, 16, 32, 64], ["0.5", "1", "2", "4", "8", "16", "32", "64"])
        ax.minorticks_off()
        ax.set_ylim(bottom=min(real[group]["db"]) - BELOW_DB)
        ax.grid(alpha=0.3)
        ax.set_ylabel("dB re 1 cent² a hertz" if group == "pitch" else "modulation, dB a hertz")
    grid[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)
