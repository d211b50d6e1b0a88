#include "tilt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "noise.h"

namespace rtsynth {
namespace {

constexpr float kMostDb = 30.0F;      // what a generator leaves at its floor must not become a hiss
constexpr float kMostOctaves = 7.0F;  // of a band: partials reach as far

const Amplitudes& octaves() {
  static const Amplitudes kOctaves = [] {
    Amplitudes all{};
    for (std::size_t k = 0; k < kPartials; ++k) all[k] = std::log2(static_cast<float>(k + 1));
    for (std::size_t b = 0; b < kNoiseBands; ++b) {
      const double middle_hz = 0.5 * (noise_edge_hz(b) + noise_edge_hz(b + 1));
      all[kPartials + b] = static_cast<float>(std::log2(middle_hz));
    }
    return all;
  }();
  return kOctaves;
}

}  // namespace

void Tilt::prepare(const Kernels& kernels) {
  kernels_ = &kernels;
  octaves_ = &octaves();
}

void Tilt::make() RT_SAFE {
  made_for_ = db_per_octave_;
  const auto fundamental = static_cast<float>(std::log2(f0_hz_));
  std::array<std::int16_t, kFrameLevels> steps;
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    const float above = (*octaves_)[i] - (i < kPartials ? 0.0F : fundamental);
    const float db = db_per_octave_ * std::min(above, kMostOctaves);
    steps[i] = static_cast<std::int16_t>(std::clamp(db, -kMostDb, kMostDb) * kFrameSteps);
  }
  kernels_->levels(steps.data(), 0.0F, tilted_.data());
  for (std::size_t i = 0; i < kFrameLevels; ++i) tilted_[i] *= (*shade_)[i];
}

}  // namespace rtsynth
