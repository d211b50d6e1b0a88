/// Units of VST3: groups of parameters on the page, and a unit for each MIDI channel with its
/// programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "rt.h"

namespace rtsynth::plugin {

inline constexpr std::int32_t kVst3Programs = 128;
inline constexpr std::size_t kVst3TextPlaces = 128;

/// [any] The unit of a group, as parameters name it; 0, the root, where there is none.
[[nodiscard]] std::int32_t vst3_unit_of_group(std::string_view group);
/// [any]
[[nodiscard]] std::int32_t vst3_unit_of_channel(int channel);

/// [any] The place in a list of so many that a part of the range means; what is no number or lies
/// outside means an end.
[[nodiscard]] inline int vst3_place_at(double normalised, int count) RT_SAFE {
  if (!(normalised > 0.0)) return 0;
  return normalised >= 1.0 ? count - 1 : std::min(static_cast<int>(normalised * count), count - 1);
}
/// [any] The program 0..127, likewise.
[[nodiscard]] inline int vst3_program_at(double normalised) RT_SAFE {
  return vst3_place_at(normalised, kVst3Programs);
}

}  // namespace rtsynth::plugin
