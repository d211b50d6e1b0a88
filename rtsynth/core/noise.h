/// Periodic tables of band-passed noise, one for each noise band of the contract.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "contract.h"
#include "rt.h"

namespace rtsynth {

/// Partials and noise above this part of the sample rate are left out.
inline constexpr double kTopOfRate = 0.45;

/// Every table repeats without a seam. Its RMS is 1, all of it between the band's two edges; a
/// band cut by kTopOfRate keeps its density, one above it is silent (empty).
struct NoiseTables {
  struct Band {
    std::vector<float> samples;  // `length`, and then the first kTickSamples once more
    int length = 0;
  };
  std::array<Band, kNoiseBands> bands;
};

/// [any] Lower edge of noise band `edge`, 0..kNoiseBands (the last is the top edge).
[[nodiscard]] double noise_edge_hz(std::size_t edge);

/// [control, stopped] The tables for a sample rate: about 0.06 s the first time, then shared.
[[nodiscard]] std::shared_ptr<const NoiseTables> noise_tables(double rate_hz);

}  // namespace rtsynth
