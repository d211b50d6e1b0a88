/// The control inputs of an LV2 instance, one for each host parameter.
#pragma once

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "lv2_events.h"
#include "parameter_table.h"
#include "rt.h"

namespace rtsynth::plugin {

/// A port holds what the host has last said of a parameter, which the page or a preset may have
/// moved since. So it counts when it moves, and not when it moves to where it is known to go: after
/// a restored state, which says where the ports were when it was saved, or after a request.
class Lv2Ports {
 public:
  /// [main]
  Lv2Ports();

  /// [main] The host's value; null: none.
  void connect(std::size_t index, const float* value) RT_SAFE;
  /// [audio] Events for all that moved.
  void read(Lv2Events& events) RT_SAFE;
  /// [audio] The host was asked to move a port there.
  void expect(std::size_t index, double value) RT_SAFE {
    ports_[index].expected.store(static_cast<float>(value), std::memory_order_relaxed);
  }
  /// [any] Where all ports stand, in words; for the state.
  [[nodiscard]] std::string save() const;
  /// [any] They will be moved to where they stood; names that are not known are passed over.
  void expect(std::string_view saved);

 private:
  static constexpr float kNowhere = std::numeric_limits<float>::quiet_NaN();

  struct Port {
    const float* value = nullptr;    // [audio]
    std::atomic<float> heard{0.0F};  // written by [audio]
    std::atomic<float> expected{kNowhere};
  };
  [[nodiscard]] static bool near(const HostParameter& parameter, float a, float b) RT_SAFE;

  std::array<Port, kHostParameters.size()> ports_;
};

}  // namespace rtsynth::plugin
