"""The generator: what an instrument file holds."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rtsynth import contract as c
from training.config import Config
from training.features import (
    NOTE_FEATURES,
    SWING_FEATURES,
    TIME_FEATURES,
    TIME_SATURATES_S,
    note_features,
    partial_places,
    swing_table,
    time_table,
)
from training.layers import (
    PEAK_DB,
    USED_CONTEXT_STEPS,
    Block,
    Course,
    Film,
    Flicker,
    Up,
    bounded,
    rested,
)

PITCH_REST_CENTS = 0.5  # smaller deviations are none: most instruments hold their pitch
DETUNE_REST_CENTS = 2.0  # smaller detunes are none: harmonic sounds stay harmonic
BLOCK_TAPS = (3, 1, 3, 1)  # steps that each residual block looks at


class Generator(nn.Module):
    """(key, velocity, latent, step, noise) -> (frames, note), as ``contract.py`` has them."""

    times: Tensor
    swings: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        wide, middle, frame = config.width, config.middle_width, config.frame_width
        cond, once = config.condition_width, config.note_width
        self.points = config.envelope_points
        self.register_buffer("times", time_table(), persistent=False)
        self.register_buffer("swings", swing_table(), persistent=False)
        self.note_in = nn.Linear(NOTE_FEATURES + c.LATENT_SIZE, once)
        self.note_mid = nn.Linear(once, once)
        self.note_out = nn.Linear(once, cond)
        self.note_levels = nn.Linear(once, c.FRAME_LEVELS)  # what is the same in all frames
        self.note_values = nn.Linear(once, c.NOTE_VALUES)
        self.course = Course(config.course_width)
        self.step_in = nn.Linear(TIME_FEATURES, cond)
        self.step_mid = nn.Linear(cond, cond)
        self.x_in = nn.Linear(cond + c.STEP_NOISE_SIZE, wide)
        self.stack = nn.ModuleList([Block(wide, cond, taps) for taps in BLOCK_TAPS])
        self.up_step = Up(wide, middle, 2)
        self.up_frame = Up(middle, frame, 4)
        self.frame_film = Film(cond, frame)
        self.frame_time = nn.Linear(TIME_FEATURES + SWING_FEATURES, frame)
        self.frame_norm = nn.LayerNorm(frame)
        self.frame_mid = nn.Linear(frame, frame)
        self.head = nn.Linear(frame, c.FRAME_VALUES + self.points)
        self.flicker = Flicker(config.flicker_width)
        self.flicker_size = nn.Linear(frame, c.FRAME_VALUES)
        nn.init.constant_(self.flicker_size.bias, -1.0)

    def forward(
        self, key: Tensor, velocity: Tensor, latent: Tensor, step: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Shapes of inputs and outputs as in ``contract.py``; `noise` sets the number of steps."""
        who = torch.cat([note_features(key, velocity), latent], -1)  # (batch, 35)
        with torch.autocast(who.device.type, enabled=False):
            known = F.silu(self.note_mid(F.silu(self.note_in(who))))  # (batch, once)
            note = self._note(self.note_values(known))
        about = self.note_out(known)  # (batch, cond)
        spare = c.CONTEXT_STEPS - USED_CONTEXT_STEPS
        noise = noise[:, spare : noise.shape[1] - spare]  # (batch, U + steps + U, 16)
        x = self._coarse(about, step, noise)  # (batch, 1 + steps + 1, wide)
        x = F.silu(self.up_step(x))  # (batch, 2 * steps + 2, middle)
        x = self.up_frame(x)  # (batch, 8 * steps + 4, frame)
        x = x[:, 2 : x.shape[1] - 2]  # (batch, frames, frame)
        index = torch.arange(x.shape[1], device=x.device).to(step.dtype)
        at = step.unsqueeze(-1) * c.FRAMES_PER_STEP + index  # (batch, frames) since the onset
        x = self._frame_features(x, about, at, noise[:, :1])
        with torch.autocast(x.device.type, enabled=False):  # levels need more than bfloat16 holds
            course = self.course(who, self._when(at))  # (batch, frames, 160)
            return self._frames(x.float(), known.float(), course, key, at, noise, note), note

    def _frames(
        self,
        x: Tensor,
        known: Tensor,
        course: Tensor,
        key: Tensor,
        at: Tensor,
        noise: Tensor,
        note: Tensor,
    ) -> Tensor:
        """Frames from the features of each frame, and of the note."""
        # softplus, of operations that ONNX Runtime does fast
        size = torch.log(torch.sigmoid(-self.flicker_size(x))) * -4.0  # dB; the last one cents
        moved = size * self.flicker(noise)  # (batch, frames, 161)
        whole, envelope = self.head(x).split([c.FRAME_VALUES, self.points], -1)
        levels = whole[:, :, : c.FRAME_LEVELS] + self.note_levels(known).unsqueeze(1)
        levels = levels * 20.0 - 50.0 + course + moved[:, :, : c.FRAME_LEVELS]
        levels = self._levels(levels, envelope * 20.0, key, at, note[:, 2:3])
        pitch = self._pitch(20.0 * whole[:, :, c.FRAME_PITCH :] + moved[:, :, c.FRAME_PITCH :])
        return torch.cat([levels, pitch], -1)

    def _coarse(self, about: Tensor, step: Tensor, noise: Tensor) -> Tensor:
        index = torch.arange(noise.shape[1], device=noise.device).to(step.dtype)
        steps = step.unsqueeze(-1) + (index - USED_CONTEXT_STEPS)  # (batch, U + steps + U)
        when = self._when((steps + 0.5) * c.FRAMES_PER_STEP)  # (batch, U + steps + U, 24)
        condition = F.silu(about.unsqueeze(1) + self.step_in(when))
        condition = F.silu(self.step_mid(condition))  # (batch, U + steps + U, cond)
        x: Tensor = self.x_in(torch.cat([condition, noise], -1))  # (batch, U + steps + U, wide)
        cut = 0
        for block, taps in zip(self.stack, BLOCK_TAPS, strict=True):
            cut += taps // 2
            x = block(x, condition[:, cut : condition.shape[1] - cut])
        return x

    def _frame_features(self, x: Tensor, about: Tensor, at: Tensor, noise: Tensor) -> Tensor:
        """`noise` (batch, 1, 16): of any step, for the values that hold for the whole take."""
        turn = torch.remainder(at, float(self.swings.shape[0])).to(torch.int64)
        cosine, sine = self.swings[turn].chunk(2, -1)  # (batch, frames, swings) each
        phase = noise[:, :, c.STEP_NOISE_SIZE - 2 :]  # (batch, 1, 2), constant over the take
        phase = phase / (phase.square().sum(-1, keepdim=True) + 1e-4).sqrt()
        real, imaginary = phase.chunk(2, -1)  # (batch, 1, 1) each
        swing = [real * cosine - imaginary * sine, real * sine + imaginary * cosine]
        x = x + self.frame_time(torch.cat([self._when(at), *swing], -1))
        x = F.silu(self.frame_film(x, about.unsqueeze(1)))
        features: Tensor = self.frame_norm(x + self.frame_mid(x))  # (batch, frames, frame)
        return features

    def _levels(
        self, db: Tensor, envelope: Tensor, key: Tensor, at: Tensor, tail: Tensor
    ) -> Tensor:
        """Lay the envelope on, let the tail fall, and bound (batch, frames, 160)."""
        places, there = partial_places(key, self.points)  # (batch, points, 128), (batch, 1, 128)
        partials = db[:, :, : c.PARTIALS] + envelope @ places  # (batch, frames, 128)
        db = torch.cat([partials, db[:, :, c.PARTIALS :]], -1)
        late_s = (at * c.HOP_S - TIME_SATURATES_S).clamp(min=0.0)
        db = db + (tail.detach() * late_s).unsqueeze(-1)
        db = bounded(db) if self.training else db.clamp(c.FLOOR_DB, PEAK_DB)
        audible = torch.cat([there, torch.ones_like(db[:, :1, c.PARTIALS :])], -1)
        return torch.where(audible > 0.5, db, torch.full_like(db[:1, :1, :1], c.FLOOR_DB))

    def _pitch(self, raw: Tensor) -> Tensor:
        limit = c.PITCH_RANGE_CENTS
        return limit * torch.tanh(rested(raw, PITCH_REST_CENTS, self.training) / limit)

    def _when(self, frame: Tensor) -> Tensor:
        """Time features at whole frames since the onset: (batch, n) -> (batch, n, 24)."""
        row = (frame + 1.0).clamp(0.0, self.times.shape[0] - 1.0).to(torch.int64)
        found: Tensor = self.times[row]
        return found

    def _note(self, raw: Tensor) -> Tensor:
        """Note values (batch, NOTE_VALUES) from the raw ones of the network."""
        inharmonicity = (-5.0 + 3.2 * torch.tanh(raw[:, 0:1])).clamp(-8.0, -2.0)
        gain = -20.0 + 50.0 * torch.tanh(raw[:, 1:2])
        tail = -torch.exp(0.5 + 5.0 * torch.tanh(raw[:, 2:3]))  # -0.011..-245 dB/s
        release = -torch.exp(4.5 + 3.0 * torch.tanh(raw[:, 3:4]))  # -4.5..-1800 dB/s
        width = torch.sigmoid(raw[:, 4:5])
        limit = c.DETUNE_RANGE_CENTS
        cents = rested(40.0 * raw[:, c.NOTE_DETUNE + 1 :], DETUNE_REST_CENTS, self.training)
        detune = limit * torch.tanh(cents / limit)  # (batch, 31)
        first = torch.zeros_like(width)
        return torch.cat([inharmonicity, gain, tail, release, width, first, detune], -1)
