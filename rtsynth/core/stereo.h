/// Which way partials and noise bands lean in a wide note: contract.stereo_lean.
#pragma once

#include <array>
#include <cstddef>

#include "contract.h"

namespace rtsynth {

/// Of partial or band `k` (from 1), -1 left .. 1 right: the golden ratio spreads them evenly. They
/// repeat, so that partials which are rendered in one lane lean alike.
[[nodiscard]] constexpr double stereo_lean(std::size_t k) {
  const double turns = static_cast<double>((k - 1) % kStereoLeans + 1) * 0.6180339887498949;
  return 2.0 * (turns - static_cast<double>(static_cast<std::size_t>(turns))) - 1.0;
}

/// The leans of a frame's levels: of kPartials partials, then of kNoiseBands bands.
inline constexpr std::array<float, kFrameLevels> kLeans = [] {
  std::array<float, kFrameLevels> leans{};
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    leans[i] = static_cast<float>(stereo_lean(i < kPartials ? i + 1 : i - kPartials + 1));
  }
  return leans;
}();

}  // namespace rtsynth
