"""Where the played graph stands in time: rows of its tables, and of neighbouring steps."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import onnx

from export.graph import Graph
from rtsynth import contract as c
from training import features as f
from training.layers import USED_CONTEXT_STEPS

INT64: Final = onnx.TensorProto.INT64
SATURATED: Final = round(f.TIME_SATURATES_S * c.FRAME_RATE_HZ)  # frame from which time stands


class Clock(NamedTuple):
    """Places in time, as integers."""

    steps: str  # (batch, U + steps + U): rows of the table of steps
    window: str  # (U + steps + U, 1): 0, 1, ...
    pairs: str  # (2 * steps + 1, 1)
    frame: str  # (batch, frames) since the onset
    row: str  # the same, but not beyond `SATURATED`


def clock_of(g: Graph, step: str, noise: str) -> Clock:
    """From the inputs."""
    one = g.integers(1)
    count = g.node("Gather", g.node("Shape", noise), one)
    count = g.node("Sub", count, g.integers(2 * c.CONTEXT_STEPS))

    def counted(times: int, more: int) -> str:  # 0 .. times * steps + more - 1
        end = g.times(count, g.integers(times)) if times > 1 else count
        end = g.add(end, g.integers(more)) if more else end
        return g.node("Range", g.integers(0), end, one)

    first = g.node("Cast", g.node("Unsqueeze", step, g.integers([1])), to=INT64)
    near = counted(1, 2 * USED_CONTEXT_STEPS)
    steps = g.add(g.node("Sub", first, g.integers(USED_CONTEXT_STEPS)), near)
    steps = g.node("Clip", steps, g.integers(-1), g.integers(step_rows() - 2))
    frame = g.add(g.times(first, g.integers(c.FRAMES_PER_STEP)), counted(c.FRAMES_PER_STEP, 0))
    column = g.integers([1])
    return Clock(
        steps=steps,
        window=g.node("Unsqueeze", near, column),
        pairs=g.node("Unsqueeze", counted(2, 1), column),
        frame=frame,
        row=g.node("Min", frame, g.integers(SATURATED)),
    )


def step_rows() -> int:
    """Rows of the table of steps: 0 and on, at last the one before the onset."""
    return SATURATED // c.FRAMES_PER_STEP + 2


def windows(g: Graph, clock: Clock, taps: int, lost: int) -> str:
    """Rows of neighbours (U + steps + U - lost, taps)."""
    rows = g.cut(clock.window, 0, -lost, axis=0) if lost else clock.window
    return g.add(rows, g.integers(np.arange(taps)))
