"""Compare two sets of sounds, not single ones: are the made ones spread as the real ones are?

Sources: inception score (Salimans et al. 2016), Frechet distance (Heusel et al. 2017), kernel
distance (Binkowski et al. 2018), number of statistically different bins (Richardson and Weiss
2018); pitch accuracy and entropy as used for GANSynth (Engel et al. 2019).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.cluster.vq
import scipy.linalg
import scipy.stats

Floats = npt.NDArray[np.float64]

BINS: Final = 50
SIGNIFICANCE: Final = 0.05
KERNEL_DEGREE: Final = 3


def inception_score(probabilities: Floats) -> float:
    """Exponential of the mean divergence of p(class | sound) from p(class), (sounds, classes)."""
    p = np.maximum(probabilities, 1e-12)
    marginal = p.mean(axis=0)
    return float(np.exp(np.mean(np.sum(p * (np.log(p) - np.log(marginal)), axis=1))))


def mean_entropy(probabilities: Floats) -> float:
    """Mean entropy in nats of p(class | sound), (sounds, classes)."""
    p = np.maximum(probabilities, 1e-12)
    return float(np.mean(-np.sum(p * np.log(p), axis=1)))


def frechet_distance(a: Floats, b: Floats) -> float:
    """Distance of the Gaussians that fit two sets of features, (sounds, features) each."""
    mean = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    eigenvalues = scipy.linalg.eigvals(np.atleast_2d(cov_a) @ np.atleast_2d(cov_b))
    root = float(np.sum(np.sqrt(np.maximum(eigenvalues.real, 0.0))))
    return float(mean @ mean + np.trace(np.atleast_2d(cov_a + cov_b)) - 2.0 * root)


def kernel_distance(a: Floats, b: Floats) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x.y / d + 1)^3."""

    def kernel(x: Floats, y: Floats) -> Floats:
        found: Floats = (x @ y.T / x.shape[1] + 1.0) ** KERNEL_DEGREE
        return found

    def within(x: Floats) -> float:
        own = kernel(x, x)
        return float((own.sum() - np.trace(own)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2.0 * float(kernel(a, b).mean())


@dataclass(frozen=True)
class Bins:
    """The cells of a k-means clustering of real sounds."""

    centres: Floats  # (bins, features)

    @staticmethod
    def fit(real: Floats, seed: int, bins: int = BINS) -> "Bins":
        """Cluster sounds, (sounds, features), into at most `bins` cells, none of them empty."""
        with np.errstate(all="ignore"):
            centres, labels = scipy.cluster.vq.kmeans2(
                real, min(bins, len(real)), minit="++", seed=seed, missing="warn"
            )
        return Bins(centres[np.unique(labels)])

    def counts(self, sounds: Floats) -> npt.NDArray[np.int64]:
        """How many of the sounds fall into each cell, (bins,)."""
        labels, _ = scipy.cluster.vq.vq(sounds, self.centres)
        return np.bincount(labels, minlength=len(self.centres))


def different_bins(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
    """Share of bins (NDB/k) whose proportions differ by a two-sided z-test at 0.05."""
    n_a, n_b = int(a.sum()), int(b.sum())
    pooled = (a + b) / (n_a + n_b)
    error = np.sqrt(np.maximum(pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b), 1e-12))
    z = np.abs(a / n_a - b / n_b) / error
    return float(np.mean(2.0 * scipy.stats.norm.sf(z) < SIGNIFICANCE))


def jensen_shannon(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
    """Divergence of two histograms in bits, 0 to 1."""
    p, q = a / a.sum(), b / b.sum()
    middle = 0.5 * (p + q)

    def divergence(x: Floats) -> float:
        there = x > 0.0
        return float(np.sum(x[there] * np.log2(x[there] / middle[there])))

    return 0.5 * divergence(p) + 0.5 * divergence(q)
