"""The part of the played graph that is worked out once a note."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from export.graph import Array
from export.products import Factor, Products, weights_of
from rtsynth import contract as c
from training import features as f
from training.layers import PEAK_DB
from training.model import DETUNE_REST_CENTS, Generator

COURSES: Final = 1 + len(f.COURSE_FEATURES)  # rows of a note's mean course; the first is steady
LEVEL_DB: Final = 20.0  # a unit of the network's levels
LEVEL_MIDDLE_DB: Final = -50.0
NOWHERE: Final = -1000.0  # on the envelope's grid: what has no place there


class Note(NamedTuple):
    """What the frames need of their note; all values are (batch, rows, columns)."""

    about: str  # (batch, 1, condition width)
    scale: str  # (batch, 1, frame width): FiLM of the frames, 1 added
    shift: str
    levels: str  # (batch, points + COURSES + 2, FRAME_LEVELS): weights of `level_features`
    highest: str  # (batch, 1, FRAME_LEVELS) dB, the floor for partials that cannot be heard
    values: str  # (batch, 1, NOTE_VALUES)


def note_part(products: Products, m: Generator, key: str, velocity: str, latent: str) -> Note:
    """`key` and `velocity` (batch, 1, 1), `latent` (batch, 1, LATENT_SIZE)."""
    g = products.graph
    once, course = _first(products, m, key, velocity, latent)
    known = g.silu(products.linear(products.factor(once, "note_mid"), m.note_mid))
    maps = [*_known_maps(m)]
    weights, bias = (np.concatenate([each[i] for each in maps], -1) for i in (0, 1))
    sizes = [each[1].shape[0] for each in maps]
    about, levels, raw, scale, shift = g.split(
        products.product(products.factor(known, "known"), weights, bias), sizes
    )
    values = _values(products, raw)
    tail = g.cut(values, 2, 3, axis=2)
    falls = g.times(tail, g.constant(np.full((1, c.FRAME_LEVELS), c.HOP_S)))
    place = _place(products, key, m.points)
    rows = [_envelope_weights(products, place, m.points), _course(products, m, course)]
    return Note(
        about=about,
        scale=scale,
        shift=shift,
        levels=g.node("Concat", *rows, levels, falls, axis=1),
        highest=_highest(products, place, m.points),
        values=values,
    )


def _first(
    products: Products, m: Generator, key: str, velocity: str, latent: str
) -> tuple[str, str]:
    """The first layers of both networks that read the note: their outputs."""
    g = products.graph
    pair = g.node("Concat", key, velocity, axis=2)
    pair = g.node("Sub", pair, g.constant([float(c.KEY_LOW), 0.0]))
    pair = g.node("Div", pair, g.constant([float(c.KEY_HIGH - c.KEY_LOW), 127.0]))
    pitches, louds = len(f.PITCH_HARMONICS), len(f.VELOCITY_HARMONICS)
    angles = np.zeros((2, pitches + louds))
    angles[0, :pitches] = math.pi * np.asarray(f.PITCH_HARMONICS)
    angles[1, pitches:] = math.pi * np.asarray(f.VELOCITY_HARMONICS)
    angle = g.node("MatMul", pair, g.constant(angles))
    waves = (g.node("Sin", angle), g.node("Cos", angle))
    who = g.node("Concat", *waves, pair, g.times(pair, pair), latent, axis=2)
    maps = [weights_of(layer) for layer in (m.note_in, m.course.inner[0])]
    weights, bias = (np.concatenate([each[i] for each in maps], -1) for i in (0, 1))
    sin, cos = np.split(np.arange(2 * pitches), 2)
    loud_sin, loud_cos = np.split(2 * pitches + np.arange(2 * louds), 2)
    linear = 2 * (pitches + louds)  # rows of 2p - 1, 2v - 1 and v * v
    ordered = np.concatenate(
        [
            weights[[*sin, *loud_sin, *cos, *loud_cos]],
            2.0 * weights[linear : linear + 2],
            np.zeros_like(weights[:1]),
            weights[linear + 2 :],
        ]
    )
    bias = bias - weights[linear : linear + 2].sum(0)
    h = g.silu(products.product(Factor(who), ordered, bias))
    once, course = g.split(h, [len(each[1]) for each in maps])
    return once, course


def _known_maps(m: Generator) -> list[tuple[Array, Array]]:
    """Weights and biases from the note's features to: conditions, levels, note values, FiLM."""
    about, about_bias = weights_of(m.note_out)
    film, film_bias = weights_of(m.frame_film.map)  # reads the conditions, with nothing between
    film_bias = film_bias + about_bias @ film
    film = about @ film
    width = film.shape[1] // 2
    levels, levels_bias = weights_of(m.note_levels)
    head_bias = weights_of(m.head)[1][: c.FRAME_LEVELS]
    values, values_bias = weights_of(m.note_values)
    # of tanh's argument: a sigmoid is half a tanh of half, partial 1 is never detuned
    columns = np.ones(c.NOTE_VALUES)
    columns[4], columns[c.NOTE_DETUNE] = 0.5, 0.0
    columns[c.NOTE_DETUNE + 1 :] = 40.0 / c.DETUNE_RANGE_CENTS
    return [
        (about, about_bias),
        (LEVEL_DB * levels, LEVEL_DB * (levels_bias + head_bias) + LEVEL_MIDDLE_DB),
        (values * columns, values_bias * columns),
        (film[:, :width], film_bias[:width] + 1.0),
        (film[:, width:], film_bias[width:]),
    ]


