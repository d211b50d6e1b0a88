"""The registry of parameters: names, ranges, and what a knob's place means."""

import math

import pytest

from rtsynth import _core
from rtsynth.errors import RtsynthError
from rtsynth.parameters import PARAMETERS, core_name, parameter


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_every_parameter_begins_within_its_range(name: str) -> None:
    known = PARAMETERS[name]
    assert known.name == name
    assert known.low <= known.default <= known.high
    assert known.clamped(known.default) == known.default
    assert known.label
    assert known.at(known.part(known.default)) == pytest.approx(known.default)


def test_all_of_the_core_s_are_there() -> None:
    ours = {core_name(known) for known in PARAMETERS.values() if known.home == "core"}
    assert ours == {name for name, *_ in _core.PARAMETERS}


def test_values_are_kept_in_the_range() -> None:
    pan, transpose, legato = (parameter(name) for name in ("pan", "transpose", "legato"))
    assert [pan.clamped(value) for value in (-9.0, 0.3, math.inf)] == [-1.0, 0.3, 1.0]
    assert transpose.clamped(-3.6) == -4.0
    assert [legato.clamped(value) for value in (0.4, 0.6)] == [0.0, 1.0]
    with pytest.raises(RtsynthError, match="pan: not a number"):
        pan.clamped(math.nan)
    with pytest.raises(RtsynthError, match="no parameter 'loudness'"):
        parameter("loudness")
