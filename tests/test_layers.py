"""Layers as plain values and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtsynth.errors import RtsynthError
from rtsynth.layers import Layer, check_layers, read_layer, write_layer

LAYERS = st.builds(
    Layer,
    timbre=st.text(max_size=9),
    low=st.integers(0, 60),
    high=st.integers(60, 127),
    low_velocity=st.integers(1, 60),
    high_velocity=st.integers(60, 127),
    transpose=st.integers(-48, 48),
    # Effect plugins that other tests load may have turned the process's denormals off.
    gain_db=st.floats(-60.0, 24.0, allow_subnormal=False),
    pan=st.floats(-1.0, 1.0, allow_subnormal=False),
)


@given(LAYERS)
def test_there_and_back(layer: Layer) -> None:
    check_layers([layer])
    assert read_layer(write_layer(layer), "it") == layer
    assert len(layer.mix()) == 7


def test_a_new_layer_is_its_timbre() -> None:
    assert write_layer(Layer("piano")) == {"timbre": "piano"}
    assert Layer("piano").mix() == (0, 127, 1, 127, 0, 1.0, 0.0)
    assert Layer("piano", gain_db=-6.0206).mix()[5] == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "layer 2 has no timbre"),
        ({"timbre": 3}, "layer 2 has no timbre"),
        ({"timbre": "x", "colour": 1}, "layer 2: no field 'colour'"),
        ({"timbre": "x", "low": "C4"}, "layer 2: low is 'C4', not a number"),
        ({"timbre": "x", "low": True}, "low is True"),
        ({"timbre": "x", "transpose": 0.5}, "transpose is 0.5"),
        ({"timbre": "x", "pan": float("nan")}, "pan is nan"),
    ],
)
def test_wrong_values_are_named(data: Any, message: str) -> None:
    with pytest.raises(RtsynthError, match=message):
        read_layer(data, "layer 2")
