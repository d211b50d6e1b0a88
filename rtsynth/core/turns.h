/// How far the oscillators of a bank turn at a sample and in a piece (kernels.cpp compiles it).
#pragma once

#include <algorithm>
#include <cstddef>
#include <numbers>

#include "bank.h"
#include "rt.h"

namespace rtsynth {

inline constexpr float kPi = std::numbers::pi_v<float>;
inline constexpr float kTopRadians = 0.98F * kPi;  // a partial that a bend lifts above is clipped

/// sin(x) within 1e-7, for x in -pi/2..pi/2: Taylor series.
RT_INLINE float sin_quarter(float x) {
  const float y = x * x;
  float p = -2.50521084e-8F;
  p = p * y + 2.75573192e-6F;
  p = p * y - 1.98412698e-4F;
  p = p * y + 8.33333333e-3F;
  p = p * y - 1.66666667e-1F;
  return x + x * (y * p);
}

/// The vector of twice the angle.
RT_INLINE void double_angle(float& cosine, float& sine) {
  const float twice = sine + sine;
  sine = twice * cosine;
  cosine = 1.0F - twice * (0.5F * twice);
}

/// One Newton step towards length 1.
RT_INLINE void normalise(float& re, float& im) {
  const float scale = 1.5F - 0.5F * (re * re + im * im);
  re *= scale;
  im *= scale;
}

RT_INLINE void rotations_body(const float* ratio, float radians, Bank& bank) {
  static_assert(kPieceSamples == 16, "the angle is doubled four times");
  for (int h = 0; h < bank.heard_count; ++h) {
    const std::size_t g = bank.heard[static_cast<std::size_t>(h)];
    Group& group = bank.groups[g];
    const float* __restrict from = ratio + g * kLanes;
    RT_LANES
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float half = 0.5F * std::min(from[lane] * radians, kTopRadians);
      const float sine = sin_quarter(half);
      const float twice = sine + sine;
      float s = twice * sin_quarter(0.5F * kPi - half);
      float c = 1.0F - twice * sine;
      group.cosine[lane] = c;
      group.sine[lane] = s;
      group.twice_cosine[lane] = 2.0F - twice * twice;
      double_angle(c, s);
      double_angle(c, s);
      double_angle(c, s);
      double_angle(c, s);
      normalise(c, s);
      group.piece_cosine[lane] = c;
      group.piece_sine[lane] = s;
    }
  }
}

/// Turns all rotations on by `ratio * delta`, a small angle: a series of two terms.
RT_INLINE void glide_body(const float* ratio, float delta, Bank& bank) {
  constexpr auto kPiece = static_cast<float>(kPieceSamples);
  for (int h = 0; h < bank.heard_count; ++h) {
    const std::size_t g = bank.heard[static_cast<std::size_t>(h)];
    Group& group = bank.groups[g];
    const float* __restrict from = ratio + g * kLanes;
    RT_LANES
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float angle = from[lane] * delta;
      const float s = group.sine[lane], c = group.cosine[lane];
      const float fall = angle * (s + s + angle * c);  // of twice the cosine
      const float twice = group.twice_cosine[lane] - fall;
      group.twice_cosine[lane] = twice;
      group.cosine[lane] = 0.5F * twice;
      group.sine[lane] = s + angle * (c - 0.5F * angle * s);
      const float turn = kPiece * angle;
      const float ps = group.piece_sine[lane], pc = group.piece_cosine[lane];
      group.piece_cosine[lane] = pc - turn * (ps + 0.5F * turn * pc);
      group.piece_sine[lane] = ps + turn * (pc - 0.5F * turn * ps);
    }
  }
}

RT_INLINE void renormalise_body(Bank& bank) {
  for (int h = 0; h < bank.heard_count; ++h) {
    Group& group = bank.groups[bank.heard[static_cast<std::size_t>(h)]];
    float* __restrict re = group.re.data();
    float* __restrict im = group.im.data();
    RT_LANES
    for (std::size_t lane = 0; lane < kLanes; ++lane) normalise(re[lane], im[lane]);
  }
}

}  // namespace rtsynth
