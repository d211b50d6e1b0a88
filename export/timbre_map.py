"""A map of an instrument's timbres: ``python -m export.timbre_map FILE.onnx -o docs/timbres.png``.

Near on the map means alike in sound: the distance behind it is that of notes that the instrument
makes, in dB over bands and time, not that of latents. Two axes hold only a part of it; the axes say
how much. Arrows show where the named directions lead on average.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.transforms import Bbox

from export.attributes import Floats
from export.card import FAMILIES, FAMILY_PROGRAMS, OTHER
from export.probe import Generate
from rtsynth import contract as c
from rtsynth import instrument
from rtsynth.errors import RtsynthError
from rtsynth.metadata import DIRECTIONS, Metadata, Timbre
from rtsynth.timbres import turned

mpl.use("Agg")
import matplotlib.pyplot as plt

FIRST_PAD: Final = 88  # programs from here on are given out by likeness
NOTES: Final = ((0.25, 56.0), (0.25, 104.0), (0.5, 80.0), (0.75, 56.0), (0.75, 104.0))
STEPS: Final = 32  # 1.4 s
MOMENTS: Final = (1, 4, 10, 22, 45, 90, 150, 240)  # frames
SPAN: Final = 60.0  # dB below the loudest band that count
GROUPS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 22, 29, 38, 50, 66, 87, 115, 129)  # partials
TURN: Final = 1.0
ARROW: Final = 0.16  # of the map's width, the longest arrow


def features(generate: Generate, timbres: list[Timbre]) -> Floats:
    """What is heard of each timbre (timbres, values), in dB: Euclidean distance is likeness."""
    noise = np.random.default_rng(5).standard_normal(
        (len(NOTES), STEPS + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
    )
    rows = []
    for timbre in timbres:
        keys = [timbre.low + where * (timbre.high - timbre.low) for where, _ in NOTES]
        frames, _ = generate(
            np.round(keys).astype(np.float32),
            np.array([velocity for _, velocity in NOTES], np.float32),
            np.repeat(timbre.latent[None], len(NOTES), 0),
            np.zeros(len(NOTES), np.float32),
            noise.astype(np.float32),
        )
        rows.append(_heard(frames[:, list(MOMENTS)]).ravel())
    return np.stack(rows)


def _heard(frames: Floats) -> Floats:
    """Levels of groups of partials and pairs of noise bands (notes, moments, bands), 0..SPAN dB."""
    power = 10.0 ** (frames[..., : c.FRAME_LEVELS] / 10.0)
    partials = np.add.reduceat(power[..., : c.PARTIALS], np.array(GROUPS[:-1]) - 1, axis=-1)
    noise = np.add.reduceat(power[..., c.PARTIALS :], np.arange(0, c.NOISE_BANDS, 2), axis=-1)
    level = 10.0 * np.log10(np.concatenate([0.5 * partials, noise], axis=-1) + 1e-12)
    loudest = level.max(axis=(1, 2), keepdims=True)
    heard: Floats = np.clip(level - loudest + SPAN, 0.0, SPAN).astype(np.float32)
    return heard


class Map(NamedTuple):
    """Places of timbres in the plane of the most different sounds."""

    places: Floats  # (timbres, 2)
    shares: Floats  # (2,) of the variance
    centre: Floats
    axes: Floats  # (values, 2)


def flatten(heard: Floats) -> Map:
    """Principal components: classical scaling of the Euclidean distances."""
    centre = heard.mean(0)
    _, sizes, axes = np.linalg.svd(heard - centre, full_matrices=False)
    if len(sizes) < 2:
        raise ValueError("a map needs two timbres at least")
    plane = axes[:2].T
    shares: Floats = np.square(sizes[:2]) / max(float(np.square(sizes).sum()), 1e-9)
    return Map((heard - centre) @ plane, shares, centre, plane)


def arrows(generate: Generate, metadata: Metadata, flat: Map) -> dict[str, Floats]:
    """Where a whole turn up leads in the plane, the mean over presets."""
    found = {}
    for k, name in enumerate(DIRECTIONS):
        if metadata.directions is None or name not in metadata.directions.names:
            continue
        turns = tuple(TURN if i == k else 0.0 for i in range(len(DIRECTIONS)))
        ends = [turned(metadata, timbre, turns) for timbre in metadata.timbres]
        places = (features(generate, ends) - flat.centre) @ flat.axes
        found[name] = (places - flat.places).mean(0)
    return found


def family(timbre: Timbre) -> str:
    """The General MIDI family of most of a timbre's programs, those of real instruments first."""
    programs = sorted(timbre.programs)
    own = [program for program in programs if program < FIRST_PAD] or programs[:1]
    found = Counter(program // FAMILY_PROGRAMS for program in own)
    return FAMILIES[found.most_common(1)[0][0]] if found else OTHER


def draw(metadata: Metadata, flat: Map, ways: dict[str, Floats], out: Path) -> None:
    """Write the picture."""
    figure, axes = plt.subplots(figsize=(11.0, 8.0), dpi=130)
    families = [family(timbre) for timbre in metadata.timbres]
    shown = [name for name in (*FAMILIES, OTHER) if name in families]
    colours = mpl.colormaps["tab20"]
    colour: dict[str, Any] = {
        name: colours(2 * i % 20 + (2 * i >= 20)) for i, name in enumerate(shown)
    }
    for name in shown:
        some = flat.places[[i for i, each in enumerate(families) if each == name]]
        axes.scatter(
            some[:, 0], some[:, 1], s=46, color=colour[name], label=name, zorder=3, linewidths=0
        )
    axes.margins(0.09)
    axes.set_xlabel(f"most different: {100 * flat.shares[0]:.0f} % of the variance of the sound")
    axes.set_ylabel(f"next: {100 * flat.shares[1]:.0f} %")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(f"{metadata.name}: {len(metadata.timbres)} timbres, placed by how they sound")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _compass(axes, flat, ways)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)
    figure.tight_layout()
    labels = [timbre.name for timbre in metadata.timbres]
    _label(figure, axes, flat.places, labels, [colour[name] for name in families])
    figure.savefig(out)
    plt.close(figure)


