/// The highest samples of both sides, for meters.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>

#include "rt.h"

namespace rtsynth {

class Peaks {
 public:
  /// [audio]
  void measure(const float* left, const float* right, int samples) RT_SAFE {
    const bool fresh = reset_.exchange(false, std::memory_order_relaxed);
    const std::array<const float*, 2> sides = {left, right};
    for (std::size_t c = 0; c < 2; ++c) {
      float peak = fresh ? 0.0F : peaks_[c].load(std::memory_order_relaxed);
      for (int i = 0; i < samples; ++i) peak = std::max(peak, std::abs(sides[c][i]));
      peaks_[c].store(peak, std::memory_order_relaxed);
    }
  }
  /// [any] Highest sample of a channel (0 left, 1 right) since reset(), linear.
  [[nodiscard]] float get(std::size_t channel) const RT_SAFE {
    if (reset_.load(std::memory_order_relaxed)) return 0.0F;
    return peaks_[channel].load(std::memory_order_relaxed);
  }
  /// [any]
  void reset() RT_SAFE { reset_.store(true, std::memory_order_relaxed); }

 private:
  std::array<std::atomic<float>, 2> peaks_{};
  std::atomic<bool> reset_{false};
};

}  // namespace rtsynth
