/// What a plugin keeps in the host's project: values of its parameters, and the desk's state, which
/// is the server's own text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtsynth::plugin {

struct SavedState {
  std::vector<std::pair<std::string, double>> values;  // by the name of the parameter
  std::string desk;                                    // verbatim; empty: as at the start
  // What was set last, of which the desk's state does not know yet.
  std::string preset;                // chosen after that; empty: none
  std::vector<std::string> pending;  // parameters, set after that and after the preset
};

/// What became of an attempt to read a state.
enum class StateFault {
  kNone,
  kForeign,  // not a state of rtsynth
  kNewer,    // of a version that this one does not know
  kDamaged,  // cut off, or changed
};

inline constexpr std::size_t kMostStateBytes = std::size_t{16} << 20;

/// [main]
[[nodiscard]] std::string write_state(const SavedState& state);
/// [main] Of any bytes; `state` is only touched where there is no fault.
[[nodiscard]] StateFault read_state(std::string_view bytes, SavedState& state);
/// What to tell a user.
[[nodiscard]] const char* line_of(StateFault fault);

}  // namespace rtsynth::plugin
