/// The way out of the mix: gain, limiter, and the guarantee that samples are finite.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

#include "counters.h"
#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// Below kKnee nothing is changed; above it both channels are turned down together, at once on a
/// peak and back again slowly. What comes out is always below 1.
class OutputStage {
 public:
  /// [control, stopped]
  void prepare(double rate_hz, Counters& counters) {
    counters_ = &counters;
    gain_.set(1.0F);
    ramp_ = {1.0F, 0.0F};
    set_rate(rate_hz);
  }
  /// [control, stopped] The gain stays, the limiter lets go.
  void set_rate(double rate_hz) {
    glide_part_ = glide_part(kGainGlideS, rate_hz);
    recovery_ = static_cast<float>(std::exp(-1.0 / (kRecoveryS * rate_hz)));
    peak_ = kKnee;
  }

  /// [audio] Linear, 0 or more; glides, unless nothing was heard before.
  void set_gain(float gain, bool at_once) RT_SAFE {
    gain_.aim(gain);
    if (!at_once) return;
    gain_.set(gain);
    ramp_ = {gain, 0.0F};
  }
  /// [audio] At multiples of kTickSamples, before render().
  void tick() RT_SAFE {
    const float before = gain_.value();
    gain_.tick(glide_part_);
    ramp_ = {before, (gain_.value() - before) / static_cast<float>(kTickSamples)};
    index_ = 0;
  }
  /// [audio] In place; `samples` not past the next tick.
  void render(float* left, float* right, int samples) RT_SAFE {
    float loudest = 0.0F;
    std::int64_t nonfinite = 0;
    for (int i = 0; i < samples; ++i) {
      const float gain = ramp_.at(index_ + i);
      nonfinite += finite(left[i], gain) + finite(right[i], gain);
      loudest = std::max({loudest, std::abs(left[i]), std::abs(right[i])});
    }
    index_ += samples;
    if (nonfinite != 0) counters_->nonfinite.add(nonfinite);
    if (loudest > kKnee || peak_ > kKnee) limit(left, right, samples);
    measure(left, right, samples);
  }

  /// [any] Highest sample of a channel (0 left, 1 right) since reset_peaks().
  [[nodiscard]] float peak(std::size_t channel) const RT_SAFE {
    if (reset_.load(std::memory_order_relaxed)) return 0.0F;
    return peaks_[channel].load(std::memory_order_relaxed);
  }
  /// [any]
  void reset_peaks() RT_SAFE { reset_.store(true, std::memory_order_relaxed); }

 private:
  static constexpr float kKnee = 0.891F;       // -1 dB of full scale
  static constexpr double kGainGlideS = 0.02;  // the master gain is not an instrument
  static constexpr double kRecoveryS = 0.1;    // slower than a bass note's period

  static int finite(float& sample, float gain) RT_SAFE {
    sample *= gain;
    if (std::abs(sample) < 1e30F) return 0;  // also false for a NaN
    sample = 0.0F;
    return 1;
  }
  /// The soft knee: as it is below kKnee, towards 1 above, without a corner.
  static float soften(float peak) RT_SAFE {
    const float over = (peak - kKnee) / (1.0F - kKnee);
    return kKnee + (1.0F - kKnee) * over / (1.0F + over);
  }
  void limit(float* left, float* right, int samples) RT_SAFE {
    std::int64_t limited = 0;
    for (int i = 0; i < samples; ++i) {
      peak_ = std::max({kKnee, peak_ * recovery_, std::abs(left[i]), std::abs(right[i])});
      if (peak_ <= kKnee) continue;
      const float gain = soften(peak_) / peak_;
      left[i] = std::clamp(left[i] * gain, -1.0F, 1.0F);
      right[i] = std::clamp(right[i] * gain, -1.0F, 1.0F);
      ++limited;
    }
    counters_->limited.add(limited);
  }
  void measure(const float* left, const float* right, int samples) RT_SAFE {
    const bool fresh = reset_.exchange(false, std::memory_order_relaxed);
    const float* sides[2] = {left, right};
    for (std::size_t c = 0; c < 2; ++c) {
      float peak = fresh ? 0.0F : peaks_[c].load(std::memory_order_relaxed);
      for (int i = 0; i < samples; ++i) peak = std::max(peak, std::abs(sides[c][i]));
      peaks_[c].store(peak, std::memory_order_relaxed);
    }
  }

  Counters* counters_ = nullptr;
  Glide gain_;
  GainRamp ramp_;
  int index_ = 0;
  float glide_part_ = 1.0F;
  float recovery_ = 0.0F;
  float peak_ = kKnee;
  std::atomic<float> peaks_[2] = {0.0F, 0.0F};
  std::atomic<bool> reset_{false};
};

}  // namespace rtsynth
