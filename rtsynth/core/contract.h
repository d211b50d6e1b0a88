/// The numbers that the core shares with rtsynth/contract.py, where they are explained.
/// tests/test_contract.py compares the two files: change both.
#pragma once

#include <cstddef>

namespace rtsynth {

inline constexpr int kContractVersion = 2;

inline constexpr double kFrameRateHz = 187.5;
inline constexpr std::size_t kPartials = 128;
inline constexpr std::size_t kNoiseBands = 32;
inline constexpr std::size_t kFrameLevels = kPartials + kNoiseBands;
inline constexpr std::size_t kFramePitch = kFrameLevels;
inline constexpr std::size_t kFrameValues = kFrameLevels + 1;
inline constexpr double kPitchRangeCents = 120.0;
inline constexpr double kNoiseTopHz = 20000.0;
inline constexpr double kNoiseKneeHz = 700.0;
inline constexpr std::size_t kStereoLeans = 16;
inline constexpr double kFloorDb = -100.0;

inline constexpr std::size_t kNoteInharmonicityLog10 = 0;
inline constexpr std::size_t kNoteGainDb = 1;
inline constexpr std::size_t kNoteTailDbPerS = 2;
inline constexpr std::size_t kNoteReleaseDbPerS = 3;
inline constexpr std::size_t kNoteWidth = 4;
inline constexpr std::size_t kNoteDetune = 5;
inline constexpr std::size_t kDetunedPartials = 32;
inline constexpr double kDetuneRangeCents = 400.0;
inline constexpr std::size_t kNoteValues = kNoteDetune + kDetunedPartials;

inline constexpr std::size_t kPageFrames = 32;
inline constexpr std::size_t kTakePages = 64;
inline constexpr std::size_t kLoopFirstPage = 32;
inline constexpr std::size_t kVelocityLayers = 8;
inline constexpr std::size_t kTimbreSlots = 64;
inline constexpr int kKeyLow = 21;
inline constexpr int kKeyHigh = 108;

}  // namespace rtsynth
