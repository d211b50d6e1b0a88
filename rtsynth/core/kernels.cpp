#include "kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace rtsynth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kTopRadians = 0.98F * kPi;  // a partial that a bend lifts above this is clipped

/// Four bands at a time: fewer passes over the sums, and their tables are fetched side by side.
/// A note without width has no `side`.
template <bool kWide>
RT_INLINE void noise_body(const NoiseRead* bands, int count, int ramp_index, float* __restrict mid,
                          float* __restrict side, int samples) {
  float index[kTickSamples];
  for (int i = 0; i < samples; ++i) index[i] = static_cast<float>(ramp_index + i);
  const auto at = [&index](const NoiseRead& band, int i)
                      RT_SAFE { return (band.amp + band.step * index[i]) * band.samples[i]; };
  for (; count >= 4; count -= 4, bands += 4) {
    const NoiseRead a = bands[0], b = bands[1], c = bands[2], d = bands[3];
    for (int i = 0; i < samples; ++i) {
      const float in_a = at(a, i), in_b = at(b, i), in_c = at(c, i), in_d = at(d, i);
      mid[i] += (in_a + in_b) + (in_c + in_d);
      if constexpr (kWide) {
        side[i] += (a.lean * in_a + b.lean * in_b) + (c.lean * in_c + d.lean * in_d);
      }
    }
  }
  for (; count > 0; --count, ++bands) {
    const NoiseRead a = bands[0];
    for (int i = 0; i < samples; ++i) {
      const float in_a = at(a, i);
      mid[i] += in_a;
      if constexpr (kWide) side[i] += a.lean * in_a;
    }
  }
}

/// 2 to the power of x within 3e-6, for x in -126..126: note gains are limited where they are
/// stored (takes.cpp) so that levels never leave that range.
RT_INLINE float exp2_fast(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  const float whole = (x + kRound) - kRound;
  const float f = x - whole;  // -0.5..0.5
  float p = 0.00133335581F;   // Taylor series of 2^f
  p = p * f + 0.00961812911F;
  p = p * f + 0.0555041087F;
  p = p * f + 0.240226507F;
  p = p * f + 0.693147181F;
  p = p * f + 1.0F;
  const auto exponent = (static_cast<std::int32_t>(whole) + 127) * (1 << 23);
  return p * std::bit_cast<float>(exponent);
}

template <class Step>
RT_INLINE void levels_body(const Step* frame, float db_per_step, float gain_db, float* linear) {
  constexpr float kLog2PerDb = 0.166096405F;  // log2(10) / 20
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    const float db = static_cast<float>(frame[i]) * db_per_step + gain_db;
    linear[i] = exp2_fast(db * kLog2PerDb);
  }
}

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

RT_INLINE void rotations_body(const float* ratio, float radians, Bank& bank) {
  for (int g = 0; g < bank.group_count; ++g) {
    const std::size_t at = bank.groups[static_cast<std::size_t>(g)] * kLanes;
    const float* __restrict from = ratio + at;
    float* __restrict cosine = bank.cosine.data() + at;
    float* __restrict sine = bank.sine.data() + at;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float w = std::min(from[lane] * radians, kTopRadians);
      cosine[lane] = sin_quarter(0.5F * kPi - w);
      sine[lane] = sin_quarter(std::min(w, kPi - w));
    }
  }
}

RT_INLINE void renormalise_body(Bank& bank) {
  for (int g = 0; g < bank.group_count; ++g) {
    const std::size_t at = bank.groups[static_cast<std::size_t>(g)] * kLanes;
    for (std::size_t k = at; k < at + kLanes; ++k) {
      const float square = bank.re[k] * bank.re[k] + bank.im[k] * bank.im[k];
      const float scale = 1.5F - 0.5F * square;  // one Newton step towards length 1
      bank.re[k] *= scale;
      bank.im[k] *= scale;
    }
  }
}

#define RTSYNTH_KERNELS(NAME, WIDTH, TARGET)                                                   \
  TARGET void bank_##NAME(Bank& bank, float* out, int samples) RT_SAFE {                       \
    bank_body<WIDTH>(bank, out, samples);                                                      \
  }                                                                                            \
  TARGET void wide_bank_##NAME(Bank& bank, float* mid, float* side, int samples) RT_SAFE {     \
    wide_bank_body<WIDTH>(bank, mid, side, samples);                                           \
  }                                                                                            \
  TARGET void noise_##NAME(const NoiseRead* bands, int count, int ramp_index, float* out,      \
                           int samples) RT_SAFE {                                              \
    noise_body<false>(bands, count, ramp_index, out, nullptr, samples);                        \
  }                                                                                            \
  TARGET void wide_noise_##NAME(const NoiseRead* bands, int count, int ramp_index, float* mid, \
                                float* side, int samples) RT_SAFE {                            \
    noise_body<true>(bands, count, ramp_index, mid, side, samples);                            \
  }                                                                                            \
  TARGET void levels_##NAME(const std::int16_t* frame, float gain_db, float* linear) RT_SAFE { \
    levels_body(frame, 1.0F / kFrameSteps, gain_db, linear);                                   \
  }                                                                                            \
  TARGET void coarse_levels_##NAME(const unsigned char* frame, float gain_db, float* linear)   \
      RT_SAFE {                                                                                \
    levels_body(frame, 1.0F / kCoarseSteps, gain_db + static_cast<float>(kFloorDb), linear);   \
  }                                                                                            \
  TARGET void rotations_##NAME(const float* ratio, float radians, Bank& bank) RT_SAFE {        \
    rotations_body(ratio, radians, bank);                                                      \
  }                                                                                            \
  TARGET void renormalise_##NAME(Bank& bank) RT_SAFE { renormalise_body(bank); }               \
  constexpr Kernels kKernels_##NAME = {                                                        \
      bank_##NAME,       wide_bank_##NAME,   noise_##NAME,                                     \
      wide_noise_##NAME, levels_##NAME,      coarse_levels_##NAME,                             \
      rotations_##NAME,  renormalise_##NAME, #NAME};

RTSYNTH_KERNELS(portable, 4, )

#if defined(__GNUC__) && defined(__x86_64__)
#define RTSYNTH_X86 1
RTSYNTH_KERNELS(avx2, 8, __attribute__((target("avx2"))))
RTSYNTH_KERNELS(avx512, 16, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))))
#endif

}  // namespace

const Kernels* kernel_set(int index) noexcept {
  if (index == 0) return &kKernels_portable;
#if defined(RTSYNTH_X86)
  __builtin_cpu_init();
  if (index == 1 && __builtin_cpu_supports("avx2")) return &kKernels_avx2;
  if (index == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
    return &kKernels_avx512;
  }
#endif
  return nullptr;
}

const Kernels& best_kernels() noexcept {
  for (int index = 2; index > 0; --index) {
    if (const Kernels* set = kernel_set(index)) return *set;
  }
  return kKernels_portable;
}

}  // namespace rtsynth
