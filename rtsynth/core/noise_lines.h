/// The levels of all notes' noise together, and the loops over them (kernels.cpp compiles them).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "bank.h"
#include "contract.h"
#include "envelope.h"
#include "rt.h"
#include "stereo.h"

namespace rtsynth {

inline constexpr float kLeastNoise = 1e-12F;  // RMS: below it is nothing

/// A note's noise bands at a moment: `begin + step * index`, times gains, leaning by `width`.
struct NoiseShare {
  const float* begin = nullptr;  // kNoiseBands each, RMS of the middle
  const float* step = nullptr;
  float index = 0.0F;
  float width = 0.0F;
  float left = 0.0F;  // gains
  float right = 0.0F;
  std::size_t channel = 0;
};

/// The noise of many notes: powers of the sides, and what they have in common.
struct NoisePowers {
  using Bands = std::array<float, kNoiseBands>;
  alignas(kAlign) Bands left{};
  alignas(kAlign) Bands both{};
  alignas(kAlign) Bands right{};
};

/// How much of two streams goes where, in straight lines: the first to the left and the second to
/// the right, and as much of the first to the right as of the second to the left.
struct NoiseLines {
  using Bands = NoisePowers::Bands;
  alignas(kAlign) Bands left{};
  alignas(kAlign) Bands left_step{};
  alignas(kAlign) Bands both{};
  alignas(kAlign) Bands both_step{};
  alignas(kAlign) Bands right{};
  alignas(kAlign) Bands right_step{};
};

/// A noise band being read.
struct NoiseRead {
  const float* first = nullptr;  // the streams, may be read kTickSamples far
  const float* second = nullptr;
  Ramp left;
  Ramp both;
  Ramp right;
};

/// `channel`: the powers of both sides of a channel's notes, which are summed up later, once.
RT_INLINE void noise_powers_body(const NoiseShare& share, NoisePowers& powers,
                                 NoisePowers::Bands& channel) {
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const float amp = share.begin[b] + share.step[b] * share.index;
    const float leant = share.width * kLeans[kPartials + b];
    const float left = share.left * (amp - amp * leant);
    const float right = share.right * (amp + amp * leant);
    powers.left[b] += left * left;
    powers.both[b] += left * right;
    powers.right[b] += right * right;
    channel[b] += left * left + right * right;
  }
}

/// A line goes on from where it is at `index`.
RT_INLINE void aim_line(float& begin, float& step, float index, float target, float per_sample) {
  begin += step * index;
  if (begin < kLeastNoise) begin = 0.0F;
  step = (target - begin) * per_sample;
}

/// Every band's matrix of powers gets its square root, which moves as smoothly as the powers do.
/// A determinant that is only rounding is none: the sides of a note in the middle are the same.
RT_INLINE void aim_noise_body(const NoisePowers& powers, int index, float per_sample,
                              NoiseLines& lines) {
  constexpr float kRounding = 1e-6F;
  const auto at = static_cast<float>(index);
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const float left = powers.left[b], both = powers.both[b], right = powers.right[b];
    const float product = left * right;
    const float determinant = product - both * both;
    const float root = std::sqrt(determinant > kRounding * product ? determinant : 0.0F);
    const float trace = std::sqrt(left + right + root + root);
    const float scale = 1.0F / std::max(trace, kLeastNoise);
    aim_line(lines.left[b], lines.left_step[b], at, (left + root) * scale, per_sample);
    aim_line(lines.both[b], lines.both_step[b], at, both * scale, per_sample);
    aim_line(lines.right[b], lines.right_step[b], at, (right + root) * scale, per_sample);
  }
}

/// Four bands at a time: fewer passes over the sums, and their tables are fetched side by side.
template <int N>
RT_INLINE void add_bands(const NoiseRead* bands, const float* index, float* __restrict left,
                         float* __restrict right, int samples) {
  for (int i = 0; i < samples; ++i) {
    float to_left = 0.0F, to_right = 0.0F;
    for (int n = 0; n < N; ++n) {
      const NoiseRead& band = bands[n];
      const float first = band.first[i], second = band.second[i];
      const float both = band.both.begin + band.both.step * index[i];
      to_left += (band.left.begin + band.left.step * index[i]) * first + both * second;
      to_right += both * first + (band.right.begin + band.right.step * index[i]) * second;
    }
    left[i] += to_left;
    right[i] += to_right;
  }
}

RT_INLINE void noise_body(const NoiseRead* bands, int count, int first_index, float* left,
                          float* right, int samples) {
  float index[kTickSamples];
  for (int i = 0; i < samples; ++i) index[i] = static_cast<float>(first_index + i);
  for (; count >= 4; count -= 4, bands += 4) add_bands<4>(bands, index, left, right, samples);
  for (; count > 0; --count, ++bands) add_bands<1>(bands, index, left, right, samples);
}

}  // namespace rtsynth
