"""The VST3 plugin in real hosts, without a server: found, listed, automated, saved, closed."""

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pedalboard
import pytest

from rtsynth.serve.host_parameters import HOST_PARAMETERS
from tests.plugin_builds import plugin
from tests.vst3_fixtures import alone

__all__ = ["alone"]  # a fixture

dawdreamer = pytest.importorskip("dawdreamer")  # these two have wheels for few systems
minihost = pytest.importorskip("minihost")

LABELS = [each.known.label for each in HOST_PARAMETERS]
GAIN = HOST_PARAMETERS[0]


@pytest.fixture(scope="module")
def bundle():
    return str(plugin("rtsynth.vst3", "rtsynth_vst3"))


def in_pedalboard(bundle: str) -> pedalboard.VST3Plugin:
    """It plays notes until it hears one, so without a server for as long as it is let."""
    return pedalboard.VST3Plugin(bundle, initialization_timeout=0.01)


# --- minihost: JUCE of today ---------------------------------------------------------------------


def test_minihost_finds_an_instrument(bundle):
    found = minihost.probe(bundle)
    assert (found["name"], found["vendor"], found["format"]) == ("rtsynth", "rtsynth", "VST3")
    assert found["accepts_midi"]
    with minihost.Plugin(bundle, 48000.0, 512) as opened:
        assert opened.num_output_channels == 2
        assert opened.num_input_channels == 0
        assert opened.latency_samples == 0
        assert 1.0 < opened.tail_seconds < 60.0
        assert opened.get_program_name(0) == "As in the project"


def test_minihost_lists_parameters_as_a_player_reads_them(bundle):
    with minihost.Plugin(bundle, 48000.0, 512) as opened:
        found = {opened.get_param_info(i)["name"]: opened.get_param_info(i)
                 for i in range(opened.num_params)}  # fmt: skip
        assert set(LABELS) <= set(found)
        assert all(found[label]["is_automatable"] for label in LABELS)
        hidden = [name for name in found if name.startswith("MIDI CC ")]
        assert not any(found[name]["is_automatable"] for name in hidden)
        assert found["Gain"]["current_value_str"] == "0.0 dB"
        gain = opened.find_param("Gain")
        assert opened.param_to_text(gain, 0.0) == "-60.0 dB"
        assert opened.param_from_text(gain, "-18 dB") == pytest.approx(0.5)


def test_minihost_changes_rate_block_and_precision(bundle):
    with minihost.Plugin(bundle, 48000.0, 64) as opened:
        assert not opened.supports_double
        for rate in (44100.0, 96000.0, 48000.0):
            opened.sample_rate = rate
            for samples in (1, 37, 64):
                out = np.ones((2, samples), np.float32)
                opened.process_midi(np.zeros((2, samples), np.float32), out, [(0, 0x90, 60, 99)])
                assert np.isfinite(out).all()


def test_minihost_refuses_bytes_that_are_no_state(bundle):
    chance = random.Random(5)
    with minihost.Plugin(bundle, 48000.0, 512) as opened:
        opened.set_param_by_name("Gain", 0.25)
        state = opened.get_state()
        for wrong in (b"", b"VC2!", chance.randbytes(500), state[: len(state) // 2]):
            with contextlib.suppress(RuntimeError):  # of the host: it is not its envelope
                opened.set_state(wrong)
            assert opened.get_param_by_name("Gain") == 0.25


# --- pedalboard: what it shows is what Python sees -----------------------------------------------


def test_pedalboard_shows_parameters_and_passes_over_hidden_ones(bundle):
    opened = in_pedalboard(bundle)
    assert opened.is_instrument
    assert opened.name == "rtsynth"
    assert len(opened.parameters) == len(HOST_PARAMETERS) + 1  # presets
    assert len(opened._parameters) < 1000  # each costs every host something
    assert opened.gain_db == 0.0
    opened.gain_db = -6.0
    assert opened.gain_db == pytest.approx(-6.0)
    opened.sostenuto_pedal = True
    assert opened.sostenuto_pedal


def test_pedalboard_keeps_the_state(bundle):
    opened, other = in_pedalboard(bundle), in_pedalboard(bundle)
    opened.gain_db = -12.0
    opened.bright = 50.0
    other.raw_state = opened.raw_state
    assert other.gain_db == pytest.approx(-12.0)
    assert other.bright == pytest.approx(50.0)
    state = other.preset_data
    opened.gain_db = 0.0
    opened.preset_data = state
    assert opened.gain_db == pytest.approx(-12.0)


# --- dawdreamer ----------------------------------------------------------------------------------


def test_dawdreamer_keeps_the_state(bundle, tmp_path):
    engine = dawdreamer.RenderEngine(48000, 64)
    opened = engine.make_plugin_processor("synth", bundle)
    assert opened.get_num_output_channels() == 2
    assert opened.get_latency_samples() == 0
    names = [opened.get_parameter_name(i) for i in range(opened.get_plugin_parameter_size())]
    assert set(LABELS) <= set(names)
    gain, bright = names.index("Gain"), names.index("Bright")
    opened.set_parameter(gain, 0.25)
    opened.set_parameter(bright, 0.75)
    engine.load_graph([(opened, [])])
    engine.render(0.01)
    opened.save_state(str(tmp_path / "state"))
    other = engine.make_plugin_processor("other", bundle)
    with contextlib.suppress(RuntimeError):  # once it is loaded, dawdreamer wants a window
        other.load_state(str(tmp_path / "state"))
    assert other.get_parameter(bright) == pytest.approx(0.75)
    assert other.get_parameter_text(gain) == "-39.0 dB"


# --- random cycles; benchmarks/plugin_hosts.py makes two hundred of each --------------------------


@pytest.mark.parametrize("host", ["minihost", "pedalboard", "dawdreamer"])
def test_instances_open_play_automate_save_reload_and_close(host, bundle, tmp_path):
    from benchmarks.plugin_host_cycles import CYCLES

    cycle: Callable[[str, random.Random, Path], None] = CYCLES[host]
    for seed in range(1 if host == "pedalboard" else 2):  # it waits for a server that is not there
        cycle(bundle, random.Random(seed), tmp_path)
