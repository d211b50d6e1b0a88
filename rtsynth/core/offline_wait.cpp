#include "offline_wait.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace rtsynth {
namespace {

constexpr std::int64_t kLittlePatienceNs = 2'000'000;  // once nothing came in all that time
constexpr auto kPoll = std::chrono::microseconds(50);
constexpr int kFirstPages = 4;  // of a new note's take: as many as its voice will ask for

bool is_note_on(const Event& event) {
  return event.kind == Event::Kind::kMidi && (event.status & 0xF0) == 0x90 && event.data2 > 0;
}

}  // namespace

void OfflineWait::begin() {
  patience_ns_ =
      waited_in_vain_ ? std::min(kLittlePatienceNs, most_patience_ns_) : most_patience_ns_;
  waited_in_vain_ = false;
}

/// False: what was left of the block's patience went by, or it was cancelled.
template <class Condition>
bool OfflineWait::wait_for(const Condition& condition) {
  const std::int64_t begin_ns = now_ns();
  bool there = condition();
  while (!there && !cancelled_.load() && now_ns() - begin_ns < patience_ns_) {
    std::this_thread::sleep_for(kPoll);
    there = condition();
  }
  patience_ns_ -= std::min(now_ns() - begin_ns, patience_ns_);
  waited_in_vain_ = waited_in_vain_ || !there;
  return there;
}

void OfflineWait::for_room(std::size_t messages) {
  static_cast<void>(wait_for([&] { return engine_.heard().room_for() >= messages; }));
}

void OfflineWait::for_earlier() {
  static_cast<void>(wait_for([&] { return engine_.is_settled(); }));
}

/// Python may have settled a part of it before all was told, but turned no timbres then.
void OfflineWait::for_followers() {
  LinkData& data = engine_.data();
  const std::int64_t now = engine_.counters().clock_samples.get();
  const bool is_old = data.told.pushed() == told_ && engine_.heard().pushed() == heard_;
  const bool is_early = now < data.look_at.load(std::memory_order_relaxed);
  if (is_old && is_early && engine_.is_settled()) return;
  const bool said = data.told.pushed() == told_ && data.told.size() > 0;  // nobody reads
  if (!said && wait_for([&] { return data.told.size() < kHostValues; })) {
    static_cast<void>(data.told.push({HostValue::kAllTold, 0.0, now}));
    told_ = data.told.pushed();
    heard_ = engine_.heard().pushed();
  }
  static_cast<void>(wait_for([&] { return engine_.is_settled(); }));
}

/// Asks for the new notes' takes, and waits for those and for the pages that other notes come to.
void OfflineWait::for_frames(std::span<Event> events, int samples) {
  find_programs(events);
  const TakeStore& takes = engine_.takes();
  const std::vector<TakeId> wanted = takes_of(events, samples);
  const std::int64_t now = engine_.counters().clock_samples.get();
  for (const TakeId& take : wanted) {
    engine_.asker().ask(take, takes.pages_of(take), kFirstPages, kFirstPages, now);
  }
  if (engine_.voices().lacks(samples)) engine_.voices().insist(samples);
  const double frames = samples * kFrameRateHz / engine_.config().rate_hz;
  const int pages = std::min(static_cast<int>(frames) / int{kPageFrames} + 1, kFirstPages);
  static_cast<void>(wait_for([&] {
    return !engine_.voices().lacks(samples) &&
           std::all_of(wanted.begin(), wanted.end(),
                       [&](const TakeId& take) { return takes.pages_of(take) >= pages; });
  }));
}

/// Program changes whose slots Python did not tell ahead: it has heard of them by now.
void OfflineWait::find_programs(std::span<Event> events) {
  for (Event& event : events) {
    if (event.kind != Event::Kind::kProgram || event.value >= 0.0F) continue;
    const auto slot = [&] { return engine_.programs().get(event.status, event.data1); };
    if (wait_for([&] { return slot() != Programs::kNoSlot; })) event.value = slot();
  }
}

/// Follows the block's events, those that Python has scheduled for it as well, on channels of its
/// own, ahead of the engine and in the engine's order.
std::vector<TakeId> OfflineWait::takes_of(std::span<const Event> events, int samples) {
  Channels channels = engine_.voices().channels();
  std::vector<TakeId> takes;
  std::size_t ahead = 0;
  const std::int64_t begin = engine_.counters().clock_samples.get();
  const auto follow_scheduled = [&](std::int64_t until) {
    while (const Event* event = engine_.data().scheduled.peek(ahead)) {
      if (event->due > until) return;
      if (is_sound(*event)) follow(channels, *event, takes);
      ++ahead;
    }
  };
  for (const Event& event : events) {
    follow_scheduled(begin + event.due);
    follow(channels, event, takes);
  }
  follow_scheduled(begin + samples - 1);
  return takes;
}

void OfflineWait::follow(Channels& channels, const Event& event, std::vector<TakeId>& takes) {
  const int channel = event.status & 0x0F;
  if (event.kind == Event::Kind::kProgram && event.value >= 0.0F) {
    channels.set_program(channel, static_cast<int>(event.value));
  } else if (event.kind == Event::Kind::kTimbre) {
    channels.set_timbre(channel, static_cast<int>(event.value));
  } else if (event.kind == Event::Kind::kTune) {
    channels.at(channel).tune(event.data1, event.value);
  } else if (event.kind == Event::Kind::kMidi && (event.status & 0xF0) == 0xB0) {
    channels.control(channel, event.data1, event.data2);
  } else if (is_note_on(event)) {
    Voices::Takes found;
    const std::size_t count =
        engine_.voices().takes_of(channels, channel, event.data1, event.data2, found);
    takes.insert(takes.end(), found.begin(), found.begin() + count);
  }
}

}  // namespace rtsynth
