"""contract.py and core/contract.h say the same, and the built core was made from them."""

import math
import re
from pathlib import Path

import pytest

from rtsynth import _core, contract

HEADER = (Path(__file__).parents[1] / "rtsynth" / "core" / "contract.h").read_text()
CONSTANT = re.compile(r"inline constexpr \S+ k(\w+) = ([^;]+);")
NOT_IN_CONTRACT_PY = {  # places in NOTE_FIELDS, named in the header only
    "NoteInharmonicityLog10": "inharmonicity_log10",
    "NoteGainDb": "gain_db",
    "NoteTailDbPerS": "tail_db_per_s",
    "NoteReleaseDbPerS": "release_db_per_s",
    "NoteWidth": "width",
}


def header_values():
    values = {}
    for name, text in CONSTANT.findall(HEADER):
        for known, value in values.items():
            text = re.sub(rf"\bk{known}\b", repr(value), text)
        values[name] = eval(text, {"__builtins__": {}})
    return values


def python_name(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


VALUES = header_values()


def test_the_header_was_read():
    assert len(VALUES) >= 18
    assert HEADER.count("inline constexpr") == len(VALUES)


@pytest.mark.parametrize("name", sorted(set(VALUES) - set(NOT_IN_CONTRACT_PY)))
def test_a_constant_is_the_same_in_both(name):
    assert getattr(contract, python_name(name)) == VALUES[name]


@pytest.mark.parametrize(("name", "field"), NOT_IN_CONTRACT_PY.items())
def test_note_values_are_in_the_same_places(name, field):
    assert contract.NOTE_FIELDS[VALUES[name]] == field


def test_the_built_core_has_this_version():
    assert contract.CONTRACT_VERSION == _core.CONTRACT_VERSION


def test_partials_and_bands():
    assert contract.partial_hz(100.0, 1, 0.01) == pytest.approx(100.0)
    assert contract.partial_hz(100.0, 10, 0.0) == pytest.approx(1000.0)
    assert contract.partial_hz(100.0, 10, 1e-3) > 1000.0
    assert contract.noise_edge_hz(0) == 0.0
    assert contract.noise_edge_hz(contract.NOISE_BANDS) == pytest.approx(contract.NOISE_TOP_HZ)


def test_velocity_layers_cover_all_velocities():
    layers = [contract.velocity_layer(v) for v in range(1, 128)]
    assert layers == sorted(layers)
    assert set(layers) == set(range(contract.VELOCITY_LAYERS))
    for layer in range(contract.VELOCITY_LAYERS):
        assert contract.velocity_layer(contract.layer_velocity(layer)) == layer
    assert contract.velocity_gain_db(127.0) == 0.0
    assert contract.velocity_gain_db(63.5) == pytest.approx(40.0 * math.log10(0.5))
