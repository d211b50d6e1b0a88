"""The generator as it is played: the same function in few operations.

What PyTorch trains is one layer after another. Here maps with nothing between them are one map,
what depends on the time alone is a table, what belongs to the note is worked out once, and the
large products are of 8-bit integers where the sound allows it. `export.onnx_file` compares the
graph with PyTorch before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from export.graph import END, Array, Graph
from export.playing_clock import SATURATED, Clock, clock_of, step_rows, windows
from export.playing_frames import frames_part
from export.playing_note import Note, note_part
from export.products import Factor, Products, Scale, weights_of
from rtsynth import contract as c
from training import features as f
from training.layers import USED_CONTEXT_STEPS, Block, Up
from training.model import BLOCK_TAPS, Generator

SPARE: Final = c.CONTEXT_STEPS - USED_CONTEXT_STEPS  # steps of noise that are not read


def playing_graph(m: Generator, scales: Mapping[str, Scale]) -> tuple[Graph, dict[str, str]]:
    """The graph, and the value that stands at each place; those in `scales` become integers."""
    g = Graph()
    products = Products(g, scales)
    key, velocity, step = (
        g.input(name, ["batch"]) for name in (c.INPUT_KEY, c.INPUT_VELOCITY, c.INPUT_STEP)
    )
    latent = g.input(c.INPUT_LATENT, ["batch", c.LATENT_SIZE])
    noise = g.input(c.INPUT_NOISE, ["batch", "steps_and_context", c.STEP_NOISE_SIZE])
    key, velocity = (g.node("Unsqueeze", each, g.integers([1, 2])) for each in (key, velocity))
    note = note_part(products, m, key, velocity, g.node("Unsqueeze", latent, g.integers([1])))
    clock = clock_of(g, step, noise)
    used = g.cut(noise, SPARE, -SPARE)
    x = _frame_rate(products, m, _coarse(products, m, note, clock, used), clock)
    features = _frame_features(products, m, x, note, clock, noise)
    frames_part(products, m, features, note, clock, used)
    g.node("Reshape", note.values, g.integers([0, -1]), name=c.OUTPUT_NOTE)
    g.output(c.OUTPUT_FRAMES, ["batch", "frames_", c.FRAME_VALUES])
    g.output(c.OUTPUT_NOTE, ["batch", c.NOTE_VALUES])
    return g, products.places


def _coarse(products: Products, m: Generator, note: Note, clock: Clock, noise: str) -> str:
    """(batch, 1 + steps + 1, width), as `Generator._coarse`."""
    g = products.graph
    weights, bias = weights_of(m.step_in)
    frame = (np.arange(step_rows() - 1) + 0.5) * c.FRAMES_PER_STEP
    frame = np.append(np.minimum(frame, SATURATED), -1.0)
    table = m.times.double().numpy()[(frame + 1).astype(int)] @ weights + bias
    condition = g.silu(g.add(note.about, g.node("Gather", g.constant(table), clock.steps)))
    condition = g.silu(products.linear(products.factor(condition, "step_mid"), m.step_mid))
    known = products.factor(condition, "condition")
    weights, bias = weights_of(m.x_in)
    size = m.step_mid.out_features
    x = products.product(Factor(noise), weights[size:])
    x = g.add(products.product(known, weights[:size], bias), x)
    lost = 0
    for number, (block, taps) in enumerate(zip(_blocks(m), BLOCK_TAPS, strict=True)):
        norm = (g.constant(each.detach().numpy()) for each in (block.norm.weight, block.norm.bias))
        h = g.node("LayerNormalization", x, *norm, axis=-1, epsilon=block.norm.eps)
        about = products.factor(h, f"spread_{number}")
        if taps > 1:
            lost += taps - 1
            known = products.cut(known, taps // 2)
            width = taps * m.x_in.out_features
            about = products.windows(about, windows(g, clock, taps, lost), width)
            x = g.cut(x, taps // 2, -(taps // 2))
        spread, spread_bias = weights_of(block.spread)
        film, film_bias = weights_of(block.film.map)
        scale, shift = np.split(film, 2, 1)
        scale_bias, shift_bias = np.split(film_bias, 2)
        scale_bias = scale_bias + 1.0
        shift, shift_bias = shift + scale * spread_bias, shift_bias + scale_bias * spread_bias
        h = g.times(products.product(about, spread), products.product(known, scale, scale_bias))
        h = g.silu(g.add(h, products.product(known, shift, shift_bias)))
        x = g.add(x, products.linear(products.factor(h, f"gather_{number}"), block.gather))
    return x


def _blocks(m: Generator) -> list[Block]:
    return [block for block in m.stack if isinstance(block, Block)]


def _frame_rate(products: Products, m: Generator, x: str, clock: Clock) -> str:
    """(batch, frames, frame width): the transposed convolutions."""
    g = products.graph
    lost = 2 * USED_CONTEXT_STEPS - 1
    rows = windows(g, clock, 2, lost)
    x = g.silu(_up(products, m.up_step, x, rows, "up_step"))
    x = _up(products, m.up_frame, x, g.add(clock.pairs, g.integers([0, 1])), "up_frame")
    return g.cut(x, 2, -2)


def _up(products: Products, up: Up, x: str, rows: str, place: str) -> str:
    g = products.graph
    pairs = products.windows(products.factor(x, place), rows, up.map.in_features)
    return g.node("Reshape", products.linear(pairs, up.map), g.integers([0, -1, up.width]))


def _frame_features(
    products: Products, m: Generator, x: str, note: Note, clock: Clock, noise: str
) -> str:
    """(batch, frames, frame width), as `Generator._frame_features`."""
    g = products.graph
    weights, bias = weights_of(m.frame_time)
    times = m.times.double().numpy()[1:]
    times = np.concatenate([times, np.ones((len(times), 2))], 1)  # for the bias and the shift
    turn = g.node("Mod", clock.frame, g.integers(f.SWING_ROUND_FRAMES))
    read = (
        g.node("Gather", g.constant(times), clock.row),
        g.node("Gather", g.constant(m.swings.numpy()), turn),
    )
    first = g.constant(np.concatenate([weights[: f.TIME_FEATURES], bias[None]]))
    swings = g.times(_swings(g, weights[f.TIME_FEATURES :], noise), note.scale)
    maps = g.node("Concat", g.times(note.scale, first), note.shift, swings, axis=1)
    x = g.add(g.times(x, note.scale), g.node("MatMul", g.node("Concat", *read, axis=2), maps))
    x = g.silu(x)
    x = g.add(x, products.linear(products.factor(x, "frame_mid"), m.frame_mid))
    norm = (g.constant(each.detach().numpy()) for each in (m.frame_norm.weight, m.frame_norm.bias))
    return g.node("LayerNormalization", x, *norm, axis=-1, epsilon=m.frame_norm.eps)


def _swings(g: Graph, weights: Array, noise: str) -> str:
    """Weights of cosines and sines, turned by the take's phase: (batch, SWING_FEATURES, width)."""
    phase = g.node(
        "Slice",
        noise,
        *(g.integers(each) for each in ([0, c.STEP_NOISE_SIZE - 2], [1, END], [1, 2])),
    )
    power = g.node("ReduceSum", g.times(phase, phase), g.integers([2]), keepdims=1)
    phase = g.node("Div", phase, g.node("Sqrt", g.add(power, g.constant(1e-4))))
    real, imaginary = g.split(phase, [1, 1])
    cosines, sines = np.split(weights, 2)
    turned = np.concatenate([sines, -cosines])
    return g.add(g.times(real, g.constant(weights)), g.times(imaginary, g.constant(turned)))
