"""What is measured: names, units, which way is better, and what the instruments must reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

Better = Literal["lower", "higher", "none"]
Values = dict[str, dict[str, float]]  # measure: column: value


@dataclass(frozen=True)
class Measure:
    """One row of the table."""

    name: str  # key in the JSON
    label: str
    unit: str
    better: Better
    digits: int = 2
    statistic: str = "mean"  # over the notes, for what is measured a note at a time
    distance: bool = False  # from the recordings: the sampler is a rival in it


PAIRED: Final = (
    Measure("lsd", "log-spectral distance", "dB", "lower", distance=True),
    Measure("mfcc", "MFCC distance", "", "lower", 1, distance=True),
    Measure("loudness", "loudness error", "dB", "lower", distance=True),
    Measure("centroid", "centroid error", "%", "lower", 1, "median", distance=True),
    Measure("attack", "attack time error", "ms", "lower", 1, "median", distance=True),
    Measure("decay", "decay time error", "%", "lower", 1, "median", distance=True),
    Measure("fluctuation", "fluctuation error", "dB", "lower", distance=True),
    Measure("pitch", "pitch off the recording's", "cents", "lower", 2, "median"),
)
WHOLE: Final = (
    Measure("pitch_accuracy", "pitch accuracy", "%", "higher", 1),
    Measure("pitch_entropy", "pitch entropy", "nats", "lower", 3),
    Measure("inception", "inception score (pitch)", "", "higher", 1),
    Measure("timbre_accuracy", "timbre accuracy", "%", "higher", 1),
    Measure("frechet", "Fréchet distance", "", "lower", 2, distance=True),
    Measure("kernel", "kernel distance x 1000", "", "lower", 1, distance=True),
    Measure("ndb", "NDB/k, k = 50 at most", "", "lower", 3, distance=True),
    Measure("jsd", "Jensen-Shannon divergence", "bits", "lower", 3, distance=True),
)
RESPONSE: Final = (
    Measure("louder", "velocity steps that get louder", "%", "higher", 1),
    Measure("louder_rank", "rank correlation, loudness", "", "higher"),
    Measure("brighter", "velocity steps that do not get duller", "%", "higher", 1),
    Measure("brighter_rank", "rank correlation, brightness", "", "none"),
    Measure("morph_step", "morphs: largest step / mean step, median", "", "lower"),
    Measure("morph_step_worst", "morphs: the same, worst", "", "lower"),
    Measure("morph_dip", "morphs: loudness dip, median", "dB", "lower"),
    Measure("morph_dip_worst", "morphs: the same, worst", "dB", "lower"),
)


@dataclass(frozen=True)
class Target:
    """A figure that must be reached."""

    figure: str
    wanted: str
    value: str
    reached: bool

    def as_json(self) -> dict[str, Any]:
        """The target as plain values."""
        return {**self.__dict__}


def at_most(figure: str, value: float, limit: float, unit: str, digits: int = 2) -> Target:
    """A target that is an upper limit."""
    shown = f"{value:.{digits}f} {unit}".rstrip()
    return Target(figure, f"{limit:g} {unit} or less".replace("  ", " "), shown, value <= limit)


def at_least(figure: str, value: float, limit: float, unit: str, digits: int = 1) -> Target:
    """A target that is a lower limit."""
    shown = f"{value:.{digits}f} {unit}".rstrip()
    return Target(figure, f"{limit:g} {unit} or more".replace("  ", " "), shown, value >= limit)


def of_notes(groups: dict[str, Values], network: str, codec: str) -> list[Target]:
    """Targets of the distances to the recordings, on pitches that were never trained on."""
    new = groups["held-out pitches"]
    found = [
        at_most("codec alone: log-spectral distance", new["lsd"][codec], 1.5, "dB"),
        at_most("codec alone: attack time", new["attack"][codec], 2.0, "ms"),
        at_most("codec alone: loudness", new["loudness"][codec], 0.5, "dB"),
    ]
    beyond = new["lsd"][network] - new["lsd"][codec]
    return [*found, at_most("log-spectral distance beyond the codec's", beyond, 1.0, "dB")]


def of_sets(whole: Values, network: str, real: str) -> list[Target]:
    """Targets of the distributions."""
    relative = {
        name: 100.0 * whole[name][network] / max(whole[name][real], 1e-9)
        for name in ("pitch_accuracy", "inception")
    }
    found = [
        at_least("pitch accuracy relative to real", relative["pitch_accuracy"], 100.0, "%"),
        at_least("inception score relative to real", relative["inception"], 95.0, "%"),
    ]
    if "ndb" in whole:
        limit = round(2.0 * whole["ndb"][real], 3)
        found.append(at_most("NDB/k, twice real against real", whole["ndb"][network], limit, "", 3))
    return found


def against(tables: dict[str, Values], network: str, rival: str) -> Target:
    """Whether the network is nearer to the recordings than a rival in every distance."""
    lost, compared = [], 0
    for group, values in tables.items():
        for measure in (*PAIRED, *WHOLE):
            row = values.get(measure.name, {})
            if measure.distance and not math.isnan(row.get(rival, math.nan)):
                compared += 1
                if not row[network] <= row[rival]:
                    lost.append(f"{measure.label}, {group}")
    value = f"{compared - len(lost)} of {compared}"
    value += f"; not in {'; '.join(lost)}" if lost else ""
    return Target(f"better than the {rival} of the same size", "every distance", value, not lost)
