/// How a thread of Python's waits for the audio thread, which never wakes anybody: it looks.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace rtsynth {

constexpr std::chrono::microseconds kLook{500};     // from one look to the next
constexpr std::chrono::microseconds kSoonLook{50};  // where the audio thread waits for us

/// [control, without the GIL] Looks again and again; false: the time went by.
template <class Condition>
[[nodiscard]] bool wait_until(double wait_ms, const Condition& condition,
                              std::chrono::microseconds look = kLook) {
  using Clock = std::chrono::steady_clock;
  const auto until =
      Clock::now() + std::chrono::microseconds(static_cast<std::int64_t>(wait_ms * 1000.0));
  while (!condition()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(look);
  }
  return true;
}

}  // namespace rtsynth
