"""The part of the played graph that makes frames of the features of each frame."""

from __future__ import annotations

import copy
from typing import Final

import numpy as np
import onnx
import torch

from export.graph import Graph
from export.playing_clock import Clock, windows
from export.playing_note import LEVEL_DB, Note
from export.products import Factor, Products, weights_of
from rtsynth import contract as c
from training import features as f
from training.layers import USED_CONTEXT_STEPS
from training.model import PITCH_REST_CENTS, Generator

FLOAT: Final = onnx.TensorProto.FLOAT
FLICKER_DB: Final = -4.0  # of the logarithm of a sigmoid: a softplus


def frames_part(
    products: Products, m: Generator, features: str, note: Note, clock: Clock, noise: str
) -> None:
    """The frames, as `Generator._frames`; levels and pitch go their own ways."""
    g = products.graph
    head, head_bias = weights_of(m.head)
    size, size_bias = (-each for each in weights_of(m.flicker_size))  # of the sigmoid's argument
    flicker = _flicker(products, m, clock, noise)
    levels, pitch = slice(c.FRAME_LEVELS), slice(c.FRAME_PITCH, c.FRAME_VALUES)
    # levels
    narrow = products.factor(features, "flicker_size")
    moved = g.times(
        _softplus(g, products.product(narrow, size[:, levels], size_bias[levels])), flicker[0]
    )
    wide = products.factor(features, "head")
    whole = products.product(wide, LEVEL_DB * head[:, levels])
    envelope = products.product(
        wide, LEVEL_DB * head[:, c.FRAME_VALUES :], LEVEL_DB * head_bias[c.FRAME_VALUES :]
    )
    given = g.node("Concat", envelope, *_courses(g, m, clock), axis=2)
    db = g.add(g.add(whole, moved), g.node("MatMul", given, note.levels))
    db = g.node("Min", g.node("Max", db, g.constant(c.FLOOR_DB)), note.highest)
    # pitch
    both = np.concatenate([size[:, pitch], LEVEL_DB * head[:, pitch]], 1)
    both_bias = np.append(size_bias[pitch], LEVEL_DB * head_bias[pitch])
    size_value, cents = g.split(products.product(Factor(features), both, both_bias), [1, 1])
    cents = g.add(cents, g.times(_softplus(g, size_value), flicker[1]))
    limit = g.constant(c.PITCH_RANGE_CENTS)
    cents = g.node("Shrink", cents, lambd=PITCH_REST_CENTS, bias=PITCH_REST_CENTS)
    cents = g.times(g.node("Tanh", g.node("Div", cents, limit)), limit)
    g.node("Concat", db, cents, axis=2, name=c.OUTPUT_FRAMES)


def _softplus(g: Graph, value: str) -> str:
    """A softplus of the opposite, negative: operations that ONNX Runtime does fast."""
    return g.node("Log", g.node("Sigmoid", value))


def _courses(g: Graph, m: Generator, clock: Clock) -> tuple[str, str]:
    """What the rows of `Note.levels` behind the envelope are multiplied with, frame by frame."""
    times = m.times.double().numpy()[1:, list(f.COURSE_FEATURES)]
    ones = np.ones((len(times), 1))  # the steady course, and the levels
    table = g.constant(np.concatenate([ones, times, ones], 1))
    late = g.node("Cast", g.node("Sub", clock.frame, clock.row), to=FLOAT)  # frames
    return g.node("Gather", table, clock.row), g.node("Unsqueeze", late, g.integers([2]))


def _flicker(products: Products, m: Generator, clock: Clock, noise: str) -> tuple[str, str]:
    """What `Flicker` makes, times `FLICKER_DB`: of levels, of the pitch; (batch, frames, n).

    It is linear: one map of neighbouring steps of noise to the frames of the step between.
    """
    g = products.graph
    taps = 2 * USED_CONTEXT_STEPS + 1
    width = taps * c.STEP_NOISE_SIZE
    layers = copy.deepcopy(m.flicker).double()
    with torch.no_grad():
        steady = layers(torch.zeros(1, taps, c.STEP_NOISE_SIZE, dtype=torch.float64))
        units = torch.eye(width, dtype=torch.float64).reshape(width, taps, c.STEP_NOISE_SIZE)
        moving = layers(units) - steady  # (width, frames of a step, FRAME_VALUES)
    weights, bias = FLICKER_DB * moving.numpy(), FLICKER_DB * steady.numpy()[0]
    rows = windows(g, clock, taps, taps - 1)
    near = products.windows(products.factor(noise, "noise"), rows, width)

    def part(first: int, last: int) -> str:
        some = weights[:, :, first:last].reshape(width, -1)
        value = products.product(near, some, bias[:, first:last].reshape(-1))
        return g.node("Reshape", value, g.integers([0, -1, last - first]))

    return part(0, c.FRAME_LEVELS), part(c.FRAME_PITCH, c.FRAME_VALUES)
