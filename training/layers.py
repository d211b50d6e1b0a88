"""The layers that the generator is made of; `neighbours` is also what the readers are made of.

Tensors are time-major, (batch, time, channels), so that every layer is a matrix product: a
convolution is a linear map of neighbouring steps laid side by side, a transposed convolution its
polyphase form. That runs faster than ``Conv1d`` on short pages, in PyTorch and in ONNX Runtime.
No layer pads: each output depends on its inputs alone, so pages meet without a seam.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rtsynth import contract as c
from training.features import COURSE_FEATURES, NOTE_FEATURES

PEAK_DB = 6.0
USED_CONTEXT_STEPS = 3  # two for the blocks, one for the transposed convolutions (U below)


def neighbours(x: Tensor, taps: int) -> Tensor:
    """Lay `taps` steps side by side: (batch, time, n) -> (batch, time - taps + 1, taps * n)."""
    if taps == 1:
        return x
    last = x.shape[1] - taps + 1
    return torch.cat([x[:, i : i + last] for i in range(taps)], -1)


class Bounded(torch.autograd.Function):
    """Clamp to the range of levels. Behind a bound only a gradient that leads back passes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Any shape, dB."""
        ctx.save_for_backward(x)
        return x.clamp(c.FLOOR_DB, PEAK_DB)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """A descent step goes against the gradient."""
        (x,) = ctx.saved_tensors
        stuck = ((x < c.FLOOR_DB) & (gradient > 0.0)) | ((x > PEAK_DB) & (gradient < 0.0))
        return gradient.masked_fill(stuck, 0.0)


def bounded(x: Tensor) -> Tensor:
    """Clamp levels as `Bounded` does; the shape stays."""
    held: Tensor = Bounded.apply(x)  # type: ignore[no-untyped-call]
    return held


class Rested(torch.autograd.Function):
    """Zero within `rest` of zero, nearer to zero by as much elsewhere; gradients pass as they are.

    Else a value that has come to rest could never leave.
    """

    @staticmethod
    def forward(_ctx: Any, x: Tensor, rest: float) -> Tensor:
        """Any shape."""
        return x - x.clamp(-rest, rest)

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """Straight through."""
        return gradient, None


def rested(x: Tensor, rest: float, training: bool) -> Tensor:
    """See `Rested`; out of training in operations that can be exported."""
    if not training:
        return x - x.clamp(-rest, rest)
    result: Tensor = Rested.apply(x, rest)  # type: ignore[no-untyped-call]
    return result


class Film(nn.Module):
    """Scale and shift of `width` channels by a condition."""

    def __init__(self, condition_width: int, width: int) -> None:
        super().__init__()
        self.map = nn.Linear(condition_width, 2 * width)
        nn.init.normal_(self.map.weight, std=0.3 / math.sqrt(condition_width))
        nn.init.zeros_(self.map.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """`condition` is as long as `x`, or one step long."""
        scale, shift = self.map(condition).chunk(2, -1)  # (batch, time, width) each
        shaped: Tensor = x * (1.0 + scale) + shift
        return shaped


class Block(nn.Module):
    """Residual convolution over `taps` steps with FiLM; shortens time by `taps - 1`."""

    def __init__(self, width: int, condition_width: int, taps: int) -> None:
        super().__init__()
        self.taps = taps
        self.norm = nn.LayerNorm(width)
        self.spread = nn.Linear(taps * width, width)
        self.film = Film(condition_width, width)
        self.gather = nn.Linear(width, width)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """`condition` is as long as the result."""
        h = self.spread(neighbours(self.norm(x), self.taps))  # (batch, time - taps + 1, width)
        h = self.gather(F.silu(self.film(h, condition)))
        edge = self.taps // 2
        kept: Tensor = x[:, edge : x.shape[1] - edge] + h
        return kept


class Up(nn.Module):
    """Transposed convolution, kernel 2 * factor, stride `factor`, cut to where it is complete.

    Between the middles of two neighbouring inputs lie `factor` outputs:
    (batch, time, n) -> (batch, (time - 1) * factor, width).
    """

    def __init__(self, size: int, width: int, factor: int) -> None:
        super().__init__()
        self.width = width
        self.factor = factor
        self.map = nn.Linear(2 * size, factor * width)

    def forward(self, x: Tensor) -> Tensor:
        """Two inputs at least."""
        y: Tensor = self.map(neighbours(x, 2))  # (batch, time - 1, factor * width)
        return y.reshape(y.shape[0], -1, self.width)


class Flicker(nn.Module):
    """Noise of about unit size at the frame rate, by linear maps alone.

    What is drawn anew with every step is coloured by transposed convolutions. What is slower, or
    holds for the whole take, goes in straight lines from step to step instead: through those, a
    constant would come out as a pattern that is the same in every step, a buzz at 23 Hz.
    (batch, U + steps + U, 16) -> (batch, steps * 8, FRAME_VALUES).
    """

    between: Tensor  # (frames of a step, 3): weights of the step before, this one, and the next

    def __init__(self, width: int) -> None:
        super().__init__()
        self.taps = 2 * USED_CONTEXT_STEPS - 1
        self.fast = c.STEP_NOISE_PERIODS.count(1)  # they come first
        self.mix = nn.Linear(self.taps * self.fast, width, bias=False)
        self.up_step = Up(width, width, 2)
        self.up_frame = Up(width, c.FRAME_VALUES, 4)
        self.slow = nn.Linear(c.STEP_NOISE_SIZE - self.fast, c.FRAME_VALUES, bias=False)
        for layer in (self.mix, self.up_step.map, self.up_frame.map, self.slow):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
        for up in (self.up_step, self.up_frame):
            nn.init.zeros_(up.map.bias)
        place = (torch.arange(c.FRAMES_PER_STEP) + 0.5) / c.FRAMES_PER_STEP - 0.5  # of a step
        weights = torch.stack([(-place).clamp(min=0.0), 1.0 - place.abs(), place.clamp(min=0.0)], 1)
        self.register_buffer("between", weights, persistent=False)

    def forward(self, noise: Tensor) -> Tensor:
        """See the class."""
        x = self.mix(neighbours(noise[:, :, : self.fast], self.taps))  # (batch, steps + 2, width)
        x = self.up_frame(self.up_step(x))  # (batch, 8 * steps + 4, FRAME_VALUES)
        edge = USED_CONTEXT_STEPS - 1
        near = neighbours(noise[:, edge : noise.shape[1] - edge, self.fast :], 3)
        near = near.reshape(near.shape[0], -1, 3, c.STEP_NOISE_SIZE - self.fast)
        lines = (self.between @ near).reshape(near.shape[0], -1, near.shape[-1])
        coloured: Tensor = x[:, 2 : x.shape[1] - 2] + self.slow(lines)
        return coloured


class Course(nn.Module):
    """How each level of a note runs on average: worked out once a note, whatever its length.

    A sum of fixed courses in time (steady, falling at six speeds, logarithmic), each level with
    its own weights: what a network at the frame rate would have to hold for every partial of every
    key is held here at no cost a frame.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.shapes = COURSE_FEATURES
        self.inner = nn.Sequential(
            nn.Linear(NOTE_FEATURES + c.LATENT_SIZE, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )
        self.weights = nn.Linear(width, (1 + len(self.shapes)) * c.FRAME_LEVELS)
        nn.init.zeros_(self.weights.weight)
        nn.init.zeros_(self.weights.bias)

    def forward(self, who: Tensor, when: Tensor) -> Tensor:
        """(batch, 35), (batch, frames, TIME_FEATURES) -> (batch, frames, FRAME_LEVELS) dB."""
        weights = 20.0 * self.weights(self.inner(who))
        steady, moving = weights.split([c.FRAME_LEVELS, len(self.shapes) * c.FRAME_LEVELS], -1)
        moving = moving.reshape(-1, len(self.shapes), c.FRAME_LEVELS)  # (batch, shapes, 160)
        shapes = when[:, :, self.shapes[0] : self.shapes[-1] + 1]  # (batch, frames, shapes)
        course: Tensor = steady.unsqueeze(1) + shapes @ moving
        return course
