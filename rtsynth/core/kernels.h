/// The hot loops, compiled for several instruction sets; the best one is chosen at prepare.
/// All of them give the same bits: contraction is off and sums have a fixed order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bank.h"
#include "contract.h"
#include "frame_format.h"
#include "rt.h"

namespace rtsynth {

/// A value for each of a frame's levels, linear: kPartials peak amplitudes, then kNoiseBands RMS.
using Amplitudes = std::array<float, kFrameLevels>;

/// A noise band being read: `amp + step * index` over the samples of a ramp.
struct NoiseRead {
  const float* samples = nullptr;  // may be read kTickSamples far
  float amp = 0.0F;
  float step = 0.0F;
  float lean = 0.0F;  // of kLeans
};

using BankRender = void (*)(Bank& bank, float* out, int samples) RT_SAFE;
using WideBankRender = void (*)(Bank& bank, float* mid, float* side, int samples) RT_SAFE;
using NoiseRender = void (*)(const NoiseRead* bands, int count, int ramp_index, float* out,
                             int samples) RT_SAFE;
using WideNoiseRender = void (*)(const NoiseRead* bands, int count, int ramp_index, float* mid,
                                 float* side, int samples) RT_SAFE;
using Levels = void (*)(const std::int16_t* frame, float gain_db, float* linear) RT_SAFE;
using CoarseLevels = void (*)(const unsigned char* frame, float gain_db, float* linear) RT_SAFE;
using Rotations = void (*)(const float* ratio, float radians, Bank& bank) RT_SAFE;
using Renormalise = void (*)(Bank& bank) RT_SAFE;

struct Kernels {
  BankRender bank;             // writes `samples` (at most kTickSamples) of the bank's sum to `out`
  WideBankRender wide_bank;    // the same sum to `mid`; to `side` each partial times its lean
  NoiseRender noise;           // adds to `out`
  WideNoiseRender wide_noise;  // adds likewise
  Levels levels;               // kFrameLevels levels in 1/256 dB to linear
  CoarseLevels coarse_levels;  // the same of levels in half decibels above the floor
  Rotations rotations;         // by `ratio * radians` a sample, of the groups that can be heard
  Renormalise renormalise;     // of the groups that can be heard
  const char* name;
};

/// [any] The best set for this machine's processor.
[[nodiscard]] const Kernels& best_kernels() noexcept;

/// [any] Set `index` (from 0, the portable one), or null where this machine lacks it: for tests.
[[nodiscard]] const Kernels* kernel_set(int index) noexcept;

}  // namespace rtsynth
