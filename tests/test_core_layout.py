"""The core's includes point one way: a file may include what stands on an earlier line."""

import re
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "rtsynth" / "core"
LAYERS = [
    {"rt", "contract"},
    {"queue", "counters", "envelope", "trace", "stereo", "frame_format"},
    {"parameters", "controllers", "take_layout", "peaks", "note_expression"},
    {"event", "programs"},
    {"registered", "zones", "layers", "pedals"},
    {"fold", "keyboard", "limiter", "gate", "crossfade"},
    {"mix", "delay_line"},
    {"bank", "noise", "takes", "tap", "channel", "heard", "sends", "segment"},
    {"live_clock", "load_meter", "output_stage"},
    {"noise_lines", "turns", "channels", "delay_network", "diffuser", "chorus"},
    {"kernels", "requests", "takes_search", "takes_recover", "reverb"},
    {"link_data"},
    {"link"},
    {"variation", "noise_bus", "tilt", "effects"},
    {"vocoder"},
    {"take_reader"},
    {"voice"},
    {"unit", "voice_follow", "voice_pages"},
    {"workers"},
    {"units"},
    {"voice_list"},
    {"voices"},
    {"engine", "voices_follow", "voices_holding", "voices_line"},
    {"pa_callback", "midi_in", "offline_wait"},
    {
        "null_device",
        "jack_process",
        "bind_stats",
        "bind_arrays",
        "bind_check",
        "bind_link",
        "bind_wait",
    },
    {"jack_callbacks", "jack_freewheel", "bind_link"},
    {"bind_jack", "bind_settings", "bind_channels", "bind_takes", "bind_heard"},
    {"bind"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(p for p in CORE.iterdir() if p.suffix in {".h", ".cpp"})


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_includes_point_down(path):
    for name in re.findall(r'#include "(\w+)\.h"', path.read_text()):
        assert name == path.stem or RANK[name] < RANK[path.stem], f"{path.name} includes {name}.h"


def test_every_file_has_a_layer():
    assert {p.stem for p in FILES} == set(RANK)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_files_stay_readable(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 260
    assert max(map(len, lines)) <= 100
