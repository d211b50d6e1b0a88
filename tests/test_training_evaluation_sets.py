"""Distances of sets, on sets whose distance is known; the classifier on sounds it can tell."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("librosa")

from training.evaluation import classifier, logmel, sets  # noqa: E402
from training.evaluation import distributions as d  # noqa: E402
from training.evaluation.spectra import SAMPLE_RATE  # noqa: E402

Floats = npt.NDArray[np.float64]
torch.set_num_threads(1)


def gaussian(count: int, size: int, mean: float = 0.0, scale: float = 1.0, seed: int = 0) -> Floats:
    return mean + scale * np.random.default_rng(seed).standard_normal((count, size))


def test_the_frechet_distance_of_two_gaussians() -> None:
    a, b = gaussian(40_000, 3), gaussian(40_000, 3, mean=2.0, scale=3.0, seed=1)
    known = 3 * 2.0**2 + 3 * (3.0 - 1.0) ** 2  # means, then standard deviations
    assert d.frechet_distance(a, b) == pytest.approx(known, rel=0.02)
    assert d.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def test_the_kernel_distance_is_unbiased_and_sees_a_shift() -> None:
    same = [
        d.kernel_distance(gaussian(200, 8, seed=2 * i), gaussian(200, 8, seed=2 * i + 1))
        for i in range(20)
    ]
    assert abs(np.mean(same)) < 0.02
    assert d.kernel_distance(gaussian(200, 8), gaussian(200, 8, mean=1.0, seed=1)) > 1.0


def test_inception_score_and_entropy_of_sure_and_of_clueless_answers() -> None:
    sure = np.eye(10)[np.arange(100) % 10]
    clueless = np.full((100, 10), 0.1)
    assert d.inception_score(sure) == pytest.approx(10.0, rel=1e-6)
    assert d.inception_score(clueless) == pytest.approx(1.0)
    assert d.inception_score(np.eye(10)[np.zeros(50, int)]) == pytest.approx(1.0)  # collapsed
    assert d.mean_entropy(sure) == pytest.approx(0.0, abs=1e-6)
    assert d.mean_entropy(clueless) == pytest.approx(np.log(10.0))


def test_bins_of_equal_and_of_collapsed_sets() -> None:
    real = np.concatenate([gaussian(40, 2, mean=10.0 * i, seed=i) for i in range(10)])
    bins = d.Bins.fit(real, seed=0, bins=10)
    counts = bins.counts(real)
    assert counts.sum() == len(real)
    assert d.different_bins(counts, counts) == 0.0
    assert d.jensen_shannon(counts, counts) == pytest.approx(0.0)
    again = np.concatenate([gaussian(40, 2, mean=10.0 * i, seed=50 + i) for i in range(10)])
    assert d.different_bins(counts, bins.counts(again)) <= 0.1
    half = bins.counts(real[:200])  # five of the ten modes are lost
    assert d.different_bins(counts, half) >= 0.5
    assert d.jensen_shannon(counts, half) > 0.2


def test_bins_that_share_nothing() -> None:
    a, b = np.array([100, 0]), np.array([0, 100])
    assert d.different_bins(a, b) == 1.0
    assert d.jensen_shannon(a, b) == pytest.approx(1.0)


def test_the_z_test_is_the_one_of_two_proportions() -> None:
    # 60 of 100 against 45 of 100: z = 2.124, p = 0.034; against 50: z = 1.421, p = 0.155
    assert d.different_bins(np.array([60, 40]), np.array([45, 55])) == 1.0
    assert d.different_bins(np.array([60, 40]), np.array([50, 50])) == 0.0


def tone(key: int, bright: bool) -> npt.NDArray[np.float32]:
    t = np.arange(round(0.5 * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 440.0 * 2.0 ** ((key - 69) / 12.0)
    partials = range(1, 12 if bright else 3)
    audio = sum(np.sin(2.0 * np.pi * k * hz * t) / k for k in partials)
    return np.asarray(audio, np.float32)[:, None]


@pytest.fixture(scope="module")
def lessons() -> tuple[logmel.Half, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    keys = np.repeat(np.arange(57, 69), 2)
    bright = np.arange(len(keys)) % 2
    mels = np.stack([logmel.log_mel(tone(k, bool(b))) for k, b in zip(keys, bright, strict=True)])
    return mels, keys, bright


@pytest.fixture(scope="module")
def taught(
    lessons: tuple[logmel.Half, npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> classifier.Classifier:
    recipe = classifier.Recipe(("dull", "bright"), "none", len(lessons[1]), 1, 80, batch=24)
    return classifier.train(recipe, *lessons)


def test_a_log_mel_is_between_0_and_1_and_knows_no_level() -> None:
    mel, quiet = logmel.log_mel(tone(60, True)), logmel.log_mel(0.01 * tone(60, True))
    assert mel.shape == (2, logmel.FRAMES, logmel.BANDS)
    assert mel.min() >= 0.0
    assert mel.max() == 1.0
    assert np.allclose(mel, quiet, atol=2e-3)
    assert mel[:, -1].max() == 0.0  # the tone is over


def test_the_classifier_learns_and_is_kept(
    taught: classifier.Classifier,
    lessons: tuple[logmel.Half, npt.NDArray[np.int64], npt.NDArray[np.int64]],
    tmp_path: Path,
) -> None:
    mels, keys, timbres = lessons
    scores = sets.heard_scores(taught.hear(mels), keys, timbres)
    assert scores["pitch_accuracy"] > 90.0
    assert scores["timbre_accuracy"] > 90.0
    assert scores["inception"] > 4.0
    taught.save(tmp_path)
    again = classifier.load(tmp_path, taught.recipe)
    assert again is not None
    assert np.allclose(again.hear(mels).features, taught.hear(mels).features)
    other = classifier.Recipe(("dull", "bright"), "none", 24, 2, 80, batch=24)
    assert classifier.load(tmp_path, other) is None


def test_a_set_that_is_the_real_one_is_as_far_as_real_from_real(
    taught: classifier.Classifier,
    lessons: tuple[logmel.Half, npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> None:
    mels, keys, timbres = lessons
    given = {"real": mels, "twin": mels, "one note": np.repeat(mels[:1], len(mels), 0)}
    found, heard = sets.everything(taught, given, keys, timbres, "real", 1)
    assert found["twin"] == found["real"]
    assert set(heard) == set(given)
    for name in ("ndb", "jsd"):
        assert found["one note"][name] > found["real"][name]
    assert found["one note"]["inception"] == pytest.approx(1.0, abs=1e-3)


def test_halves_have_no_note_in_common() -> None:
    for a, b in sets.halves(31, 1):
        assert not set(a) & set(b)
        assert len(a) + len(b) == 31
