/// What a block that nobody hears waits for: Python, which follows what is played, and the frames
/// that it plays. Where nothing waits for the block (JACK's freewheel, a host's bounce), and there
/// alone.
///
/// A block, offline:
///     wait.begin();
///     wait.for_room(most_messages);      // Python hears of every one
///     ... MidiIn::take() for its messages, told().push() for its parameters; a plugin: before a
///         program change wait.for_earlier(), for chance says how far Python has come
///     wait.for_followers();              // a plugin: Python has done what follows from those
///     engine.carry_out_played();
///     wait.for_frames(events, samples);  // programs, takes, pages
///     engine.render(out, samples, {{}, events, Pace::kOffline});
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine.h"

namespace rtsynth {

class OfflineWait {
 public:
  static constexpr std::int64_t kPatienceNs = 2'000'000'000;

  /// [control, stopped] The engine outlives it. A block waits for `patience_ns` at most, and but
  /// for an instant once nothing came in all that time.
  explicit OfflineWait(Engine& engine, std::int64_t patience_ns = kPatienceNs)
      : engine_(engine), most_patience_ns_(patience_ns) {}

  /// [audio, offline] A block begins.
  void begin();
  /// [audio, offline] Until so many messages more find room on their way to Python.
  void for_room(std::size_t messages);
  /// [audio, offline] Until Python has followed what it was told so far, and said what programs
  /// bring from there on. What follows from that with samples is for_followers()'.
  void for_earlier();
  /// [audio, offline] Says that all of it was told, and waits until Python has settled that
  /// (Link::settle): timbres are turned, and what else follows lies in the queues, with samples.
  /// Where nothing was told it is asked at the sample to which it put work off, and there alone.
  void for_followers();
  /// [audio, offline] Until the block's programs are known and its notes' takes and the pages that
  /// sounding notes come to are there. `due` of events counts from the block's first sample.
  void for_frames(std::span<Event> events, int samples);
  /// [any] What waits waits no more, nor will anything later.
  void cancel() RT_SAFE { cancelled_.store(true); }

 private:
  template <class Condition>
  [[nodiscard]] bool wait_for(const Condition& condition);
  void find_programs(std::span<Event> events);
  [[nodiscard]] std::vector<TakeId> takes_of(std::span<const Event> events, int samples);
  void follow(Channels& channels, const Event& event, std::vector<TakeId>& takes);

  Engine& engine_;
  std::int64_t most_patience_ns_;
  std::int64_t patience_ns_ = 0;  // left of this block's
  bool waited_in_vain_ = false;
  std::uint64_t told_ = 0;   // of the queue's, with the word that it was all
  std::uint64_t heard_ = 0;  // messages by then
  std::atomic<bool> cancelled_{false};
};

}  // namespace rtsynth
