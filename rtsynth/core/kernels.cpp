#include "kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>

namespace rtsynth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kTopRadians = 0.98F * kPi;  // a partial that a bend lifts above this is clipped

/// W floats in a register, where the compiler has such a type; else an array it may vectorise.
#if defined(__GNUC__)
template <int W>
struct Vec {
  typedef float Type __attribute__((vector_size(W * sizeof(float))));
};
#else
template <int W>
struct Vec {
  struct Type {
    float v[W];
    friend Type operator+(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] += b.v[i];
      return a;
    }
    friend Type operator-(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] -= b.v[i];
      return a;
    }
    friend Type operator*(Type a, const Type& b) {
      for (int i = 0; i < W; ++i) a.v[i] *= b.v[i];
      return a;
    }
  };
};
#endif

/// One register's worth of oscillators.
template <int W>
struct Oscillators {
  using V = typename Vec<W>::Type;
  V re, im, cosine, sine, amp, step;

  RT_INLINE void load(const Bank& bank, std::size_t at) {
    std::memcpy(&re, &bank.re[at], sizeof(V));
    std::memcpy(&im, &bank.im[at], sizeof(V));
    std::memcpy(&cosine, &bank.cosine[at], sizeof(V));
    std::memcpy(&sine, &bank.sine[at], sizeof(V));
    std::memcpy(&amp, &bank.amp[at], sizeof(V));
    std::memcpy(&step, &bank.step[at], sizeof(V));
  }
  RT_INLINE void store(Bank& bank, std::size_t at) const {
    std::memcpy(&bank.re[at], &re, sizeof(V));
    std::memcpy(&bank.im[at], &im, sizeof(V));
    std::memcpy(&bank.amp[at], &amp, sizeof(V));
  }
  /// Adds this sample to `sum` and turns on by one.
  RT_INLINE void advance(float* sum) {
    V acc;
    std::memcpy(&acc, sum, sizeof(V));
    acc = acc + amp * im;
    std::memcpy(sum, &acc, sizeof(V));
    const V turned = re * cosine - im * sine;
    im = re * sine + im * cosine;
    re = turned;
    amp = amp + step;
  }
};

using Sums = float[kTickSamples][kLanes];

/// Two registers at a time, to hide the latency of the rotation. Every lane of `sums` adds its
/// groups in ascending order, so the width does not show in the result.
template <int W>
RT_INLINE void bank_sums(Bank& bank, Sums& sums, int samples) {
  constexpr int kParts = static_cast<int>(kLanes) / W;
  const int chunks = bank.group_count * kParts;
  for (int chunk = 0; chunk < chunks; chunk += 2) {
    const auto place = [&bank](int c) {
      return bank.groups[static_cast<std::size_t>(c / kParts)] * kLanes +
             static_cast<std::size_t>(c % kParts * W);
    };
    Oscillators<W> a;
    const std::size_t at_a = place(chunk);
    a.load(bank, at_a);
    if (chunk + 1 < chunks) {
      Oscillators<W> b;
      const std::size_t at_b = place(chunk + 1);
      b.load(bank, at_b);
      for (int i = 0; i < samples; ++i) {
        a.advance(sums[i] + at_a % kLanes);
        b.advance(sums[i] + at_b % kLanes);
      }
      b.store(bank, at_b);
    } else {
      for (int i = 0; i < samples; ++i) a.advance(sums[i] + at_a % kLanes);
    }
    a.store(bank, at_a);
  }
}

/// `to[i]` becomes the first half of the first 2 * W lanes of sums[i] plus the second half.
template <int W>
RT_INLINE void fold(const float* from, float* to) {
  using V = typename Vec<W>::Type;
  V low, high;
  std::memcpy(&low, from, sizeof(V));
  std::memcpy(&high, from + W, sizeof(V));
  low = low + high;
  std::memcpy(to, &low, sizeof(V));
}

template <int W>
RT_INLINE void bank_body(Bank& bank, float* out, int samples) {
  alignas(kAlign) Sums sums;
  std::memset(sums, 0, sizeof(sums[0]) * static_cast<std::size_t>(samples));
  bank_sums<W>(bank, sums, samples);
  alignas(kAlign) float folded[kTickSamples][kLanes / 4];  // a tree, in the same order everywhere
  for (int i = 0; i < samples; ++i) {
    fold<kLanes / 2>(sums[i], sums[i]);
    fold<kLanes / 4>(sums[i], folded[i]);
  }
  for (int i = 0; i < samples; ++i) {
    out[i] = (folded[i][0] + folded[i][2]) + (folded[i][1] + folded[i][3]);
  }
}

/// Four bands at a time: fewer passes over `out`, and their tables are fetched side by side.
RT_INLINE void noise_body(const NoiseRead* bands, int count, int ramp_index, float* out,
                          int samples) {
  float index[kTickSamples];
  for (int i = 0; i < samples; ++i) index[i] = static_cast<float>(ramp_index + i);
  for (; count >= 4; count -= 4, bands += 4) {
    const NoiseRead a = bands[0], b = bands[1], c = bands[2], d = bands[3];
    for (int i = 0; i < samples; ++i) {
      const float ab =
          (a.amp + a.step * index[i]) * a.samples[i] + (b.amp + b.step * index[i]) * b.samples[i];
      const float cd =
          (c.amp + c.step * index[i]) * c.samples[i] + (d.amp + d.step * index[i]) * d.samples[i];
      out[i] += ab + cd;
    }
  }
  for (; count > 0; --count, ++bands) {
    const NoiseRead a = bands[0];
    for (int i = 0; i < samples; ++i) out[i] += (a.amp + a.step * index[i]) * a.samples[i];
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

RT_INLINE void levels_body(const std::int16_t* frame, float gain_db, float* linear) {
  constexpr float kLog2PerDb = 0.166096405F;  // log2(10) / 20
  constexpr float kDbPerStep = 1.0F / 256.0F;
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    const float db = static_cast<float>(frame[i]) * kDbPerStep + gain_db;
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

RT_INLINE void rotations_body(const float* ratio, float radians, float* cosine, float* sine) {
  for (std::size_t k = 0; k < kPartials; ++k) {
    const float w = std::min(ratio[k] * radians, kTopRadians);
    cosine[k] = sin_quarter(0.5F * kPi - w);
    sine[k] = sin_quarter(std::min(w, kPi - w));
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
  TARGET void noise_##NAME(const NoiseRead* bands, int count, int ramp_index, float* out,      \
                           int samples) RT_SAFE {                                              \
    noise_body(bands, count, ramp_index, out, samples);                                        \
  }                                                                                            \
  TARGET void levels_##NAME(const std::int16_t* frame, float gain_db, float* linear) RT_SAFE { \
    levels_body(frame, gain_db, linear);                                                       \
  }                                                                                            \
  TARGET void rotations_##NAME(const float* ratio, float radians, float* cosine, float* sine)  \
      RT_SAFE {                                                                                \
    rotations_body(ratio, radians, cosine, sine);                                              \
  }                                                                                            \
  TARGET void renormalise_##NAME(Bank& bank) RT_SAFE { renormalise_body(bank); }               \
  constexpr Kernels kKernels_##NAME = {bank_##NAME,      noise_##NAME,       levels_##NAME,    \
                                       rotations_##NAME, renormalise_##NAME, #NAME};

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
