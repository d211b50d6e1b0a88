"""What the generator is asked for: the right levels, the right liveliness, and to be believed.

Errors are in dB. Where the ear cannot tell, the weight is small.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from rtsynth import contract as c
from training.config import Config
from training.readers import UNIT

AUDIBLE_RANGE_DB = 80.0
ONSET_FRAMES = 16  # here a noise band's course is the attack itself, not chance
SMOOTH_FRAMES = 8
LIVELY_FRAMES = (1, 8, 32)  # movement is compared frame by frame, and as means over so many
PITCH_HEARD_DB = 60.0  # below a note's loudest frame: from here its pitch counts


class SpectralTerms(NamedTuple):
    """The parts of the spectral loss, each a scalar in dB, the pitch in cents."""

    partials: Tensor
    noise_bands: Tensor
    delta: Tensor
    pitch: Tensor


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


def pitch_weight(level_db: Tensor) -> Tensor:
    """How well the pitch of frames (batch, time, 161) can be heard, 0..1: (batch, time, 1)."""
    top = level_db[..., : c.PARTIALS].amax(-1, keepdim=True)
    return ((top + PITCH_HEARD_DB) / PITCH_HEARD_DB).clamp(0.0, 1.0).square()


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    return (error * weight).sum() / weight.sum().clamp(min=1.0)


def spectral_terms(
    made: Tensor, twin: Tensor, real: Tensor, step: Tensor, config: Config
) -> SpectralTerms:
    """Compare crops (batch, time, 161) that start at `step` (batch,).

    The first ``len(twin)`` rows lie behind the onset. `twin` holds the same crops as they, made
    with other noise: there, chance is compared as chance.
    """
    later = len(twin)
    louder = torch.maximum(real, made.detach())[..., : c.FRAME_LEVELS]
    weight = torch.cat([audibility(louder), pitch_weight(real)], -1)  # (batch, time, 161)
    part = later / len(made)
    terms = made.new_zeros(len(SpectralTerms._fields))
    if later > 0:
        error = _lively_error(made[:later], twin, real[:later], config)
        terms = part * _by_kind(error, weight[:later])
    if later < len(made):
        onset = _onset_terms(made[later:], real[later:], weight[later:], step[later:], config)
        terms = terms + (1.0 - part) * onset
    return SpectralTerms(*terms.unbind())


def _by_kind(error: Tensor, weight: Tensor) -> Tensor:
    """Weighted means in the order of `SpectralTerms`."""
    bounds = (0, c.PARTIALS, c.FRAME_LEVELS, c.FRAME_VALUES)
    parts = [slice(*pair) for pair in itertools.pairwise(bounds)]
    partials, bands, pitch = (_mean(error[..., p], weight[..., p]) for p in parts)
    return torch.stack([partials, bands, torch.zeros_like(bands), pitch])


def _onset_terms(
    made: Tensor, real: Tensor, weight: Tensor, step: Tensor, config: Config
) -> Tensor:
    """Attacks are the same each time: compared as they are, and after smoothing."""
    levels = c.FRAME_LEVELS
    error = (made - real).abs()
    slow_made, slow_real, slow_weight = smoothed(made), smoothed(real), smoothed(weight)
    slow = _by_kind((slow_made - slow_real).abs(), slow_weight)
    frame = step.unsqueeze(-1) * c.FRAMES_PER_STEP + torch.arange(real.shape[1], device=real.device)
    onset = 0.1 + (frame < ONSET_FRAMES).to(real.dtype).unsqueeze(-1)  # (rows, time, 1)
    fine = _by_kind(error, weight)
    bands = slice(c.PARTIALS, levels)
    chance = 0.5 * _mean(error[..., bands], weight[..., bands] * onset)
    turn = (slow_made.diff(dim=1) - slow_real.diff(dim=1)).abs()[..., :levels]
    delta = _mean(turn, slow_weight[:, 1:, :levels])
    share = config.smoothed_share
    return torch.stack(
        [(1.0 - share) * fine[0] + share * slow[0], slow[1] + chance, delta, fine[3]]
    )


def _lively_error(made: Tensor, twin: Tensor, real: Tensor, config: Config) -> Tensor:
    """Energy scores of each crop's trend and of what moves around it: (rows, time, 161).

    The energy score (Gneiting and Raftery 2007) asks for the right amount of chance: half of the
    distance between two made crops is taken off their distance from the real one. A fixed pattern
    that repeats gains nothing by it.
    """
    line, other_line, goal_line = trend(made), trend(twin), trend(real)
    error = _energy_score(line, other_line, goal_line, config.trend_reward)
    move, other, goal = made - line, twin - other_line, real - goal_line
    share = config.lively_weight / len(LIVELY_FRAMES)
    for count in LIVELY_FRAMES:
        x, y, z = (block_means(frames, count) for frames in (move, other, goal))
        error = error + share * _energy_score(x, y, z, config.spread_reward)
    # what the twins' patterns have in common is no chance; chance cancels out on average
    shared = block_pattern(move) * block_pattern(other)  # dB^2
    total: Tensor = error + config.comb_weight * shared / (1.0 + shared.detach().abs()).sqrt()
    return total


def _energy_score(one: Tensor, other: Tensor, real: Tensor, reward: float) -> Tensor:
    away = 0.5 * ((one - real).abs() + (other - real).abs())
    return away - 0.5 * reward * (one - other).abs()


def trend(frames: Tensor) -> Tensor:
    """The straight line in time through each value: (rows, time, n) -> the same shape."""
    ramp = torch.linspace(-1.0, 1.0, frames.shape[1], device=frames.device)
    ramp = (ramp / ramp.norm()).unsqueeze(-1)  # (time, 1)
    slope = (frames * ramp).sum(1, keepdim=True)  # (rows, 1, n)
    line: Tensor = frames.mean(1, keepdim=True) + slope * ramp
    return line


def block_means(frames: Tensor, count: int) -> Tensor:
    """Mean over blocks of `count` frames, at every frame of the block; the shape stays."""
    if count == 1:
        return frames
    rows, _, size = frames.shape
    blocks = frames.reshape(rows, -1, count, size).mean(2)  # (rows, time / count, n)
    return blocks.repeat_interleave(count, 1)


def block_pattern(frames: Tensor) -> Tensor:
    """What is the same in every step's frames, at every frame; the shape stays."""
    rows, _, size = frames.shape
    blocks = frames.reshape(rows, -1, c.FRAMES_PER_STEP, size).mean(1)  # (rows, 8, n)
    return blocks.repeat(1, frames.shape[1] // c.FRAMES_PER_STEP, 1)


def spectral_loss(terms: SpectralTerms, config: Config) -> Tensor:
    """The weighted sum that `spectral_weight` (lambda) multiplies, in dB."""
    loss = terms.partials + config.noise_band_weight * terms.noise_bands
    return loss + config.delta_weight * terms.delta + config.pitch_weight * terms.pitch


def note_loss(made: Tensor, real: Tensor, frames: Tensor, config: Config) -> Tensor:
    """Error of the note values (batch, NOTE_VALUES): slopes by their ratio, a gain in 10 dB.

    `frames` (batch, time, 161) is the real crop: where partials cannot be heard, no one knows
    where they lie.
    """
    mean_db = frames[..., : c.DETUNED_PARTIALS].mean(1)  # (batch, 32)
    heard = ((mean_db + PITCH_HEARD_DB) / PITCH_HEARD_DB).clamp(0.0, 1.0).square()
    inharmonicity = _mean((made[:, 0] - real[:, 0]).abs(), heard.amax(-1))
    gain = F.smooth_l1_loss(made[:, 1] / 10.0, real[:, 1] / 10.0, beta=0.05)
    tail = _slope_error(made[:, 2], real[:, 2], 0.2)
    release = _slope_error(made[:, 3], real[:, 3], 5.0)
    width = (made[:, 4] - real[:, 4]).abs().mean()
    cents = (made[:, c.NOTE_DETUNE :] - real[:, c.NOTE_DETUNE :]).abs()
    detune = config.detune_weight * _mean(cents, heard)
    return 0.3 * inharmonicity + gain + 0.3 * tail + 0.3 * release + width + detune


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


def feature_distance(made: list[Tensor], real: list[Tensor]) -> Tensor:
    """Feature matching: mean distance of what the discriminators' layers see of the two."""
    return torch.stack([(a - b).abs().mean() for a, b in zip(made, real, strict=True)]).mean()


def gradient_penalty(score: Tensor, frames: Tensor) -> Tensor:
    """Squared gradient of the scores at `frames`, per crop: R1 on real ones, R2 on made ones."""
    (slope,) = torch.autograd.grad(score.sum(), frames, create_graph=True)
    return slope.square().sum((1, 2)).mean() * UNIT**2  # in the discriminators' units
