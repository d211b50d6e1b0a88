/// How one note differs from the next on the same take: no player strikes a key twice alike.
#pragma once

#include <cstdint>

#include "kernels.h"
#include "rt.h"

namespace rtsynth {

/// What a note draws once, at its start.
struct Variation {
  std::uint64_t seed = 0;
  float cents = 0.0F;
  Amplitudes shade{};  // linear gains of the frame's levels
};

/// [audio] A function of the seed. `amount` is 0 (the frames as they are) .. 1.
[[nodiscard]] Variation draw_variation(std::uint64_t seed, float amount,
                                       const Kernels& kernels) RT_SAFE;

}  // namespace rtsynth