def _course(products: Products, m: Generator, h: str) -> str:
    """How each level runs on average (batch, COURSES, FRAME_LEVELS), from its first layer on."""
    g = products.graph
    h = g.silu(products.linear(products.factor(h, "course_2"), m.course.inner[2]))
    h = g.silu(products.linear(products.factor(h, "course_4"), m.course.inner[4]))
    weights, bias = (LEVEL_DB * each for each in weights_of(m.course.weights))
    course = products.product(products.factor(h, "course_6"), weights, bias)
    return g.node("Reshape", course, g.integers([0, COURSES, c.FRAME_LEVELS]))


def _values(products: Products, raw: str) -> str:
    """The note values (batch, 1, NOTE_VALUES); see `Generator._note`."""
    g = products.graph
    first, cents = g.split(raw, [c.NOTE_DETUNE, c.DETUNED_PARTIALS])
    rest = DETUNE_REST_CENTS / c.DETUNE_RANGE_CENTS
    cents = g.node("Shrink", cents, lambd=rest, bias=rest)
    bent = g.node("Tanh", g.node("Concat", first, cents, axis=2))
    detuned = c.DETUNED_PARTIALS
    sizes = g.constant([3.2, 50.0, 5.0, 3.0, 0.5] + [c.DETUNE_RANGE_CENTS] * detuned)
    middles = g.constant([-5.0, -20.0, 0.5, 4.5, 0.5] + [0.0] * detuned)
    bent = g.add(g.times(bent, sizes), middles)
    lead, slopes, others = g.split(bent, [2, 2, c.NOTE_VALUES - 4])
    lead = g.node("Max", lead, g.constant([-8.0, -1e3]))  # the inharmonicity's range
    lead = g.node("Min", lead, g.constant([-2.0, 1e3]))
    falls = g.node("Neg", g.node("Exp", slopes))
    return g.node("Concat", lead, falls, others, axis=2)


def _place(products: Products, key: str, points: int) -> str:
    """Where each level lies on the envelope's grid (batch, 1, FRAME_LEVELS); noise nowhere."""
    g = products.graph
    step = (points - 1) / f.ENVELOPE_OCTAVES  # of the grid, an octave
    octaves = np.asarray(f.PARTIAL_OCTAVES) + math.log2(440.0 / f.ENVELOPE_LOW_HZ)
    above = np.append(octaves * step, np.full(c.NOISE_BANDS, NOWHERE))
    moved = g.times(g.node("Sub", key, g.constant(69.0)), g.constant(step / 12.0))
    return g.add(moved, g.constant(above))


def _envelope_weights(products: Products, place: str, points: int) -> str:
    """Triangles around each level's place (batch, points, FRAME_LEVELS).

    Above the grid they are 0: those partials lie beyond `NOISE_TOP_HZ` and are not heard.
    """
    g = products.graph
    away = g.node("Abs", g.node("Sub", place, g.constant(np.arange(points)[:, None])))
    return g.node("Relu", g.node("Sub", g.constant(1.0), away))


def _highest(products: Products, place: str, points: int) -> str:
    """The highest level that each may have (batch, 1, FRAME_LEVELS)."""
    g = products.graph
    heard = g.node("Less", place, g.constant(float(points - 1)))
    return g.node("Where", heard, g.constant(PEAK_DB), g.constant(c.FLOOR_DB))
