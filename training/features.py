"""Describe times, notes and partials to the networks as smooth numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rtsynth import contract as c

TIME_SATURATES_S = 8.0  # beyond this a held note is stationary and a decaying one falls evenly
ENVELOPE_LOW_HZ = 20.0
ENVELOPE_OCTAVES = math.log2(c.NOISE_TOP_HZ / ENVELOPE_LOW_HZ)
TIME_HARMONICS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
TIME_DECAYS_S = (0.006, 0.02, 0.06, 0.2, 0.8, 3.0)
TIME_FEATURES = 2 * len(TIME_HARMONICS) + len(TIME_DECAYS_S) + 2
SWING_ROUND_FRAMES = (c.TAKE_PAGES - c.LOOP_FIRST_PAGE) * c.PAGE_FRAMES  # a held note goes round
SWING_TURNS = (5, 11, 16, 22, 25, 27, 30, 33, 35, 38)  # in a round: 0.9..7 Hz, vibrato and beats
SWING_FEATURES = 2 * len(SWING_TURNS)
COURSE_FEATURES = tuple(range(2 * len(TIME_HARMONICS), TIME_FEATURES - 1))  # decays, logarithm
PITCH_HARMONICS = (1.0, 2.0, 4.0, 8.0, 16.0, 28.0)  # half periods over the 87 keys
VELOCITY_HARMONICS = (1.0, 2.0)
PARTIAL_OCTAVES = tuple(math.log2(k) for k in range(1, c.PARTIALS + 1))
NOTE_FEATURES = 2 * len(PITCH_HARMONICS) + 2 * len(VELOCITY_HARMONICS) + 3


def time_features(time_s: Tensor) -> Tensor:
    """Smooth features of the time since the onset; (...,) -> (..., TIME_FEATURES)."""
    before = (time_s < 0.0).to(time_s.dtype)
    t = time_s.clamp(0.0, TIME_SATURATES_S).unsqueeze(-1)  # (..., 1)
    u = torch.log(1.0 + t * 100.0) / math.log1p(TIME_SATURATES_S * 100.0)  # (..., 1), 0..1
    angle = u * (math.pi * t.new_tensor(TIME_HARMONICS))  # (..., 8)
    decay = torch.exp(t * (-1.0 / t.new_tensor(TIME_DECAYS_S)))  # (..., 6)
    return torch.cat([angle.sin(), angle.cos(), decay, u, before.unsqueeze(-1)], -1)


def time_table() -> Tensor:
    """Time features of each frame from -1 (any before the onset) on: (frames, TIME_FEATURES).

    A table, because PyTorch and ONNX Runtime round a logarithm's sine differently.
    """
    last = math.ceil(TIME_SATURATES_S * c.FRAME_RATE_HZ)
    index = torch.arange(-1, last + 1, dtype=torch.float64)
    return time_features(index * c.HOP_S).to(torch.float32)


def swing_table() -> Tensor:
    """Cosines, then sines, of the swings at each frame of a round: (frames, SWING_FEATURES)."""
    index = torch.arange(SWING_ROUND_FRAMES, dtype=torch.float64).unsqueeze(-1)
    angle = index * torch.tensor(SWING_TURNS) * (2.0 * math.pi / SWING_ROUND_FRAMES)
    return torch.cat([angle.cos(), angle.sin()], -1).to(torch.float32)


def note_features(key: Tensor, velocity: Tensor) -> Tensor:
    """Smooth features of pitch and velocity; (batch,), (batch,) -> (batch, NOTE_FEATURES)."""
    p = ((key - c.KEY_LOW) / (c.KEY_HIGH - c.KEY_LOW)).unsqueeze(-1)  # (batch, 1)
    v = (velocity / 127.0).unsqueeze(-1)  # (batch, 1)
    pitch = p * (math.pi * p.new_tensor(PITCH_HARMONICS))
    loud = v * (math.pi * v.new_tensor(VELOCITY_HARMONICS))
    waves = [pitch.sin(), pitch.cos(), loud.sin(), loud.cos()]
    return torch.cat([*waves, 2.0 * p - 1.0, 2.0 * v - 1.0, v * v], -1)


def partial_places(key: Tensor, points: int) -> tuple[Tensor, Tensor]:
    """Where a note's partials lie on the envelope's log-frequency grid.

    Returns:
        Triangular weights (batch, points, PARTIALS), and 1 for each partial below
        ``NOISE_TOP_HZ``, else 0: (batch, 1, PARTIALS).
    """
    above = key.new_tensor(
        PARTIAL_OCTAVES
    )  # constants: a logarithm is not rounded everywhere alike
    octaves = (key.unsqueeze(-1) - 69.0) / 12.0 + math.log2(440.0 / ENVELOPE_LOW_HZ)
    octaves = octaves + above  # (batch, PARTIALS) above ENVELOPE_LOW_HZ
    place = octaves.clamp(0.0, ENVELOPE_OCTAVES) * ((points - 1) / ENVELOPE_OCTAVES)
    grid = torch.arange(points, device=key.device, dtype=key.dtype).unsqueeze(-1)
    weights = (1.0 - (place.unsqueeze(1) - grid).abs()).clamp(min=0.0)
    return weights, (octaves < ENVELOPE_OCTAVES).to(key.dtype).unsqueeze(1)
