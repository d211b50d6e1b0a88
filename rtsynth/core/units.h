/// The sum of all voices, rendered in units by the audio thread and, where there are many, workers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "counters.h"
#include "mix.h"
#include "rt.h"
#include "sends.h"
#include "unit.h"
#include "workers.h"

namespace rtsynth {

/// A unit has voices of one channel, whose sends its sum goes by. The sum of all is made unit by
/// unit, in the order of their first voices: it is the same, bit for bit, whoever rendered what. A
/// unit that a worker holds for too long is left out, and comes back later.
class Units {
 public:
  /// Below this a worker costs more than it helps.
  static constexpr std::size_t kLeastVoices = 96;
  /// Units that a worker may hold: one that it finished is collected at the next segment only.
  static constexpr std::size_t kHeld = 2;
  static_assert(kLeastVoices > kHeld * Workers::kMost * Unit::kVoices, "not all can be away");

  /// [control, stopped] Room for `voices`; starts `threads` workers.
  void prepare(std::size_t voices, int threads, Counters& counters);
  /// [control, stopped] Waits until no worker holds a unit; all are free then.
  void collect_all();

  /// [audio] How long the audio thread may spin for workers until it is told the next time.
  void set_patience(std::int64_t ns) RT_SAFE { patience_ns_ = ns; }
  /// [audio] Begins a segment, not past the next tick.
  void begin(int samples, std::int64_t now) RT_SAFE;
  /// [audio] The next voice of the segment; returns the number of its unit.
  std::uint16_t add(Voice& voice, std::size_t channel) RT_SAFE;
  /// [audio] Adds the segment's sound. Returns true where a unit is late: see away().
  [[nodiscard]] bool render(MixBuses& mix, const Sends& sends) RT_SAFE;

  /// [audio] Units that are away.
  [[nodiscard]] std::size_t late() const RT_SAFE { return late_; }
  /// [audio] A worker holds the unit, and nobody else may touch its voices until collect().
  [[nodiscard]] bool away(std::size_t unit) const RT_SAFE { return units_[unit].away; }
  /// [audio] Units that were finished meanwhile are no longer away. Before begin().
  void collect() RT_SAFE;
  /// [audio] The sample behind the last that a unit's voices rendered. Before begin().
  [[nodiscard]] std::int64_t end(std::size_t unit) const RT_SAFE {
    return units_[unit].now + units_[unit].samples;
  }
  [[nodiscard]] Workers& workers() RT_SAFE { return workers_; }

 private:
  [[nodiscard]] bool worth_workers() const RT_SAFE;
  void render_with_workers() RT_SAFE;
  [[nodiscard]] bool finished(Unit& unit) RT_SAFE;

  std::unique_ptr<Unit[]> units_;
  std::size_t count_ = 0;                // of all
  std::size_t end_ = 0;                  // behind the segment's last unit
  std::array<Unit*, kChannels> open_{};  // that a channel's next voice goes to, if not full
  std::size_t voices_ = 0;               // of the segment
  std::size_t late_ = 0;
  int samples_ = 0;
  std::int64_t now_ = 0;
  std::int64_t patience_ns_ = 0;
  Counters* counters_ = nullptr;
  Workers workers_;  // the last: it ends before the units
};

}  // namespace rtsynth
