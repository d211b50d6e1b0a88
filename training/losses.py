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
    texture: Tensor


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


def spectral_terms(made: Tensor, real: Tensor, step: Tensor, config: Config) -> SpectralTerms:
    """Compare crops (batch, time, 160) that start at `step` (batch,)."""
    cut = c.PARTIALS
    weight = audibility(torch.maximum(real, made.detach()))  # (batch, time, 160)
    error = (made - real).abs()
    slow_made, slow_real, slow_weight = smoothed(made), smoothed(real), smoothed(weight)
    slow_error = (slow_made - slow_real).abs()
    share = config.smoothed_share
    partials = (1.0 - share) * _mean(error[..., :cut], weight[..., :cut])
    partials = partials + share * _mean(slow_error[..., :cut], slow_weight[..., :cut])
    frame = step.unsqueeze(-1) * c.FRAMES_PER_STEP + torch.arange(real.shape[1], device=real.device)
    onset = 0.1 + (frame < ONSET_FRAMES).to(real.dtype).unsqueeze(-1)  # (batch, time, 1)
    bands = _mean(slow_error[..., cut:], slow_weight[..., cut:])
    bands = bands + 0.5 * _mean(error[..., cut:], weight[..., cut:] * onset)
    turn = (slow_made.diff(dim=1) - slow_real.diff(dim=1)).abs()
    delta = _mean(turn, slow_weight[:, 1:])
    return SpectralTerms(partials, bands, delta, _texture(made, real, weight))


def _texture(made: Tensor, real: Tensor, weight: Tensor) -> Tensor:
    """How much a value flickers from frame to frame, compared by the crop's mean."""
    flicker = made.diff(dim=1).abs().mean(1) - real.diff(dim=1).abs().mean(1)  # (batch, 160)
    return _mean(flicker.abs(), weight.mean(1))


def spectral_loss(terms: SpectralTerms, config: Config) -> Tensor:
    """The weighted sum that `spectral_weight` (lambda) multiplies, in dB."""
    bands = config.noise_band_weight * terms.noise_bands
    lively = config.delta_weight * terms.delta + config.texture_weight * terms.texture
    return terms.partials + bands + lively


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
