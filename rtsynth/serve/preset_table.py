"""Writes the bundled presets as plugins show them, `python -m rtsynth.serve.preset_table`."""

import json
from pathlib import Path
from typing import Any, Final

from rtsynth.serve.host_parameters import HOST_PARAMETERS
from rtsynth.stage.presets import SHELF

PATH: Final = Path(__file__).parents[1] / "plugin" / "preset_table.h"
CHANNEL: Final = "1"  # of which the host moves the parameters
HEAD: Final = """\
/// Made by `python -m rtsynth.serve.preset_table` from rtsynth/presets.
#pragma once

#include <array>
#include <span>

namespace rtsynth::plugin {

/// Where a preset sets one of host_parameters(); all others are at their start.
struct PresetValue {
  const char* name;
  double value;
};

struct BundledPreset {
  const char* name;
  const char* about;  // a line for people
  std::span<const PresetValue> values;
};

// clang-format off
"""
FOOT: Final = """\
// clang-format on

}  // namespace rtsynth::plugin
"""


def values_of(state: dict[str, Any]) -> dict[str, float]:
    """What a preset sets among the host's parameters."""
    channel = state.get("channels", {}).get(CHANNEL, {})
    found = {**state.get("parameters", {}), **channel.get("parameters", {})}
    return {each.known.name: float(found[each.known.name])
            for each in HOST_PARAMETERS if each.known.name in found}  # fmt: skip


def text() -> str:
    """The whole header."""
    values: list[str] = []
    presets: list[str] = []
    for entry in SHELF.entries():
        if not entry.bundled:
            continue
        state = SHELF.read(entry)
        rows = [f"{{{json.dumps(name)}, {value!r}}}" for name, value in values_of(state).items()]
        place = f"{{kPresetValues.data() + {len(values)}, {len(rows)}}}"
        presets.append(
            f"    {{{json.dumps(entry.name)}, {json.dumps(state['about'])}, {place}}},\n"
        )
        values += [f"    {row},  // {entry.name}\n" for row in rows]
    return "".join([HEAD, _array("PresetValue", "kPresetValues", values), "\n",
                    _array("BundledPreset", "kBundledPresets", presets), FOOT])  # fmt: skip


def _array(kind: str, name: str, rows: list[str]) -> str:
    head = f"inline constexpr std::array<{kind}, {len(rows)}> {name} = {{{{\n"
    return head + "".join(rows) + "}};\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
