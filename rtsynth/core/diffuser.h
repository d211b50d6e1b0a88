/// What comes before a reverberation: a delay, and echoes too dense to be told apart.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "crossfade.h"
#include "delay_line.h"
#include "rt.h"

namespace rtsynth {

/// One side: a pre-delay, then four allpass filters in a row (M. R. Schroeder, "Natural sounding
/// artificial reverberation", J. Audio Eng. Soc. 10, 1962; lengths and gains after J. Dattorro,
/// "Effect design, part 1", 1997).
class Diffuser {
 public:
  static constexpr double kLongestDelayS = 0.2;
  static constexpr std::size_t kFilters = 4;
  using Lengths = std::array<double, kFilters>;  // seconds
  using Block = std::array<float, kTickSamples>;

  /// [control, stopped] Silent; takes the memory of the longest delay.
  void prepare(double rate_hz, const Lengths& lengths_s, float delay_s);
  /// [audio] At ticks. Another delay is faded to.
  void tick(float delay_s) RT_SAFE;
  /// [audio] Fills `out`; `index` counts from the tick. Returns false where all that was kept is 0.
  [[nodiscard]] bool render(const float* in, Block& out, int index, int samples) RT_SAFE;
  /// [audio] Forgets as many of the oldest samples: silent when longest() of them are gone.
  void forget(int samples) RT_SAFE;
  /// [any] Samples that are kept at most.
  [[nodiscard]] int longest() const RT_SAFE { return before_.size(); }

 private:
  [[nodiscard]] int in_samples(float delay_s) const RT_SAFE {
    return static_cast<int>(delay_s * rate_hz_);
  }

  DelayLine before_;
  std::array<DelayLine, kFilters> filters_;
  std::array<int, kFilters> length_{};
  Crossfade fade_;
  float rate_hz_ = 48000.0F;
  int delay_ = 0;  // faded from
  int next_ = 0;   // faded to
};

}  // namespace rtsynth
