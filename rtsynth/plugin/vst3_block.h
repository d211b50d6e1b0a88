/// What a VST3 host sends with a block, in the order in which it is to be carried out.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "instance.h"
#include "rt.h"
#include "vst3_parameters.h"

namespace rtsynth::plugin {

/// Points of parameters and events, merged. At one sample parameters come before notes; of a
/// parameter that has several points there the first ones come first, so that a registered
/// parameter's number and value stay together.
class Vst3Block {
 public:
  static constexpr std::size_t kMostEvents = 8192;  // of a part

  Vst3Block() : store_(std::make_unique<Store>()) {}

  /// [audio] Samples of a block that may be gathered at once: all, or a part of them where the host
  /// sends more than there is room for.
  [[nodiscard]] static int samples_at_once(const v3_process_data& data) RT_SAFE;
  /// [audio] All of a part of a block, until the next call; samples count from the part's first.
  /// `values` learns where parameters are then.
  [[nodiscard]] std::span<const HostEvent> gather(const v3_process_data& data, int first,
                                                  int samples, Vst3Values& values) RT_SAFE;
  /// [any] How many found no room since the last call.
  [[nodiscard]] std::int64_t take_lost() noexcept { return lost_.exchange(0); }

 private:
  static constexpr std::size_t kSysexBytes = 65536;  // of a block
  static constexpr unsigned kAfterPoints = 255;      // phase of what is no point

  /// What comes first at one sample: what chooses, then what is chosen for.
  enum Rank : unsigned { kChooses, kSets, kPrograms, kNotes };

  struct Store {
    std::array<HostEvent, kMostEvents> arrived;
    std::array<HostEvent, kMostEvents> sorted;
    std::array<std::uint64_t, kMostEvents> keys;
    std::array<std::uint8_t, kSysexBytes> sysex;
  };

  [[nodiscard]] static Rank rank_of(int controller) RT_SAFE;
  void add_points(const v3_process_data& data, Vst3Values& values) RT_SAFE;
  void add_queue(v3_param_value_queue** queue, Vst3Values& values) RT_SAFE;
  void add_point(const Vst3Parameter& parameter, double value, int sample, unsigned phase) RT_SAFE;
  void add_message(int channel, int number, double value, int sample, unsigned phase) RT_SAFE;
  void add_events(const v3_process_data& data) RT_SAFE;
  void add_event(const v3_event& event) RT_SAFE;
  void add_note_on(const v3_event_note_on& note, int sample) RT_SAFE;
  void add_expression(const v3_event_note_expression_value& change, int sample) RT_SAFE;
  void add_key_pressure(const v3_event_poly_pressure& change, int sample) RT_SAFE;
  void add_legacy(const v3_event_legacy_midi_cc_out& change, int sample) RT_SAFE;
  void add_sysex(const v3_event_data& data, int sample) RT_SAFE;
  void add_midi(int status, int data1, int data2, int sample, unsigned phase, Rank rank) RT_SAFE;
  void add_midi(int status, int data1, int data2, int sample) RT_SAFE {
    add_midi(status, data1, data2, sample, kAfterPoints, kNotes);
  }
  void add(const HostEvent& event, int sample, unsigned phase = kAfterPoints,
           Rank rank = kNotes) RT_SAFE;

  /// Whether an event is due in this part; what lies outside of the block is moved to its ends.
  [[nodiscard]] bool is_due(int& sample) const RT_SAFE;

  std::unique_ptr<Store> store_;
  std::size_t used_ = 0;
  std::size_t sysex_used_ = 0;
  int first_ = 0;  // of the part, as samples of the block
  int end_ = 0;
  int last_ = 0;  // of the block
  std::atomic<std::int64_t> lost_{0};
};

/// 0..1 as one of the whole numbers 0..most; what is no number is 0.
[[nodiscard]] inline int scaled(double value, int most) RT_SAFE {
  if (!(value > 0.0)) return 0;
  return value >= 1.0 ? most : static_cast<int>(value * most + 0.5);
}

}  // namespace rtsynth::plugin
