/// Fades from one setting to another, where a glide would be heard.
#pragma once

#include <algorithm>

#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// A fade from one thing to another, in straight lines between ticks.
class Crossfade {
 public:
  /// [control, stopped]
  void prepare(double seconds, double rate_hz) {
    per_tick_ = static_cast<float>(kTickSamples / (seconds * rate_hz));
    line_ = {1.0F, 0.0F};
  }
  /// [audio] From the next tick() on.
  void begin() RT_SAFE { line_ = {0.0F, 0.0F}; }
  /// [audio] Returns true while it goes on.
  bool tick() RT_SAFE {
    const float at = end();
    line_ = {at, (std::min(at + per_tick_, 1.0F) - at) / static_cast<float>(kTickSamples)};
    return at < 1.0F;
  }
  [[nodiscard]] bool over() const RT_SAFE { return line_.start >= 1.0F; }
  /// [audio] Where it is at the next tick, 0..1.
  [[nodiscard]] float end() const RT_SAFE { return line_.at(kTickSamples - 1); }
  /// [audio] In place, from `samples` to `to`; `index` counts from the tick.
  void mix(float* samples, const float* to, int index, int count) const RT_SAFE {
    for (int k = 0; k < count; ++k) samples[k] += line_.at(index + k) * (to[k] - samples[k]);
  }

 private:
  GainRamp line_{1.0F, 0.0F};
  float per_tick_ = 1.0F;
};

}  // namespace rtsynth