def _compass(axes: Any, flat: Map, ways: dict[str, Floats]) -> None:
    """The directions' arrows beside the map, in one scale."""
    if not ways:
        return
    size = max(float(np.ptp(flat.places, axis=0).max()), 1e-6)
    longest = max(float(np.linalg.norm(way)) for way in ways.values())
    scale = ARROW * size / max(longest, 1e-9)
    side = axes.inset_axes((1.03, 0.08, 0.24, 0.3))
    reach = 1.15 * ARROW * size
    for i, (name, way) in enumerate(ways.items()):
        style = {"arrowstyle": "-|>", "color": f"C{i}", "linewidth": 1.8, "shrinkA": 0.0}
        side.annotate("", scale * way, (0.0, 0.0), arrowprops=style)
        place = (0.02 + 0.5 * (i % 2), -0.1 - 0.1 * (i // 2))
        side.text(*place, name, color=f"C{i}", fontsize=10, transform=side.transAxes)
    side.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    side.set_title(f"a knob turned up, drawn {scale:.1f} x as far", fontsize=9)
    for spine in side.spines.values():
        spine.set_color("0.8")


def _label(figure: Any, axes: Any, places: Floats, names: list[str], colours: list[Any]) -> None:
    """Names beside their points, where they cover least; a line leads to those further away."""
    renderer = figure.canvas.get_renderer()
    points = axes.transData.transform(places)  # (timbres, 2) pixels
    taken = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    dots = len(taken)
    frame = axes.get_window_extent(renderer)
    crowd = np.linalg.norm(points[:, None] - points[None], axis=-1)
    for i in np.argsort(np.sort(crowd, axis=1)[:, 1:4].sum(1)):  # the most crowded first
        text = axes.text(0.0, 0.0, names[i], fontsize=8.5, color="0.1", zorder=4)
        box = text.get_window_extent(renderer)
        spots = [_spot(points[i], box.width, box.height, angle, 7.0 + 9.0 * ring)
                 for ring in range(6) for angle in range(0, 360, 30)]  # fmt: skip
        costs = [_covered(spot, taken, dots, i, frame) + 4.0 * (n // 12) + 0.01 * (n % 12)
                 for n, spot in enumerate(spots)]  # fmt: skip
        spot = spots[int(np.argmin(costs))]
        taken.append(spot)
        text.set_position(axes.transData.inverted().transform((spot.x0, spot.y0 + 2.0)))
        if int(np.argmin(costs)) >= 12:
            near = np.clip(points[i], (spot.x0, spot.y0), (spot.x1, spot.y1))
            line = axes.transData.inverted().transform([points[i], near])
            axes.plot(*line.T, color=colours[i], linewidth=0.7, zorder=2)


def _spot(point: Floats, width: float, height: float, angle: int, away: float) -> Bbox:
    """Where a label of a size lies at an angle from its point."""
    radians = np.radians(angle)
    x = point[0] + np.cos(radians) * (away + 0.5 * width)
    y = point[1] + np.sin(radians) * (away + 0.5 * height)
    return Bbox.from_bounds(x - 0.5 * width, y - 0.5 * height, width, height)


def _covered(spot: Bbox, taken: list[Bbox], dots: int, own: int, frame: Bbox) -> float:
    """Pixels that a label would cover of others, and how far it would stick out."""
    corners = np.array([box.extents for box in taken])  # (boxes, 4): x0, y0, x1, y1
    shared = np.minimum(corners[:, 2:], spot.max) - np.maximum(corners[:, :2], spot.min)
    touches = (shared >= 0.0).all(1)
    touches[own] = False
    weights = np.where(np.arange(len(taken)) >= dots, 3.0, 1.0)
    cost = float(((5.0 + shared.prod(1) * weights) * touches).sum())
    outside = max(frame.x0 - spot.x0, spot.x1 - frame.x1, frame.y0 - spot.y0, spot.y1 - frame.y1)
    return cost + 100.0 * max(0.0, float(outside))


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m export.timbre_map", description=__doc__)
    parser.add_argument("instrument", help="a .onnx file or a bundled instrument's name")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write")
    args = parser.parse_args(argv)
    try:
        loaded = instrument.load(args.instrument, accelerate=False)
        metadata = loaded.metadata
        flat = flatten(features(loaded.generate, list(metadata.timbres)))
        draw(metadata, flat, arrows(loaded.generate, metadata, flat), args.output)
    except (RtsynthError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{args.output}: {len(metadata.timbres)} timbres\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
