/// The way out of the mix: gain, volume, balance, limiter, and the guarantee that samples are
/// finite.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "counters.h"
#include "envelope.h"
#include "limiter.h"
#include "peaks.h"
#include "rt.h"

namespace rtsynth {

/// What comes out is finite and never above 1.
class OutputStage {
 public:
  /// [control, stopped] Both outlive it.
  void prepare(double rate_hz, Counters& counters, Peaks& peaks) {
    counters_ = &counters;
    peaks_ = &peaks;
    gain_.set(1.0F);
    volume_.set(1.0F);
    for (Glide& side : sides_) side.set(1.0F);
    for (GainRamp& ramp : ramps_) ramp = {1.0F, 0.0F};
    set_rate(rate_hz);
  }
  /// [control, stopped] Gain, volume and balance stay, the limiter lets go.
  void set_rate(double rate_hz) {
    glide_part_ = glide_part(kGainGlideS, rate_hz);
    limiter_.prepare(rate_hz);
  }

  /// [control, stopped] Nothing was heard before: what glides is there at once.
  void restart() {
    gain_.set(gain_.target());
    volume_.set(volume_.target());
    for (Glide& side : sides_) side.set(side.target());
    for (std::size_t c = 0; c < 2; ++c) ramps_[c] = {product(c), 0.0F};
    index_ = 0;
  }

  /// [audio] Linear, 0 or more; glides, unless nothing was heard before.
  void set_gain(float gain, bool at_once) RT_SAFE { set(gain_, gain, at_once); }
  /// [audio] The device's volume, linear, 0..1, times the gain; likewise.
  void set_volume(float volume, bool at_once) RT_SAFE { set(volume_, volume, at_once); }
  /// [audio] -1 the left side alone, 0 both, 1 the right one; likewise.
  void set_balance(float balance, bool at_once) RT_SAFE {
    set(sides_[0], std::min(1.0F - balance, 1.0F), at_once);
    set(sides_[1], std::min(1.0F + balance, 1.0F), at_once);
  }
  /// [audio] At multiples of kTickSamples, before render().
  void tick() RT_SAFE {
    const std::array<float, 2> before = {product(0), product(1)};
    gain_.tick(glide_part_);
    volume_.tick(glide_part_);
    for (std::size_t c = 0; c < 2; ++c) {
      sides_[c].tick(glide_part_);
      ramps_[c] = {before[c], (product(c) - before[c]) / static_cast<float>(kTickSamples)};
    }
    index_ = 0;
  }
  /// [audio] In place; `samples` not past the next tick.
  void render(float* left, float* right, int samples) RT_SAFE {
    float loudest = 0.0F;
    std::int64_t nonfinite = 0;
    for (int i = 0; i < samples; ++i) {
      nonfinite += finite(left[i], ramps_[0].at(index_ + i));
      nonfinite += finite(right[i], ramps_[1].at(index_ + i));
      loudest = std::max({loudest, std::abs(left[i]), std::abs(right[i])});
    }
    index_ += samples;
    if (nonfinite != 0) counters_->nonfinite.add(nonfinite);
    if (!limiter_.idle(loudest)) counters_->limited.add(limiter_.render(left, right, samples));
    peaks_->measure(left, right, samples);
  }

 private:
  static constexpr double kGainGlideS = 0.02;  // the master gain is not an instrument

  [[nodiscard]] float product(std::size_t channel) const RT_SAFE {
    return gain_.value() * volume_.value() * sides_[channel].value();
  }
  void set(Glide& glide, float value, bool at_once) RT_SAFE {
    glide.aim(value);
    if (!at_once) return;
    glide.set(value);
    for (std::size_t c = 0; c < 2; ++c) ramps_[c] = {product(c), 0.0F};
  }
  static int finite(float& sample, float gain) RT_SAFE {
    sample *= gain;
    if (std::abs(sample) < 1e30F) return 0;  // also false for a NaN
    sample = 0.0F;
    return 1;
  }

  Counters* counters_ = nullptr;
  Peaks* peaks_ = nullptr;
  Limiter limiter_;
  Glide gain_;
  Glide volume_;
  std::array<Glide, 2> sides_;  // left, right
  std::array<GainRamp, 2> ramps_;
  int index_ = 0;
  float glide_part_ = 1.0F;
};

}  // namespace rtsynth
