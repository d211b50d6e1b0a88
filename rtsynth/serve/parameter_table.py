"""Writes the parameters of the plugins, `python -m rtsynth.serve.parameter_table`: a C++ header."""

import json
from pathlib import Path
from typing import Final

from rtsynth.serve.host_parameters import HOST_PARAMETERS, HostParameter

PATH: Final = Path(__file__).parents[1] / "plugin" / "parameter_table.h"
HOMES: Final = {
    "cc": "kController", "rpn": "kRegistered", "core": "kCore", "turn": "kTurn", "desk": "kDesk",
}  # fmt: skip
HEAD: Final = """\
/// Made by `python -m rtsynth.serve.parameter_table` from rtsynth/serve/host_parameters.py.
#pragma once

#include <array>

#include "host_parameters.h"

namespace rtsynth::plugin {

// clang-format off
inline constexpr std::array<HostParameter, %d> kHostParameters = {{
    // id, name, label, group, unit, low, high, preset, home, number, of_channel, is_switch, whole
"""
FOOT: Final = """\
}};
// clang-format on

}  // namespace rtsynth::plugin
"""


def text() -> str:
    """The whole header."""
    rows = "".join(f"    {{{_row(each)}}},\n" for each in HOST_PARAMETERS)
    return HEAD % len(HOST_PARAMETERS) + rows + FOOT


def _row(each: HostParameter) -> str:
    p = each.known
    words = [json.dumps(word) for word in (p.name, p.label, p.group.capitalize(), p.unit)]
    numbers = [repr(float(number)) for number in (p.low, p.high, p.default)]
    flags = [json.dumps(flag) for flag in (p.of_channel, p.switch, p.whole)]
    columns = [str(each.id), *words, *numbers, f"Home::{HOMES[p.home]}", str(each.number), *flags]
    return ", ".join(columns)


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
