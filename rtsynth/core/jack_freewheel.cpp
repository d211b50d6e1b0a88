// A JACK client's period in freewheel. JACK calls it as soon as all clients have done the one
// before, and nobody hears it: so, and only so, it waits until what it plays is there.
#include <chrono>
#include <thread>

#include "jack_process.h"

namespace rtsynth {
namespace {

constexpr std::int64_t kCloseNs = 1'000'000'000;
constexpr auto kPoll = std::chrono::microseconds(200);

}  // namespace

void JackProcess::close() {
  closed_.store(true);
  offline_.cancel();
  const std::int64_t begin_ns = now_ns();
  while (inside_.load() && now_ns() - begin_ns < kCloseNs) std::this_thread::sleep_for(kPoll);
}

void JackProcess::process_offline(std::uint32_t samples) {
  const Period period(inside_);
  StereoOut out{};
  if (!find_out(out, samples)) return;
  offline_.begin();
  offline_.for_room(kMostEvents);
  const std::span<Event> events = read_midi(samples);
  engine_.carry_out_played();
  offline_.for_frames(events, static_cast<int>(samples));
  drop_outs_seen_ = drop_outs_.load(std::memory_order_relaxed);  // nobody heard them
  engine_.counters().callbacks.add();
  engine_.render(out, static_cast<int>(samples), {{}, events, Pace::kOffline});
}

}  // namespace rtsynth
