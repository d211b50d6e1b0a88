#include "kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "turns.h"

namespace rtsynth {
namespace {

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

/// Adds sixteen powers at a time, so that the sum has one order.
RT_INLINE void shape_levels(const float* __restrict linear, const float* __restrict shade,
                            const float* __restrict share, const float* __restrict ratio, float top,
                            float weight, float* __restrict power, float* __restrict target) {
  RT_LANES
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const float shaded = linear[lane] * shade[lane];
    const float amplitude = ratio[lane] < top ? shaded : 0.0F;
    power[lane] += weight * amplitude * amplitude;
    target[lane] = amplitude * share[lane];
  }
}

RT_INLINE float shape_body(const Shape& shape, const float* linear, float* target) {
  alignas(kAlign) float power[kLanes] = {};
  for (std::size_t i = 0; i < kFrameLevels; i += kLanes) {
    const bool partials = i < kPartials;  // of noise all is below the top
    shape_levels(linear + i, shape.shade + i, shape.share + i, shape.ratio + (partials ? i : 0),
                 partials ? shape.top : std::numeric_limits<float>::infinity(),
                 partials ? 0.5F : 1.0F, power, target + i);
  }
  float sum = 0.0F;
  for (const float lane : power) sum += lane;
  return sum;
}

/// The bits of numbers that are not negative are in the order of the numbers.
RT_INLINE float aim_group(const float* __restrict amp, const float* __restrict target,
                          float per_sample, float* __restrict step) {
  std::int32_t most = 0;
  RT_LANES
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    step[lane] = (target[lane] - amp[lane]) * per_sample;
    const float louder = amp[lane] > target[lane] ? amp[lane] : target[lane];
    most = std::max(most, std::bit_cast<std::int32_t>(louder));
  }
  return std::bit_cast<float>(most);
}

RT_INLINE void aim_body(Bank& bank, const float* target, float per_sample, float* loudest) {
  for (std::size_t g = 0; g < kGroups; ++g) {
    Group& group = bank.groups[g];
    loudest[g] = aim_group(group.amp.data(), target + g * kLanes, per_sample, group.step.data());
  }
}

template <bool kWide>
RT_INLINE void mix_body(const MixRamps& ramps, const float* __restrict mid,
                        const float* __restrict side, float* __restrict left,
                        float* __restrict right, int samples) {
  for (int i = 0; i < samples; ++i) {
    float to_left = mid[i], to_right = mid[i];
    if constexpr (kWide) {
      const float leant = ramps.width.at(ramps.width_index + i) * side[i];
      to_left -= leant;
      to_right += leant;
    }
    left[i] += ramps.left.at(ramps.gain_index + i) * to_left;
    right[i] += ramps.right.at(ramps.gain_index + i) * to_right;
  }
}

#define RTSYNTH_KERNELS(NAME, WIDTH, TARGET)                                                      \
  TARGET void bank_##NAME(Bank& bank, float* mid, float* side, int samples) RT_SAFE {             \
    bank_body<WIDTH, false>(bank, mid, side, samples);                                            \
  }                                                                                               \
  TARGET void wide_bank_##NAME(Bank& bank, float* mid, float* side, int samples) RT_SAFE {        \
    bank_body<WIDTH, true>(bank, mid, side, samples);                                             \
  }                                                                                               \
  TARGET void noise_powers_##NAME(const NoiseShare& share, NoisePowers& powers,                   \
                                  NoisePowers::Bands& channel) RT_SAFE {                          \
    noise_powers_body(share, powers, channel);                                                    \
  }                                                                                               \
  TARGET void aim_noise_##NAME(const NoisePowers& powers, int index, float per_sample,            \
                               NoiseLines& lines) RT_SAFE {                                       \
    aim_noise_body(powers, index, per_sample, lines);                                             \
  }                                                                                               \
  TARGET void noise_##NAME(const NoiseRead* bands, int count, int index, float* left,             \
                           float* right, int samples) RT_SAFE {                                   \
    noise_body(bands, count, index, left, right, samples);                                        \
  }                                                                                               \
  TARGET void mix_##NAME(const MixRamps& ramps, const float* mid, const float* side, float* left, \
                         float* right, int samples) RT_SAFE {                                     \
    mix_body<false>(ramps, mid, side, left, right, samples);                                      \
  }                                                                                               \
  TARGET void wide_mix_##NAME(const MixRamps& ramps, const float* mid, const float* side,         \
                              float* left, float* right, int samples) RT_SAFE {                   \
    mix_body<true>(ramps, mid, side, left, right, samples);                                       \
  }                                                                                               \
  TARGET void levels_##NAME(const std::int16_t* frame, float gain_db, float* linear) RT_SAFE {    \
    levels_body(frame, 1.0F / kFrameSteps, gain_db, linear);                                      \
  }                                                                                               \
  TARGET void coarse_levels_##NAME(const unsigned char* frame, float gain_db, float* linear)      \
      RT_SAFE {                                                                                   \
    levels_body(frame, 1.0F / kCoarseSteps, gain_db + static_cast<float>(kFloorDb), linear);      \
  }                                                                                               \
  TARGET float shape_##NAME(const Shape& shape, const float* linear, float* target) RT_SAFE {     \
    return shape_body(shape, linear, target);                                                     \
  }                                                                                               \
  TARGET void aim_##NAME(Bank& bank, const float* target, float per_sample, float* loudest)       \
      RT_SAFE {                                                                                   \
    aim_body(bank, target, per_sample, loudest);                                                  \
  }                                                                                               \
  TARGET void rotations_##NAME(const float* ratio, float radians, Bank& bank) RT_SAFE {           \
    rotations_body(ratio, radians, bank);                                                         \
  }                                                                                               \
  TARGET void glide_##NAME(const float* ratio, float delta, Bank& bank) RT_SAFE {                 \
    glide_body(ratio, delta, bank);                                                               \
  }                                                                                               \
  TARGET void renormalise_##NAME(Bank& bank) RT_SAFE { renormalise_body(bank); }                  \
  constexpr Kernels kKernels_##NAME = {                                                           \
      bank_##NAME, wide_bank_##NAME, noise_powers_##NAME, aim_noise_##NAME,     noise_##NAME,     \
      mix_##NAME,  wide_mix_##NAME,  levels_##NAME,       coarse_levels_##NAME, shape_##NAME,     \
      aim_##NAME,  rotations_##NAME, glide_##NAME,        renormalise_##NAME,   #NAME};

RTSYNTH_KERNELS(portable, 4, )

#if defined(__GNUC__) && defined(__x86_64__)
#define RTSYNTH_X86 1
RTSYNTH_KERNELS(avx2, 8, __attribute__((target("avx2,fma"))))
RTSYNTH_KERNELS(avx512, 16, __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw"))))
#endif

}  // namespace

const Kernels* kernel_set(int index) noexcept {
  if (index == 0) return &kKernels_portable;
#if defined(RTSYNTH_X86)
  __builtin_cpu_init();
  if (index == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return &kKernels_avx2;
  }
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
