"""Scores of whole sets of notes: what the classifier hears, and how they are spread."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.contract import KEY_LOW
from training.evaluation import distributions as d
from training.evaluation import logmel
from training.evaluation.classifier import Classifier, Heard

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

SPLITS: Final = 8  # random halves of the notes that are compared
NOTES_A_BIN: Final = 10  # at least, of all recordings: fewer bins where there are few notes
SMALLEST: Final = 24  # notes below which nothing is said of a set


def heard_scores(heard: Heard, keys: Numbers, timbres: Numbers) -> dict[str, float]:
    """What the classifier says of a set, by itself."""
    return {
        "pitch_accuracy": 100.0 * float(np.mean(heard.pitch.argmax(1) == keys - KEY_LOW)),
        "pitch_entropy": d.mean_entropy(heard.pitch),
        "inception": d.inception_score(heard.pitch),
        "timbre_accuracy": 100.0 * float(np.mean(heard.timbre.argmax(1) == timbres)),
    }


def halves(count: int, seed: int) -> list[tuple[Numbers, Numbers]]:
    """Random halves of the notes: each note's recording is in one, and the notes that are
    compared with it in the other.
    """
    random = np.random.default_rng(seed)
    found = []
    for _ in range(SPLITS):
        order = random.permutation(count)
        found.append((order[: count // 2], order[count // 2 :]))
    return found


def spread_scores(
    mels: dict[str, logmel.Half], heard: dict[str, Heard], real: str, seed: int
) -> dict[str, dict[str, float]]:
    """Distances of every set from the recordings, means over random halves.

    Of each half of the recordings, the *other* half of a set is compared with it: for the
    recordings themselves that is real against real, and all columns have as many notes.
    """
    count = len(mels[real])
    if count < SMALLEST:
        return {}
    textures = {name: logmel.texture(each) for name, each in mels.items()}
    bins = d.Bins.fit(textures[real], seed, min(d.BINS, count // NOTES_A_BIN))
    found: dict[str, dict[str, float]] = {}
    for name in mels:
        rows = []
        for half, other in halves(count, seed):
            for a, b in ((half, other), (other, half)):
                reference, compared = heard[real].features[a], heard[name].features[b]
                counts = bins.counts(textures[real][a]), bins.counts(textures[name][b])
                rows.append(
                    (
                        d.frechet_distance(reference, compared),
                        1e3 * d.kernel_distance(reference, compared),
                        d.different_bins(*counts),
                        d.jensen_shannon(*counts),
                    )
                )
        names = ("frechet", "kernel", "ndb", "jsd")
        found[name] = dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))
    return found


def everything(
    classifier: Classifier,
    mels: dict[str, logmel.Half],
    keys: Numbers,
    timbres: Numbers,
    real: str,
    seed: int,
) -> tuple[dict[str, dict[str, float]], dict[str, Heard]]:
    """Every score of each set (column: measure: value), and what the classifier heard."""
    heard = {name: classifier.hear(each) for name, each in mels.items()}
    found = {name: heard_scores(each, keys, timbres) for name, each in heard.items()}
    for name, scores in spread_scores(mels, heard, real, seed).items():
        found[name].update(scores)
    return found, heard
