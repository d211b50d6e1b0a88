#include "frame_format.h"

#include <algorithm>
#include <cmath>

namespace rtsynth {
namespace {

constexpr auto kFloor = static_cast<float>(kFloorDb);
constexpr float kMostDb = 60.0F;  // of a fine level
constexpr float kMostCoarseDb = kFloor + 255.0F / kCoarseSteps;

}  // namespace

float finite_or(float value, float fallback, float low, float high) {
  return std::isfinite(value) ? std::clamp(value, low, high) : fallback;
}

void store_frame(const float* from, std::int16_t* to, FrameFormat format) {
  if (format == FrameFormat::kFine) {
    for (std::size_t i = 0; i < kFrameLevels; ++i) {
      const float db = finite_or(from[i], kFloor, kFloor, kMostDb);
      to[i] = static_cast<std::int16_t>(std::lround(db * kFrameSteps));
    }
  } else {
    auto* bytes = reinterpret_cast<unsigned char*>(to);
    for (std::size_t i = 0; i < kFrameLevels; ++i) {
      const float db = finite_or(from[i], kFloor, kFloor, kMostCoarseDb);
      bytes[i] = static_cast<unsigned char>(std::lround((db - kFloor) * kCoarseSteps));
    }
  }
  constexpr auto kRange = static_cast<float>(kPitchRangeCents);
  const float cents = finite_or(from[kFramePitch], 0.0F, -kRange, kRange);
  to[words_in_frame(format) - 1] = static_cast<std::int16_t>(std::lround(cents * kFrameSteps));
}

void load_frame(const std::int16_t* from, float* to, FrameFormat format) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    to[i] = format == FrameFormat::kFine ? static_cast<float>(from[i]) / kFrameSteps
                                         : static_cast<float>(bytes[i]) / kCoarseSteps + kFloor;
  }
  to[kFramePitch] = stored_cents(from, format);
}

}  // namespace rtsynth
