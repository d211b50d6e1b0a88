/// How frames lie in the arena: two bytes a level, or one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "contract.h"
#include "rt.h"

namespace rtsynth {

// Fine levels are int16 in steps of 1/256 dB, and so is the pitch in either format, in 1/256 cent:
// +-128 of either.
inline constexpr float kFrameSteps = 256.0F;
// Coarse levels are a byte from the floor up in steps of half a decibel: -100..27.5 dB.
inline constexpr float kCoarseSteps = 2.0F;

/// A frame is a row of words: levels (coarse ones two a word), then the pitch.
enum class FrameFormat : std::uint8_t { kFine = 16, kCoarse = 8 };

[[nodiscard]] constexpr std::size_t words_in_frame(FrameFormat format) RT_SAFE {
  return format == FrameFormat::kFine ? kFrameValues : kFrameLevels / 2 + 1;
}

/// The pitch in cents of a stored frame.
[[nodiscard]] inline float stored_cents(const std::int16_t* frame, FrameFormat format) RT_SAFE {
  return static_cast<float>(frame[words_in_frame(format) - 1]) / kFrameSteps;
}

/// `value`, or `fallback` where it is not finite, within `low` and `high`.
[[nodiscard]] float finite_or(float value, float fallback, float low, float high);
/// [generator] Stores kFrameValues as words_in_frame().
void store_frame(const float* from, std::int16_t* to, FrameFormat format);
/// [generator] kFrameValues of a stored frame: stored once more it is the same.
void load_frame(const std::int16_t* from, float* to, FrameFormat format);

}  // namespace rtsynth
