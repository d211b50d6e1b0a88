"""Named directions in the latent space, found from what the generator does around every preset.

A direction has to change one attribute and leave the others, the loudness and the pitch alone.
No single direction does that everywhere, so each preset gets its own two ways, up and down. Two
kinds of candidates are tried: the attribute's local gradient (finite differences), made orthogonal
to the other attributes in the metric of the presets' spread; and the straight way to a mixture of
presets that differ in that attribute (non-negative least squares). What counts is measured: the
candidate is kept that changes its attribute most and most steadily, up to a standard deviation over
the presets, for the least change of all else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.optimize import nnls

from export.attributes import ATTRIBUTES, Floats
from export.probe import REPORT, Place, Probe
from rtsynth import contract as c
from rtsynth.metadata import DIRECTIONS

COUNT: Final = len(DIRECTIONS)  # the attributes that have directions come first in ATTRIBUTES
LOUDNESS: Final = ATTRIBUTES.index("loudness")
PITCH: Final = ATTRIBUTES.index("pitch")
LEAST_SPREAD: Final = (0.05, 0.05, 1.0, 0.03, 1.0, 5.0)  # where presets hardly differ
DIFFERENCE: Final = 0.25  # step of the finite differences, of the presets' RMS spread
REACH: Final = 4.0  # length of a whole way along the gradient, of that spread
GRADIENT_PARTS: Final = (0.0625, 0.125, 0.25, 0.5, 1.0)  # of it, that are tried as ends
MIXTURE_PARTS: Final = (0.25, 0.5, 1.0)
RIDGE: Final = 0.03
FAR: Final = 0.03  # what a mixture pays for the distance of its parts
MOST: Final = 1.2  # standard deviations: more is not looked for
SIDE_COST: Final = 0.3  # of the mean change of other attributes, in standard deviations
LOUD_COST: Final = 0.1  # of each dB beyond the first
UNSTEADY_COST: Final = 0.5
BACKWARDS: Final = 0.03  # standard deviations that count as going back


@dataclass(frozen=True)
class Spread:
    """How the presets lie: their attributes, and the metric of the latent space."""

    attributes: Floats  # (presets, ATTRIBUTES)
    deviation: Floats  # (ATTRIBUTES,) over the presets
    axes: Floats  # (LATENT_SIZE, LATENT_SIZE) orthonormal columns
    metric: Floats  # (LATENT_SIZE, LATENT_SIZE) covariance of the presets
    size: float  # RMS spread of a latent number

    def of(self, preset: int) -> Here:
        """What is needed of one preset."""
        return Here(self.attributes[preset], self.deviation)


class Here(NamedTuple):
    """A preset's attributes, and what counts as much of each."""

    attributes: Floats  # (ATTRIBUTES,)
    deviation: Floats


class Line(NamedTuple):
    """A way from a preset, and which parts of it may be its end."""

    way: Floats  # (LATENT_SIZE,)
    parts: tuple[float, ...]  # rising


def find(probe: Probe, places: list[Place]) -> dict[str, Any]:
    """The `directions` of an instrument's metadata, with how well they work."""
    spread = _spread(probe, places)
    ways = np.zeros((COUNT, 2, len(places), c.LATENT_SIZE), np.float32)
    kinds = []
    for i, place in enumerate(places):
        gradient = _gradients(probe, place, spread)
        for k in range(COUNT):
            for side, sign in enumerate((1.0, -1.0)):
                lines = [Line(sign * REACH * spread.size * gradient[k], GRADIENT_PARTS)]
                mixture = _mixture(places, spread, i, k, sign)
                if float(np.linalg.norm(mixture)) > 0.1 * spread.size:
                    lines.append(Line(mixture, MIXTURE_PARTS))
                ways[k, side, i], kind = _best(probe, place, spread.of(i), k, sign, lines)
                kinds.append(kind)
    told = _report(probe, places, spread, ways)
    return {
        "anchors": rounded([place.latent for place in places], 5),
        "share_gradient": round(kinds.count(0) / len(kinds), 3),
        "ways": {
            name: {
                "up": rounded(ways[k, 0], 3),
                "down": rounded(ways[k, 1], 3),
                "spread": round(float(spread.deviation[k]), 4),
                **told[k],
            }
            for k, name in enumerate(DIRECTIONS)
        },
    }


def rounded(values: Any, digits: int) -> Any:
    """Lists of numbers that are short in JSON: single precision has a long tail of digits."""
    return np.round(np.asarray(values, np.float64), digits).tolist()


def _spread(probe: Probe, places: list[Place]) -> Spread:
    attributes = np.concatenate([probe.measure(p.latent[None], p) for p in places])
    deviation = np.maximum(attributes.std(0), LEAST_SPREAD).astype(np.float32)
    latents = np.stack([place.latent for place in places]).astype(np.float64)
    apart = latents - latents.mean(0)
    covariance = apart.T @ apart / max(len(places) - 1, 1)
    mean = max(float(np.trace(covariance)) / c.LATENT_SIZE, 1e-4)
    metric = covariance + 0.05 * mean * np.eye(c.LATENT_SIZE)
    axes = np.linalg.eigh(metric)[1]
    return Spread(attributes, deviation, axes.astype(np.float32), metric.astype(np.float32),
                  float(np.sqrt(mean)))  # fmt: skip


