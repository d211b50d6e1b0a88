"""What the generator is asked for: the right levels, the right liveliness, and to be believed.

Errors are in dB. Where the ear cannot tell, the weight is small.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from rtsynth import contract as c
from training.config import Config

AUDIBLE_RANGE_DB = 80.0
ONSET_FRAMES = 16  # here a noise band's course is the attack itself, not chance
SMOOTH_FRAMES = 8


class SpectralTerms(NamedTuple):
    """The parts of the spectral loss, each a scalar in dB."""

    partials: Tensor
    noise_bands: Tensor
    delta: Tensor


def audibility(level_db: Tensor) -> Tensor:
    """Weights of levels (batch, time, values), 0..1: by their level and that beside the frame's.

    The first half looks at the level relative to the note's loudest frame, the second at the
    frame's own loudest value, so that the tail of a decaying note counts too.
    """
    absolute = ((level_db + AUDIBLE_RANGE_DB) / AUDIBLE_RANGE_DB).clamp(0.0, 1.0)
    top = level_db.amax(-1, keepdim=True)  # (batch, time, 1)
    loud = ((top + 70.0) / 50.0).clamp(0.0, 1.0)
    relative = ((level_db - top + 60.0) / 60.0).clamp(0.0, 1.0) * loud
    return 0.03 + absolute.square() + relative.square()


def smoothed(frames: Tensor) -> Tensor:
    """Mean over `SMOOTH_FRAMES`, half overlapping: (batch, time, n) -> (batch, fewer, n)."""
    turned = frames.transpose(1, 2)
    return F.avg_pool1d(turned, SMOOTH_FRAMES, SMOOTH_FRAMES // 2).transpose(1, 2)


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    return (error * weight).sum() / weight.sum()


def spectral_terms(
    made: Tensor, twin: Tensor, real: Tensor, step: Tensor, config: Config
) -> SpectralTerms:
    """Compare crops (batch, time, 160) that start at `step` (batch,).

    The first ``len(twin)`` rows lie behind the onset. `twin` holds the same crops as they, made
    with other noise: there, chance is compared as chance.
    """
    cut, later = c.PARTIALS, len(twin)
    weight = audibility(torch.maximum(real, made.detach()))  # (batch, time, 160)
    part = later / len(made)
    partials, bands, delta = made.new_zeros(3).unbind()
    if later > 0:
        error = _lively_error(made[:later], twin, real[:later], config)
        partials = part * _mean(error[..., :cut], weight[:later, :, :cut])
        bands = part * _mean(error[..., cut:], weight[:later, :, cut:])
    if later < len(made):
        onset = _onset_terms(made[later:], real[later:], weight[later:], step[later:], config)
        partials = partials + (1.0 - part) * onset.partials
        bands = bands + (1.0 - part) * onset.noise_bands
        delta = (1.0 - part) * onset.delta
    return SpectralTerms(partials, bands, delta)


def _onset_terms(
    made: Tensor, real: Tensor, weight: Tensor, step: Tensor, config: Config
) -> SpectralTerms:
    """Attacks are the same each time: compared as they are, and after smoothing."""
    cut = c.PARTIALS
    error = (made - real).abs()
    slow_made, slow_real, slow_weight = smoothed(made), smoothed(real), smoothed(weight)
    slow_error = (slow_made - slow_real).abs()
    share = config.smoothed_share
    partials = (1.0 - share) * _mean(error[..., :cut], weight[..., :cut])
    partials = partials + share * _mean(slow_error[..., :cut], slow_weight[..., :cut])
    frame = step.unsqueeze(-1) * c.FRAMES_PER_STEP + torch.arange(real.shape[1], device=real.device)
    onset = 0.1 + (frame < ONSET_FRAMES).to(real.dtype).unsqueeze(-1)  # (rows, time, 1)
    bands = _mean(slow_error[..., cut:], slow_weight[..., cut:])
    bands = bands + 0.5 * _mean(error[..., cut:], weight[..., cut:] * onset)
    turn = (slow_made.diff(dim=1) - slow_real.diff(dim=1)).abs()
    return SpectralTerms(partials, bands, _mean(turn, slow_weight[:, 1:]))


def _lively_error(made: Tensor, twin: Tensor, real: Tensor, config: Config) -> Tensor:
    """Error of each crop's trend, and energy score of what moves around it: (rows, time, 160).

    The energy score (Gneiting and Raftery 2007) asks for the right amount of chance: half of the
    distance between two made crops is taken off their distance from the real one. A fixed pattern
    that repeats gains nothing by it.
    """
    away, other, goal = made - trend(made), twin - trend(twin), real - trend(real)
    error = 0.5 * (trend(made - real).abs() + trend(twin - real).abs())
    reward = 0.5 * config.spread_reward
    for smooth in (False, True):
        x, y, z = (block_means(v) if smooth else v for v in (away, other, goal))
        score = 0.5 * ((x - z).abs() + (y - z).abs()) - reward * (x - y).abs()
        error = error + config.lively_weight * 0.5 * score
    # what the twins' patterns have in common is no chance; chance cancels out on average
    shared = block_pattern(away) * block_pattern(other)  # dB^2
    total: Tensor = error + config.comb_weight * shared / (1.0 + shared.detach().abs()).sqrt()
    return total


def trend(frames: Tensor) -> Tensor:
    """The straight line in time through each value: (rows, time, n) -> the same shape."""
    ramp = torch.linspace(-1.0, 1.0, frames.shape[1], device=frames.device)
    ramp = (ramp / ramp.norm()).unsqueeze(-1)  # (time, 1)
    slope = (frames * ramp).sum(1, keepdim=True)  # (rows, 1, n)
    line: Tensor = frames.mean(1, keepdim=True) + slope * ramp
    return line


def block_means(frames: Tensor) -> Tensor:
    """Mean over blocks of `SMOOTH_FRAMES`, at every frame of the block; the shape stays."""
    rows, _, size = frames.shape
    blocks = frames.reshape(rows, -1, SMOOTH_FRAMES, size).mean(2)  # (rows, time / 8, n)
    return blocks.repeat_interleave(SMOOTH_FRAMES, 1)


def block_pattern(frames: Tensor) -> Tensor:
    """What is the same in every step's frames, at every frame; the shape stays."""
    rows, _, size = frames.shape
    blocks = frames.reshape(rows, -1, c.FRAMES_PER_STEP, size).mean(1)  # (rows, 8, n)
    return blocks.repeat(1, frames.shape[1] // c.FRAMES_PER_STEP, 1)


def spectral_loss(terms: SpectralTerms, config: Config) -> Tensor:
    """The weighted sum that `spectral_weight` (lambda) multiplies, in dB."""
    bands = config.noise_band_weight * terms.noise_bands
    return terms.partials + bands + config.delta_weight * terms.delta


def note_loss(made: Tensor, real: Tensor) -> Tensor:
    """Error of the note values (batch, 4): two slopes by their ratio, a gain in 10 dB."""
    inharmonicity = (made[:, 0] - real[:, 0]).abs()
    gain = F.smooth_l1_loss(made[:, 1] / 10.0, real[:, 1] / 10.0, beta=0.05)
    tail = _slope_error(made[:, 2], real[:, 2], 0.2)
    release = _slope_error(made[:, 3], real[:, 3], 5.0)
    return 0.3 * inharmonicity.mean() + gain + 0.3 * tail + 0.3 * release


def _slope_error(made: Tensor, real: Tensor, soft: float) -> Tensor:
    a = torch.log(soft - made.clamp(max=0.0))
    b = torch.log(soft - real.clamp(max=0.0))
    return F.smooth_l1_loss(a, b, beta=0.1)


def latent_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of the encoder's Gaussian to the standard one, a value per latent dimension."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()


def believed(score_made: Tensor, score_real: Tensor) -> Tensor:
    """The generator's side of the relativistic min-max game (Jolicoeur-Martineau 2018)."""
    return F.softplus(score_real - score_made).mean()


def told_apart(score_made: Tensor, score_real: Tensor) -> Tensor:
    """The discriminators' side of the same game."""
    return F.softplus(score_made - score_real).mean()


def gradient_penalty(score: Tensor, frames: Tensor) -> Tensor:
    """Squared gradient of the scores at `frames`, per crop: R1 on real ones, R2 on made ones."""
    (slope,) = torch.autograd.grad(score.sum(), frames, create_graph=True)
    return slope.square().sum((1, 2)).mean() * 400.0  # dB to the discriminators' 20 dB units
