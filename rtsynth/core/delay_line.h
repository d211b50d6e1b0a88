/// Samples of the past, read at whole and at fractional delays.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "envelope.h"
#include "fold.h"
#include "rt.h"

namespace rtsynth {

/// In a recursion what lies below -180 dB is nothing, so that it ends; nor does what is not finite
/// come back for ever.
[[nodiscard]] RT_INLINE float or_nothing(float x) {
  const float size = std::abs(x);
  return size >= 1e-9F && size < 1e9F ? x : 0.0F;  // also false for a NaN
}

/// A ring of samples.
class DelayLine {
 public:
  /// [control, stopped] Silent; delays up to `samples` can be read.
  void prepare(int samples) {
    ring_.assign(std::bit_ceil(static_cast<std::size_t>(samples)), 0.0F);
    next_ = 0;
  }
  /// [audio]
  void write(const float* in, int count) RT_SAFE {
    const auto n = static_cast<std::size_t>(count);
    const std::size_t first = std::min(n, ring_.size() - next_);
    std::copy_n(in, first, ring_.data() + next_);
    std::copy_n(in + first, n - first, ring_.data());
    next_ = (next_ + n) & (ring_.size() - 1);
  }
  /// [audio] From `delay` samples before the one that is written next; all of `count` are written.
  void read(int delay, float* out, int count) const RT_SAFE {
    const auto n = static_cast<std::size_t>(count);
    const std::size_t from = (next_ - static_cast<std::size_t>(delay)) & (ring_.size() - 1);
    const std::size_t first = std::min(n, ring_.size() - from);
    std::copy_n(ring_.data() + from, first, out);
    std::copy_n(ring_.data(), n - first, out + first);
  }
  /// [any]
  [[nodiscard]] int size() const RT_SAFE { return static_cast<int>(ring_.size()); }

 private:
  std::vector<float> ring_;  // its length is a power of two
  std::size_t next_ = 0;
};

/// Reads between samples: eight taps of a sinc under a Kaiser window, in steps of a 64th of a
/// sample and straight lines between (J. O. Smith, "Digital Audio Resampling Home Page", CCRMA).
class SincTable {
 public:
  static constexpr int kTaps = 8;
  static constexpr int kAround = kTaps / 2;       // samples that are read before and behind
  static constexpr int kMost = 3 * kTickSamples;  // samples that one read may reach over

  /// [control, stopped]
  void prepare() {
    for (std::size_t p = 0; p <= kPhases; ++p) {
      double sum = 0.0;
      std::array<double, kTaps> taps{};
      for (std::size_t t = 0; t < kTaps; ++t) {
        const double x = static_cast<double>(t) - (kAround - 1) - static_cast<double>(p) / kPhases;
        taps[t] = sinc(x) * kaiser(x / kAround);
        sum += taps[t];
      }
      for (std::size_t t = 0; t < kTaps; ++t) taps_[p][t] = static_cast<float>(taps[t] / sum);
    }
  }

  /// [audio] Sample k lies `base + more[k]` before the one that will be written k samples from now,
  /// at least `samples + kAround`. From one to the next `more` moves by less than a sample.
  void read(const DelayLine& line, int base, const float* more, float* out,
            int samples) const RT_SAFE {
    std::array<int, kTickSamples> whole;
    std::array<float, kTickSamples> part;
    int low = kMost, high = -line.size();
    for (int k = 0; k < samples; ++k) {
      const auto i = static_cast<std::size_t>(k);
      const float below = std::floor(-more[k]);  // rounded alike wherever a block begins
      whole[i] = k + static_cast<int>(below);
      part[i] = -more[k] - below;
      low = std::min(low, whole[i]);
      high = std::max(high, whole[i]);
    }
    alignas(kAlign) std::array<float, kMost + kTaps> near;
    const int reach = std::min(high - low, kMost);
    line.read(base - low + kAround - 1, near.data(), reach + kTaps);
    for (int k = 0; k < samples; ++k) {
      const auto i = static_cast<std::size_t>(k);
      out[k] = between(near.data() + std::min(whole[i] - low, reach), part[i]);
    }
  }

  /// [audio] The same where the delay beyond `base` goes from one value to another, less than a
  /// sample away, in a straight line from tick to tick: the taps do as well. `index` counts from
  /// the tick.
  void glide(const DelayLine& line, int base, float from, float to, int index, float* out,
             int samples) const RT_SAFE {
    constexpr int kBoth = kTaps + 1;
    alignas(kAlign) std::array<float, kBoth> begin{}, way{};
    const float first = std::floor(-from), last = std::floor(-to);
    const int low = static_cast<int>(std::min(first, last));
    get_taps(-from - first, begin.data() + (first > last ? 1 : 0));
    get_taps(-to - last, way.data() + (last > first ? 1 : 0));
    for (std::size_t t = 0; t < kBoth; ++t) way[t] -= begin[t];
    alignas(kAlign) std::array<float, kTickSamples + kBoth> near;
    line.read(base - low + kAround - 1, near.data(), samples + kTaps);
    std::fill_n(out, samples, 0.0F);
    for (std::size_t t = 0; t < kBoth; ++t) {
      add_tap(begin[t], way[t], index, near.data() + t, out, samples);
    }
  }

 private:
  static constexpr std::size_t kPhases = 64;

  /// The taps for a place between two samples, 0..1.
  RT_INLINE void get_taps(float part, float* __restrict taps) const RT_SAFE {
    const float phase = part * kPhases;
    const auto p = std::min(static_cast<std::size_t>(phase), kPhases - 1);
    const float rest = phase - static_cast<float>(p);
    for (std::size_t t = 0; t < kTaps; ++t) {
      taps[t] = taps_[p][t] + rest * (taps_[p + 1][t] - taps_[p][t]);
    }
  }
  /// A tap that goes `way` from a tick to the next.
  RT_INLINE static void add_tap(float begin, float way, int index, const float* __restrict in,
                                float* __restrict out, int samples) RT_SAFE {
    const Ramp tap = {begin, way / kTickSamples};
    for (int k = 0; k < samples; ++k) out[k] += tap.at(index + k + 1) * in[k];
  }
  [[nodiscard]] RT_INLINE float between(const float* samples, float part) const RT_SAFE {
    alignas(kAlign) float product[kTaps];
    get_taps(part, product);
    for (std::size_t t = 0; t < kTaps; ++t) product[t] *= samples[t];
    for (std::size_t half = kTaps / 2; half > 0; half /= 2) {
      for (std::size_t t = 0; t < half; ++t) product[t] += product[t + half];
    }
    return product[0];
  }
  static double sinc(double x) {
    const double turn = std::numbers::pi * x;
    return x == 0.0 ? 1.0 : std::sin(turn) / turn;
  }
  /// At -1..1.
  static double kaiser(double x) {
    constexpr double kBeta = 7.0;
    return x * x >= 1.0 ? 0.0 : bessel(kBeta * std::sqrt(1.0 - x * x)) / bessel(kBeta);
  }
  /// The modified Bessel function of order 0, by its series.
  static double bessel(double x) {
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 30; ++k) {
      term *= x * x / (4.0 * k * k);
      sum += term;
    }
    return sum;
  }

  alignas(kAlign) std::array<std::array<float, kTaps>, kPhases + 1> taps_{};
};

}  // namespace rtsynth
