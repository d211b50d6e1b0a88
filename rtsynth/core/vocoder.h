/// One note's sound from frames: a bank of oscillators and noise bands, no window, no look-ahead.
#pragma once

#include <array>
#include <cstdint>

#include "contract.h"
#include "kernels.h"
#include "noise.h"
#include "rt.h"

namespace rtsynth {

/// What is quieter than this (linear, -90 dB of full scale) is not rendered.
inline constexpr float kInaudible = 3.1622777e-5F;

/// One frame: kPartials peak amplitudes, then kNoiseBands RMS amplitudes (linear).
using Frame = std::array<float, kFrameLevels>;

/// Amplitudes move in straight lines from one ramp_to() to the next.
class Vocoder {
 public:
  /// [control, stopped] The tables must outlive the vocoder.
  void prepare(double rate_hz, const Kernels& kernels, const NoiseTables& tables);

  /// [audio] Begins a note: phases and places in the noise follow from `seed`.
  void start(std::uint64_t seed, const Frame& first) RT_SAFE;
  /// [audio] Partial frequencies from now on: contract.partial_hz.
  void set_pitch(double f0_hz, float inharmonicity) RT_SAFE;
  /// [audio] The levels to be reached in `samples`, from where they are now. `gain` is what the
  /// sum will be multiplied with at most: partials and bands that stay inaudible are skipped.
  void ramp_to(const Frame& target, int samples, float gain) RT_SAFE;
  /// [audio] Writes `samples` (at most kTickSamples, and not past the ramp's end).
  void render(float* out, int samples) RT_SAFE;
  /// [audio] At the ramp's end: levels become exactly the target's.
  void finish_ramp() RT_SAFE;
  /// [audio] RMS amplitude at the end of the ramp, linear.
  [[nodiscard]] float level() const RT_SAFE { return level_; }

 private:
  void choose_groups(float gain) RT_SAFE;
  void choose_bands(float gain) RT_SAFE;
  void read_noise(NoiseRead* reads, int samples) RT_SAFE;

  Bank bank_;
  alignas(kAlign) std::array<float, kPartials> ratio_{};  // partial over fundamental
  alignas(kAlign) Frame target_{};
  std::array<float, kNoiseBands> noise_amp_{};  // at the ramp's begin
  std::array<float, kNoiseBands> noise_step_{};
  std::array<int, kNoiseBands> place_{};           // in the band's table
  std::array<std::uint8_t, kNoiseBands> bands_{};  // those that can be heard
  int band_count_ = 0;
  int ramp_index_ = 0;        // samples since the ramp's begin
  std::size_t partials_ = 0;  // those below the top
  float inharmonicity_ = -1.0F;
  float level_ = 0.0F;
  double rate_hz_ = 0.0;
  const Kernels* kernels_ = nullptr;
  const NoiseTables* tables_ = nullptr;
};

}  // namespace rtsynth
