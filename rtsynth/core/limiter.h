/// Keeps the sum of all notes within full scale, and is not heard while it need not.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// Below kKnee nothing is changed, bit for bit. What peaks above is turned down on both sides
/// alike, to below 1, at once: there is no look-ahead, for that would be latency. What the gain
/// follows is the highest peak of the last 25..50 ms, so that under a steady sound, however low, it
/// does not move and distorts nothing; it lets go within a tenth of a second.
class Limiter {
 public:
  static constexpr float kKnee = 0.891F;  // -1 dB of full scale

  /// [control, stopped] Lets go.
  void prepare(double rate_hz) {
    recovery_ = static_cast<float>(std::exp(-1.0 / (kRecoveryS * rate_hz)));
    window_ = std::max(static_cast<int>(kWindowS * rate_hz), 1);
    rest();
  }
  /// [audio] Whether samples up to `loudest` pass as they are.
  [[nodiscard]] bool idle(float loudest) const RT_SAFE { return loudest <= kKnee && over_ <= 0.0F; }
  /// [audio] In place; returns how many samples were turned down.
  std::int64_t render(float* left, float* right, int samples) RT_SAFE {
    std::int64_t limited = 0;
    for (int i = 0; i < samples; ++i) {
      const float level = std::max(std::abs(left[i]), std::abs(right[i]));
      if (idle(level)) continue;
      const float gain = follow(level);
      left[i] = std::clamp(left[i] * gain, -1.0F, 1.0F);
      right[i] = std::clamp(right[i] * gain, -1.0F, 1.0F);
      ++limited;
    }
    return limited;
  }

 private:
  static constexpr double kRecoveryS = 0.1;
  static constexpr double kWindowS = 0.025;  // half a period of 20 Hz
  static constexpr float kNothing = 1e-4F;   // above the knee: the gain is 1 within 1e-7

  void rest() RT_SAFE {
    before_ = during_ = kKnee;
    over_ = 0.0F;
    left_of_window_ = window_;
  }
  /// The next sample's gain.
  float follow(float level) RT_SAFE {
    if (left_of_window_-- == 0) {
      before_ = during_;
      during_ = kKnee;
      left_of_window_ = window_ - 1;
    }
    during_ = std::max(during_, level);
    const float held = std::max(before_, during_) - kKnee;
    over_ = std::max(held, held + (over_ - held) * recovery_);
    if (over_ < kNothing) rest();
    return soften(over_) / (kKnee + over_);
  }
  /// The soft knee: as it is at kKnee, towards 1 above, without a corner.
  static float soften(float over) RT_SAFE {
    constexpr float kRoom = 1.0F - kKnee;
    return kKnee + over * kRoom / (kRoom + over);
  }

  float recovery_ = 0.0F;
  int window_ = 1;
  int left_of_window_ = 1;
  float over_ = 0.0F;     // of the peak that the gain is made for, above the knee
  float before_ = kKnee;  // highest of the window before, and of this one so far
  float during_ = kKnee;
};

}  // namespace rtsynth
