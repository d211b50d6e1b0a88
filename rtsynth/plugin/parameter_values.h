/// What the parameters of an instance are set to, and which of them the other side has to hear.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "parameter_table.h"
#include "rt.h"

namespace rtsynth::plugin {

/// Places are those of kHostParameters.
class ParameterValues {
 public:
  static constexpr std::size_t kCount = kHostParameters.size();

  /// [main]
  ParameterValues() {
    for (std::size_t i = 0; i < kCount; ++i) values_[i].store(kHostParameters[i].preset);
  }

  /// [any]
  [[nodiscard]] double get(std::size_t place) const RT_SAFE {
    return values_[place].load(std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value by the host's own hand, kept within its range.
  void set(std::size_t place, double value) RT_SAFE {
    keep(place, value);
    by_host_[place].store(true, std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value that the server knows of already.
  void follow(std::size_t place, double value) RT_SAFE {
    keep(place, value);
    by_host_[place].store(false, std::memory_order_relaxed);
  }

  /// [any] The value is to be carried out with the next block.
  void wait(std::size_t place) RT_SAFE {
    waits_[place].store(true, std::memory_order_relaxed);
    any_waits_.store(true, std::memory_order_release);
  }
  /// [any] So are all that are as the host set them: the core, or a new server, may not know them.
  void wait_all_of_host() RT_SAFE {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (by_host_[i].load(std::memory_order_relaxed)) wait(i);
    }
  }
  /// [audio] Calls `each(place)` for those, once.
  template <class Each>
  void take_waiting(const Each& each) RT_SAFE {
    if (!any_waits_.exchange(false, std::memory_order_acquire)) return;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (waits_[i].exchange(false, std::memory_order_relaxed)) each(i);
    }
  }

 private:
  void keep(std::size_t place, double value) RT_SAFE {
    values_[place].store(inside(kHostParameters[place], value), std::memory_order_relaxed);
  }

  std::array<std::atomic<double>, kCount> values_;
  std::array<std::atomic<bool>, kCount> by_host_{};
  std::array<std::atomic<bool>, kCount> waits_{};
  std::atomic<bool> any_waits_{false};
};

}  // namespace rtsynth::plugin
