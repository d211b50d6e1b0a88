/// The noise of all voices together: a note's noises are independent of another's, so that their
/// powers add, and two streams a band are enough for any number of notes.
#pragma once

#include <array>
#include <cstdint>

#include "kernels.h"
#include "noise.h"
#include "rt.h"
#include "sends.h"

namespace rtsynth {

/// Voices add what their noise will be at the next tick; what the two sides share and what they do
/// not moves there in straight lines. The result depends on the clock and on events alone. What
/// goes to the effects has the power that the channels' notes would send there one by one.
class NoiseBus {
 public:
  /// [control, stopped] The tables must outlive the bus. The seed says where their noise begins.
  void prepare(const Kernels& kernels, const NoiseTables& tables, std::uint64_t seed);

  /// [audio] At multiples of kTickSamples, before voices add.
  void tick() RT_SAFE;
  /// [audio] Adds a note's noise at the next tick to the others', at ticks and at its start.
  void add(const NoiseShare& share) RT_SAFE;
  /// [audio] Adds `samples` from the clock's `now` on, not past the next tick.
  void render(MixBuses& mix, const Sends& sends, int samples, std::int64_t now) RT_SAFE;

 private:
  void aim(const Sends& sends, std::int64_t now) RT_SAFE;
  [[nodiscard]] SendLevels mean(const Sends& sends) const RT_SAFE;
  void choose_bands() RT_SAFE;

  NoisePowers powers_;  // at the next tick, so far
  alignas(kAlign) std::array<NoisePowers::Bands, kChannels> of_channel_{};  // likewise
  std::uint32_t channels_ = 0;  // that any note is on, one bit each
  SendLines sends_;             // since `since_`
  SendLevels sent_;             // at the next tick
  NoiseLines lines_;            // since `since_`
  std::int64_t since_ = 0;
  bool aimed_ = true;
  std::array<std::uint8_t, kNoiseBands> bands_{};  // those that sound
  int band_count_ = 0;
  std::array<int, kNoiseBands> place_{};  // of the first stream in its table
  std::array<int, kNoiseBands> length_{};
  const Kernels* kernels_ = nullptr;
  const NoiseTables* tables_ = nullptr;
};

}  // namespace rtsynth
