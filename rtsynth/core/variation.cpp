#include "variation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "takes.h"

namespace rtsynth {
namespace {

// Standard deviations. Each is about what an ear just notices or less (a level by 1 dB, a pitch by
// 3 cents), so that a repeated note is heard as struck again, not as another instrument.
constexpr float kGainDb = 0.3F;
constexpr float kTiltDbPerOctave = 0.5F;  // a blow that is a little harder or softer
constexpr float kMostTiltDb = 1.5F;       // the seventh octave must not fade away
constexpr float kPartialDb = 0.4F;        // where the string or the membrane was hit
constexpr float kCents = 0.6F;
constexpr float kMostDeviations = 2.5F;  // so that no note is out of tune by more than 1.5 cents

/// About normal, of variance 1: the sum of a hash's eight bytes.
float normal(std::uint64_t bits) RT_SAFE {
  constexpr float kMean = 8.0F * 127.5F;
  constexpr float kDeviation = 209.0F;
  float sum = -kMean;
  for (int shift = 0; shift < 64; shift += 8) sum += static_cast<float>(bits >> shift & 0xFF);
  return std::clamp(sum / kDeviation, -kMostDeviations, kMostDeviations);
}

}  // namespace

Variation draw_variation(std::uint64_t seed, float amount, const Kernels& kernels) RT_SAFE {
  Variation out;
  out.seed = seed;
  std::uint64_t draws = hash_bits(~seed);
  const auto draw = [&draws, amount]() RT_SAFE { return amount * normal(hash_bits(draws++)); };
  out.cents = kCents * draw();
  const float gain_db = kGainDb * draw();
  const float tilt = kTiltDbPerOctave * draw();
  std::array<std::int16_t, kFrameLevels> steps{};  // noise bands share the gain only
  for (std::size_t k = 0; k < kPartials; ++k) {
    const float octaves = std::log2(static_cast<float>(k + 1));
    const float db = std::clamp(tilt * octaves, -kMostTiltDb, kMostTiltDb) + kPartialDb * draw();
    steps[k] = static_cast<std::int16_t>(db * kFrameSteps);
  }
  kernels.levels(steps.data(), gain_db, out.shade.data());
  return out;
}

}  // namespace rtsynth
