/// How a thread of Python's waits for the audio thread, which never wakes anybody: it looks.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace rtsynth {

/// [control, without the GIL] Looks every half millisecond; false: the time went by.
template <class Condition>
[[nodiscard]] bool wait_until(double wait_ms, const Condition& condition) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kLook{500};
  const auto until =
      Clock::now() + std::chrono::microseconds(static_cast<std::int64_t>(wait_ms * 1000.0));
  while (!condition()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace rtsynth
