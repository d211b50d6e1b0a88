/// The hot loops, compiled for several instruction sets; the best one is chosen at prepare.
/// Contraction is off and sums have a fixed order: sets that fuse a product into a sum (AVX2,
/// AVX-512, NEON) give the same bits, and so do the others; the two differ by that rounding in the
/// bank alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bank.h"
#include "contract.h"
#include "envelope.h"
#include "frame_format.h"
#include "noise_lines.h"
#include "rt.h"

namespace rtsynth {

/// A value for each of a frame's levels, linear: kPartials peak amplitudes, then kNoiseBands RMS.
using Amplitudes = std::array<float, kFrameLevels>;

/// What a note's middle and side are multiplied with on their way to left and right.
struct MixRamps {
  Ramp left;
  Ramp right;
  Ramp width;
  int gain_index = 0;   // of the first sample in `left` and `right`
  int width_index = 0;  // in `width`
};

/// What makes a frame's amplitudes those of one note; kFrameLevels each, of `ratio` kPartials.
struct Shape {
  const float* shade;  // the note's own variation
  const float* share;  // of the middle
  const float* ratio;  // partial over fundamental
  float top;           // partials from this ratio on are left out
};

using BankRender = void (*)(Bank& bank, float* mid, float* side, int samples) RT_SAFE;
using AddNoisePowers = void (*)(const NoiseShare& share, NoisePowers& powers,
                                NoisePowers::Bands& channel) RT_SAFE;
using AimNoise = void (*)(const NoisePowers& powers, int index, float per_sample,
                          NoiseLines& lines) RT_SAFE;
using NoiseRender = void (*)(const NoiseRead* bands, int count, int index, float* left,
                             float* right, int samples) RT_SAFE;
using Mix = void (*)(const MixRamps& ramps, const float* mid, const float* side, float* left,
                     float* right, int samples) RT_SAFE;
using Levels = void (*)(const std::int16_t* frame, float gain_db, float* linear) RT_SAFE;
using CoarseLevels = void (*)(const unsigned char* frame, float gain_db, float* linear) RT_SAFE;
using ShapeFrame = float (*)(const Shape& shape, const float* linear, float* target) RT_SAFE;
using Aim = void (*)(Bank& bank, const float* target, float per_sample, float* loudest) RT_SAFE;
using Rotations = void (*)(const float* ratio, float radians, Bank& bank) RT_SAFE;
using Renormalise = void (*)(Bank& bank) RT_SAFE;

struct Kernels {
  BankRender bank;              // writes `samples` (a piece or less) of the bank's sum to `mid`
  BankRender wide_bank;         // the same sum to `mid`; to `side` each partial times its lean
  AddNoisePowers noise_powers;  // adds a note
  AimNoise aim_noise;           // from where the lines are at `index` to the powers
  NoiseRender noise;            // adds to both sides
  Mix mix;                      // adds a note without width to both sides, `side` is not read
  Mix wide_mix;                 // adds a note with width
  Levels levels;                // kFrameLevels levels in 1/256 dB to linear
  CoarseLevels coarse_levels;   // the same of levels in half decibels above the floor
  ShapeFrame shape;             // the target of a frame's amplitudes; returns the note's power
  Aim aim;  // steps towards `target`; the loudest partial of each group on the way (kGroups)
  Rotations rotations;      // by `ratio * radians` a sample, of the groups that can be heard
  Rotations glide;          // on by `ratio * radians`, a small angle, what rotations() made
  Renormalise renormalise;  // of the groups that can be heard
  const char* name;
};

/// [any] The best set for this machine's processor.
[[nodiscard]] const Kernels& best_kernels() noexcept;

/// [any] Set `index` (from 0, the portable one), or null where this machine lacks it: for tests.
[[nodiscard]] const Kernels* kernel_set(int index) noexcept;

}  // namespace rtsynth
