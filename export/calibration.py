"""Find how the played network's numbers lie on 8 bits, and how much rounding changes the sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from export.playing import playing_graph
from export.products import VALUE_TOP, Scale
from export.sessions import Inputs, inputs_of, open_session, run
from rtsynth import contract as c
from training.model import Generator

Floats = npt.NDArray[np.float32]

# Rounded there, a note's level or its decay would be off by tenths of a dB: the first three set
# the levels of the whole note or of a frame, and in the fourth a quiet frame is 1e-4 of a loud one.
IN_FLOAT: Final = ("note_mid", "known", "head", "frame_mid")
ROUNDS: Final = 12
ROWS: Final = 54  # notes a round
STEPS: Final = 8
READ: Final = 60_000  # numbers of a place that are looked at
PARTS: Final = np.linspace(0.6, 1.0, 9)  # of the range, what is kept: tails may be cut
ONE_SIDED: Final = 0.35  # a SiLU goes down to -0.28: that end is never cut
AUDIBLE_DB: Final = 50.0  # below a note's loudest partial


class Loss(NamedTuple):
    """What rounding changes in the audible partials of all timbres, dB."""

    rms: float
    largest: float


def notes(timbres: Sequence[Mapping[str, Any]], seed: int) -> Iterator[Inputs]:
    """Random notes of all timbres: keys of their ranges, velocities, moments."""
    random = np.random.default_rng(seed)
    for turn in range(ROUNDS):
        some = [timbres[(turn + i) % len(timbres)] for i in range(max(ROWS, len(timbres)))]
        inputs = inputs_of(random, len(some), STEPS)
        inputs[c.INPUT_KEY] = np.array(
            [random.integers(each["low"], each["high"] + 1) for each in some], np.float32
        )
        inputs[c.INPUT_LATENT] = np.array([each["latent"] for each in some], np.float32)
        yield inputs


def scales(generator: Generator, timbres: Sequence[Mapping[str, Any]]) -> dict[str, Scale]:
    """The scale of each place that is rounded."""
    graph, places = playing_graph(generator, {})
    wanted = {place: value for place, value in places.items() if place not in IN_FLOAT}
    for place, value in wanted.items():
        graph.output(value, ["batch", f"{place}_rows", f"{place}_columns"])
    session = open_session(graph.model().SerializeToString())
    seen: dict[str, list[Floats]] = {place: [] for place in wanted}
    for inputs in notes(timbres, 21):
        answers = session.run(list(wanted.values()), inputs)
        for place, values in zip(wanted, answers, strict=True):
            seen[place].append(values.ravel())
    return {place: best_scale(np.concatenate(values)) for place, values in seen.items()}


def best_scale(values: Floats) -> Scale:
    """The scale of the least mean square error."""
    low, high = float(values.min()), float(values.max())
    some = values[np.random.default_rng(0).integers(0, len(values), READ)].astype(np.float64)
    lows = PARTS * low if low < -ONE_SIDED else [low]
    tried = [Scale.of(float(first), float(last)) for first in lows for last in PARTS * high]
    return min(tried, key=lambda scale: float(np.square(_rounded(some, scale) - some).mean()))


def _rounded(values: npt.NDArray[np.float64], scale: Scale) -> npt.NDArray[np.float64]:
    numbers = np.clip(np.rint(values / scale.step) + scale.zero, 0, VALUE_TOP)
    result: npt.NDArray[np.float64] = (numbers - scale.zero) * scale.step
    return result


def loss(before: bytes, after: bytes, timbres: Sequence[Mapping[str, Any]]) -> Loss:
    """Compare two graphs on notes that the scales were not found on. A NaN is infinite."""
    one, other = open_session(before), open_session(after)
    squares = []
    for inputs in notes(timbres, 22):
        expected, found = (run(each, inputs)[0][..., : c.PARTIALS] for each in (one, other))
        loudest = expected.max((1, 2), keepdims=True)
        squares.append(np.square(found - expected)[expected > loudest - AUDIBLE_DB])
    whole = np.concatenate(squares)
    if not np.isfinite(whole).all():
        return Loss(float("inf"), float("inf"))
    return Loss(float(np.sqrt(whole.mean())), float(np.sqrt(whole.max())))
