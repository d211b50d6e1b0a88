// A JACK client's period in freewheel. JACK calls it as soon as all clients have done the one
// before, and nobody hears it: so, and only so, it waits until what it plays is there.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "jack_process.h"

namespace rtsynth {
namespace {

constexpr std::int64_t kPatienceNs = 2'000'000'000;    // a period; JACK itself waits for 10 s
constexpr std::int64_t kLittlePatienceNs = 2'000'000;  // once nothing came in all that time
constexpr std::int64_t kCloseNs = 1'000'000'000;
constexpr auto kPoll = std::chrono::microseconds(200);
constexpr int kFirstPages = 4;  // of a new note's take: as many as its voice will ask for

bool is_note_on(const Event& event) {
  return event.kind == Event::Kind::kMidi && (event.status & 0xF0) == 0x90 && event.data2 > 0;
}

}  // namespace

void JackProcess::close() {
  closed_.store(true);
  const std::int64_t begin_ns = now_ns();
  while (inside_.load() && now_ns() - begin_ns < kCloseNs) std::this_thread::sleep_for(kPoll);
}

/// False: what was left of the period's patience went by, or the client ends.
template <class Condition>
bool JackProcess::wait_for(const Condition& condition) {
  const std::int64_t begin_ns = now_ns();
  bool there = condition();
  while (!there && alive_.load() && !closed_.load() && now_ns() - begin_ns < patience_ns_) {
    std::this_thread::sleep_for(kPoll);
    there = condition();
  }
  patience_ns_ -= std::min(now_ns() - begin_ns, patience_ns_);
  waited_in_vain_ = waited_in_vain_ || !there;
  return there;
}

void JackProcess::process_offline(std::uint32_t samples) {
  const Period period(inside_);
  StereoOut out{};
  if (!find_out(out, samples)) return;
  patience_ns_ = waited_in_vain_ ? kLittlePatienceNs : kPatienceNs;
  waited_in_vain_ = false;
  const bool room = wait_for([this] { return engine_.heard().room_for() >= kMostEvents; });
  const std::span<Event> events = read_midi(samples);
  engine_.carry_out_played();
  find_programs(events);
  wait_for_frames(events, static_cast<int>(samples));
  waited_in_vain_ = waited_in_vain_ || !room;
  drop_outs_seen_ = drop_outs_.load(std::memory_order_relaxed);  // nobody heard them
  engine_.counters().callbacks.add();
  engine_.render(out, static_cast<int>(samples), {{}, events, Pace::kOffline});
}

/// Program changes whose slots Python did not tell ahead: it has heard of them by now.
void JackProcess::find_programs(std::span<Event> events) {
  for (Event& event : events) {
    if (event.kind != Event::Kind::kProgram || event.value >= 0.0F) continue;
    const auto slot = [&] { return engine_.programs().get(event.status, event.data1); };
    if (wait_for([&] { return slot() != Programs::kNoSlot; })) event.value = slot();
  }
}

/// Follows the period's events on channels of its own, ahead of the engine.
std::vector<TakeId> JackProcess::takes_of(std::span<const Event> events) {
  Channels channels = engine_.voices().channels();
  std::vector<TakeId> takes;
  for (const Event& event : events) {
    const int channel = event.status & 0x0F;
    if (event.kind == Event::Kind::kProgram && event.value >= 0.0F) {
      channels.set_program(channel, static_cast<int>(event.value));
    } else if (event.kind == Event::Kind::kMidi && (event.status & 0xF0) == 0xB0) {
      channels.control(channel, event.data1, event.data2);
    } else if (is_note_on(event)) {
      Voices::Takes found;
      const std::size_t count =
          engine_.voices().takes_of(channels, channel, event.data1, event.data2, found);
      takes.insert(takes.end(), found.begin(), found.begin() + count);
    }
  }
  return takes;
}

/// Asks for the new notes' takes, and waits for those and for the pages that other notes come to.
void JackProcess::wait_for_frames(std::span<const Event> events, int samples) {
  const TakeStore& takes = engine_.takes();
  const std::vector<TakeId> wanted = takes_of(events);
  const std::int64_t now = engine_.counters().clock_samples.get();
  for (const TakeId& take : wanted) {
    engine_.asker().ask(take, takes.pages_of(take), kFirstPages, kFirstPages, now);
  }
  const double frames = samples * kFrameRateHz / engine_.config().rate_hz;
  const int pages = std::min(static_cast<int>(frames) / int{kPageFrames} + 1, kFirstPages);
  static_cast<void>(wait_for([&] {
    return !engine_.voices().lacks(samples) &&
           std::all_of(wanted.begin(), wanted.end(),
                       [&](const TakeId& take) { return takes.pages_of(take) >= pages; });
  }));
}

}  // namespace rtsynth
