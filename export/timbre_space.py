"""What an instrument says of its timbre space: the prior of random timbres, named directions.

``python -m export.timbre_space INSTRUMENT.onnx`` finds them for a file that is there, prints how
well they work, and with ``-o OUT.onnx`` writes the file with them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx

from export import directions
from export.attributes import ATTRIBUTES, Floats
from export.probe import Generate, Place, Probe, places_of
from rtsynth import contract as c
from rtsynth import instrument
from rtsynth.errors import RtsynthError
from rtsynth.metadata import prior_of

PARTS: Final = (1.0, 0.85, 0.7, 0.55, 0.4)  # of the presets' spread, the largest that serves
DRAWS: Final = 96
PLAUSIBLE: Final = 0.97  # share of draws that must lie where presets lie
MARGIN: Final = 1.0  # standard deviations beyond the outermost preset that are still plausible
MARGIN_DB: Final = 3.0  # the same of the loudness
MIDDLE: Final = (40, 84)  # keys on which draws are tried


def describe(generate: Generate, timbres: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The fields `prior` and `directions` of an instrument's metadata.

    Args:
        generate: the exported generator.
        timbres: the metadata's timbres, with `name`, `latent`, `low` and `high`.
    """
    probe, places = Probe(generate), places_of(timbres)
    return {"prior": fit_prior(probe, places), "directions": directions.find(probe, places)}


def fit_prior(probe: Probe, places: list[Place]) -> dict[str, Any]:
    """A Gaussian with the presets' mean and covariance, drawn in until its draws are plausible."""
    latents = np.stack([place.latent for place in places])
    whole = prior_of(latents, 1.0)
    chance = np.random.default_rng(17).standard_normal((DRAWS, c.LATENT_SIZE)).astype(np.float32)
    middle = Place("", whole.mean, *MIDDLE)
    presets = probe.measure(latents, middle)
    part, share = PARTS[-1], 0.0
    for part in PARTS:
        drawn: Floats = whole.mean + part * (chance @ whole.factor.T)
        draws = probe.measure(drawn, middle)
        share = float(_plausible(draws, presets).mean())
        if share >= PLAUSIBLE:
            break
    return {
        "mean": directions.rounded(whole.mean, 5),
        "factor": directions.rounded(part * whole.factor, 5),
        "part": part,
        "share_plausible": round(share, 3),
    }


def _plausible(draws: Floats, presets: Floats) -> Floats:
    """Which draws have every attribute within the presets' range and a margin."""
    margin = MARGIN * presets.std(0)
    margin[ATTRIBUTES.index("loudness")] = MARGIN_DB
    inside = (draws >= presets.min(0) - margin) & (draws <= presets.max(0) + margin)
    plausible: Floats = (inside & np.isfinite(draws)).all(1)
    return plausible


def table(found: dict[str, Any], names: Sequence[str]) -> str:
    """How well the directions work, as text."""
    ways = found["directions"]["ways"]
    lines = [
        f"prior: {found['prior']['part']:g} of the presets' spread, "
        f"{100 * found['prior']['share_plausible']:.0f} % of draws plausible; "
        f"{100 * found['directions']['share_gradient']:.0f} % of ways by gradient",
        "",
        f"{'direction':10s} effect  steady  others  loudness",
    ]
    for name, about in ways.items():
        lines.append(
            f"{name:10s} {about['effect']:6.2f}  {100 * about['share_monotone']:4.0f} %  "
            f"{about['side_effect']:6.2f}  {about['loudness_db']:5.2f} dB"
        )
    lines += ["", f"{'effect on':20s} {'  '.join(ways)}"]
    for i, name in enumerate(names):
        cells = [f"{each['effects'][i]:{len(word)}.2f}"
                 for word, each in ways.items()]  # fmt: skip
        lines.append(f"{name:20s} {'  '.join(cells)}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m export.timbre_space", description=__doc__)
    parser.add_argument("instrument", help="a .onnx file or a bundled instrument's name")
    parser.add_argument("-o", "--output", type=Path, help="write the file with what was found")
    args = parser.parse_args(argv)
    try:
        loaded = instrument.load(args.instrument, accelerate=False)
    except RtsynthError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    model = onnx.load(str(loaded.path))
    entry = next(each for each in model.metadata_props if each.key == c.METADATA_KEY)
    metadata = json.loads(entry.value)
    found = describe(loaded.generate, metadata["timbres"])
    sys.stdout.write(table(found, [each["name"] for each in metadata["timbres"]]) + "\n")
    if args.output is not None:
        entry.value = json.dumps({**metadata, **found}, sort_keys=True)
        onnx.save(model, str(args.output))
    return 0


if __name__ == "__main__":
    sys.exit(main())
