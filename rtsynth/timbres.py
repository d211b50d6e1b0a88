"""The timbre space: presets, morphs between them, draws from the prior, turns along directions."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Final

import numpy as np

from rtsynth import contract
from rtsynth.errors import RtsynthError
from rtsynth.metadata import DIRECTIONS, MOST_DIGITS, Floats, Metadata, Timbre

MOST_PARTS: Final = 8
MOST_SEED: Final = 2**31 - 1
RANDOM: Final = "random"
NEUTRAL: Final = (0.0,) * len(DIRECTIONS)  # turns of no effect

Turns = tuple[float, ...]  # -1..1 of each of DIRECTIONS


def choose(
    metadata: Metadata, text: str | None, own: Sequence[Timbre] = ()
) -> tuple[Metadata, int]:
    """The slot of a timbre that a user asked for; one that is no preset is appended to them.

    Args:
        metadata: of the instrument.
        text: a preset's number or name, the name of one of `own`, `random:SEED`, or a morph:
            `NAME:WEIGHT+NAME:WEIGHT`, where a weight left out is 1. None: the first preset.
        own: the user's timbres.

    Raises:
        RtsynthError: it names nothing, or nothing that can be made.
    """
    if text is None:
        return metadata, 0
    found = make(metadata, text, own)
    slot = len(metadata.timbres)
    for place, timbre in enumerate(metadata.timbres):
        if timbre is found:
            return metadata, place
    if slot >= contract.TIMBRE_SLOTS:
        raise RtsynthError(f"{metadata.name} has {slot} timbres, and there is no room for another")
    return replace(metadata, timbres=(*metadata.timbres, found)), slot


def make(metadata: Metadata, text: str, own: Sequence[Timbre] = ()) -> Timbre:
    """The timbre that a user asked for, written as in choose(): a preset is itself.

    Raises:
        RtsynthError: it names nothing, or nothing that can be made.
    """
    theirs = (replace(each, origin=metadata.origin) for each in own)
    known = replace(metadata, timbres=(*metadata.timbres, *theirs))
    if _is_random(text):
        return _drawn(metadata, text)
    if _is_morph(known, text):
        return _morph(known, text)
    return known.timbres[known.timbre_slot(text.strip())]


def turned(metadata: Metadata, timbre: Timbre, turns: Turns) -> Timbre:
    """A timbre moved along the named directions, each -1..1; itself where there are none."""
    directions = metadata.directions
    if directions is None or turns == NEUTRAL:
        return timbre
    shares = nearness(timbre.latent, directions.anchors)  # (presets,)
    latent = timbre.latent.copy()
    for i, name in enumerate(directions.names):
        turn = turns[DIRECTIONS.index(name)]
        ways = directions.up[i] if turn > 0.0 else directions.down[i]
        latent += abs(turn) * (shares @ ways)
    return replace(timbre, latent=latent.astype(np.float32), programs=())


def nearness(latent: Floats, anchors: Floats) -> Floats:
    """Shares (anchors,) by inverse distance to the fourth power: all of it where it lies on one."""
    squares = np.square(anchors - latent).sum(-1).astype(np.float64)
    floor = 1e-6 * max(float(squares.mean()), 1e-12)
    weights = np.square(1.0 / (squares + floor))
    shares: Floats = (weights / weights.sum()).astype(np.float32)
    return shares


def blend(name: str, parts: Sequence[Timbre], weights: Sequence[float]) -> Timbre:
    """A timbre between others, by weights that sum to 1: a straight line between latents.

    Range and kind lie between as well. Spherical and norm-preserving interpolation were measured
    against the straight line on the bank: loudness dips and steps are the same within 0.05 dB in
    the mean, and the straight line does not depend on the order of its parts.
    """
    shares = np.asarray(weights, np.float64)
    lows, highs = (np.array([getattr(p, side) for p in parts]) for side in ("low", "high"))
    low = math.floor(float(shares @ lows) + 0.5)
    high = math.floor(float(shares @ highs) + 0.5)
    sustained = float(shares @ np.array([part.sustained for part in parts], np.float64)) >= 0.5
    latent = (shares @ np.stack([part.latent for part in parts])).astype(np.float32)
    correction = _correction(parts, weights)
    return Timbre(name, latent, low, high, (), sustained, correction, parts[0].origin)


def _correction(parts: Sequence[Timbre], shares: Sequence[float]) -> Floats | None:
    """Corrections blend in dB, as latents do roughly; a part without one counts as 0 dB."""
    given = [(p.correction, s) for p, s in zip(parts, shares, strict=True)]
    known = [s * correction for correction, s in given if correction is not None]
    return np.sum(known, axis=0).astype(np.float32) if known else None


def draw(metadata: Metadata, seed: int) -> Timbre:
    """A random timbre from the prior; range and kind are those of the presets around it.

    The same on every machine and with every version of NumPy: the standard library's generator
    promises its sequence.
    """
    source, normal = random.Random(seed), NormalDist()
    chance = [normal.inv_cdf(min(max(source.random(), 1e-9), 1.0 - 1e-9))
              for _ in range(contract.LATENT_SIZE)]  # fmt: skip
    prior = metadata.prior
    latent = prior.mean + prior.factor @ np.asarray(chance, np.float32)
    shares = nearness(latent, np.stack([timbre.latent for timbre in metadata.timbres]))
    around = blend(f"{RANDOM}:{seed}", metadata.timbres, shares.tolist())
    return replace(around, latent=latent.astype(np.float32))


def _is_morph(known: Metadata, text: str) -> bool:
    """Whether a text asks for a morph; a timbre's own name may hold a plus or a colon."""
    wanted = text.strip().lower()
    named = any(timbre.name.lower() == wanted for timbre in known.timbres)
    return not named and ("+" in text or ":" in text)


