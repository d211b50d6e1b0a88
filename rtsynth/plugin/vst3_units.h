/// Units of VST3: groups of parameters on the page, and a unit for each MIDI channel with its
/// programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace rtsynth::plugin {

inline constexpr std::int32_t kVst3Programs = 128;
inline constexpr std::size_t kVst3TextPlaces = 128;

/// [any] The unit of a group, as parameters name it; 0, the root, where there is none.
[[nodiscard]] std::int32_t vst3_unit_of_group(std::string_view group);
/// [any]
[[nodiscard]] std::int32_t vst3_unit_of_channel(int channel);

/// [any] The program 0..127 that a part of the range means.
[[nodiscard]] inline int vst3_program_at(double normalised) {
  return std::clamp(static_cast<int>(normalised * kVst3Programs), 0, kVst3Programs - 1);
}

}  // namespace rtsynth::plugin