def _gradients(probe: Probe, place: Place, spread: Spread) -> Floats:
    """Unit directions (COUNT, LATENT_SIZE): of an attribute, orthogonal to all others.

    The least change in the presets' metric that moves attribute k by 1 and the others by 0,
    softened by a ridge.
    """
    step = DIFFERENCE * spread.size
    latents = np.concatenate([place.latent + s * step * spread.axes.T for s in (1.0, -1.0)])
    ahead, behind = np.split(probe.measure(latents, place) / spread.deviation, 2)
    slopes = (ahead - behind).T / (2.0 * step) @ spread.axes.T  # (ATTRIBUTES, LATENT_SIZE)
    inner = slopes @ spread.metric @ slopes.T
    ridge = RIDGE * float(np.trace(inner)) / len(inner) + 1e-9
    solved = np.linalg.solve(inner + ridge * np.eye(len(inner)), slopes @ spread.metric)[:COUNT]
    found: Floats = solved / (np.linalg.norm(solved, axis=1, keepdims=True) + 1e-9)
    return found


def _mixture(places: list[Place], spread: Spread, i: int, k: int, sign: float) -> Floats:
    """The way from preset i to a mixture of presets that have more (or less) of attribute k."""
    apart = (spread.attributes - spread.attributes[i]) / spread.deviation  # (presets, ATTRIBUTES)
    importance = np.full(len(ATTRIBUTES), 0.5)
    importance[k] = 1.0
    target = np.zeros(len(ATTRIBUTES))
    target[k] = sign
    latents = np.stack([place.latent for place in places])
    far = FAR * np.linalg.norm(latents - latents[i], axis=1) / spread.size
    matrix = np.concatenate([(apart * importance).T, np.diag(far)])
    weights, _ = nnls(matrix, np.concatenate([target * importance, np.zeros(len(places))]))
    weights[i] = 0.0
    weights /= max(1.0, float(weights.sum()))
    way: Floats = (weights @ (latents - latents[i])).astype(np.float32)
    return way


def _best(
    probe: Probe, place: Place, here: Here, k: int, sign: float, lines: list[Line]
) -> tuple[Floats, int]:
    """The end that serves best of all parts of all lines; and the number of its line."""
    found: list[tuple[float, Floats, int]] = []
    for number, line in enumerate(lines):
        points = place.latent + np.outer(line.parts, line.way)
        change = (probe.measure(points, place) - here.attributes) / here.deviation
        course = sign * change[:, k]  # (parts,)
        unsteady = np.minimum.accumulate(np.diff(course, prepend=0.0)) < -BACKWARDS
        others = np.abs(np.delete(change[:, :COUNT], k, axis=1)).mean(1)
        loud_db = np.abs(change[:, LOUDNESS]) * here.deviation[LOUDNESS]
        score = (
            np.minimum(course, MOST)
            - SIDE_COST * (others + np.abs(change[:, PITCH]))
            - LOUD_COST * np.maximum(loud_db - 1.0, 0.0)
            - UNSTEADY_COST * unsteady
        )
        end = int(score.argmax())
        part = line.parts[end] * min(1.0, MOST / max(float(course[end]), MOST))
        found.append((float(score[end]), part * line.way, number))
    _, way, number = max(found, key=lambda each: each[0])
    return way, number


def _report(
    probe: Probe, places: list[Place], spread: Spread, ways: Floats
) -> list[dict[str, Any]]:
    """How every direction works on notes that it was not found on, from -1 to 1 in five steps."""
    effects = np.zeros((COUNT, len(places)))
    steady = np.zeros((COUNT, len(places)), bool)
    side = np.zeros((COUNT, len(places)))
    louder = np.zeros((COUNT, len(places)))
    for i, place in enumerate(places):
        for k in range(COUNT):
            up, down = ways[k, 0, i], ways[k, 1, i]
            latents = place.latent + np.stack([down, 0.5 * down, 0.0 * up, 0.5 * up, up])
            measured = probe.measure(latents, place, REPORT) / spread.deviation
            course = measured[:, k]
            effects[k, i] = 0.5 * (course[-1] - course[0])
            steady[k, i] = bool((np.diff(course) > -BACKWARDS).all())
            ends = np.abs(measured[[0, -1]] - measured[2])
            side[k, i] = float(np.delete(ends[:, :COUNT], k, axis=1).mean())
            louder[k, i] = float(ends[:, LOUDNESS].mean() * spread.deviation[LOUDNESS])
    return [
        {
            "effect": round(float(effects[k].mean()), 3),
            "effects": rounded(effects[k], 2),
            "share_monotone": round(float(steady[k].mean()), 3),
            "side_effect": round(float(side[k].mean()), 3),
            "loudness_db": round(float(louder[k].mean()), 2),
        }
        for k in range(COUNT)
    ]