def _is_random(text: str) -> bool:
    return text.partition(":")[0].strip().lower() == RANDOM


def _drawn(metadata: Metadata, text: str) -> Timbre:
    digits = text.partition(":")[2].strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS
            and int(digits) <= MOST_SEED):  # fmt: skip
        raise RtsynthError(
            f"timbre '{text}': write random:SEED with a whole number from 0 to {MOST_SEED}, "
            "like random:7"
        )
    return draw(metadata, int(digits))


def _morph(known: Metadata, text: str) -> Timbre:
    pieces = [piece.strip() for piece in text.split("+")]
    if len(pieces) > MOST_PARTS:
        raise RtsynthError(f"a morph has {MOST_PARTS} parts at most, not {len(pieces)}")
    if not all(pieces):
        raise RtsynthError(f"timbre '{text}': a part is empty: write it like piano:0.6+choir:0.4")
    parts, weights = [], []
    for piece in pieces:
        name, _, weight = piece.rpartition(":") if ":" in piece else (piece, "", "1")
        if _is_random(name):
            raise RtsynthError(f"timbre '{text}': a random timbre cannot be a part of a morph")
        parts.append(known.timbres[known.timbre_slot(name.strip())])
        weights.append(_weight(text, weight))
    whole = sum(weights)
    if not 0.0 < whole < math.inf:
        raise RtsynthError(f"timbre '{text}': its weights add up to {whole:g}")
    shares = [weight / whole for weight in weights]
    name = " + ".join(f"{p.name} {100.0 * s:.0f} %" for p, s in zip(parts, shares, strict=True))
    return blend(name, parts, shares)


def _weight(text: str, digits: str) -> float:
    try:
        weight = float(digits)
    except ValueError:
        weight = math.nan
    if not 0.0 <= weight < math.inf:
        raise RtsynthError(
            f"timbre '{text}': the weight '{digits.strip()}' is not a number of 0 or more"
        )
    return weight
