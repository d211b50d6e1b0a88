/// Voices that one thread renders at a time: what the audio thread and its workers share.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rt.h"
#include "voice.h"

namespace rtsynth {

/// Who may read or write it: the audio thread while it is kFree or kDone, else the thread that took
/// it.
struct alignas(kAlign) Unit {
  static constexpr std::size_t kVoices = 8;
  enum class State : std::uint32_t { kFree, kReady, kTaken, kDone };

  std::atomic<State> state{State::kFree};
  bool away = false;  // [audio] always: a worker holds it for too long
  std::size_t count = 0;
  std::size_t channel = 0;  // of all its voices
  int samples = 0;
  std::int64_t now = 0;
  std::array<Voice*, kVoices> voices{};
  alignas(kAlign) std::array<float, kTickSamples> left{};
  alignas(kAlign) std::array<float, kTickSamples> right{};

  /// [any] True: it was ready, and is the caller's until done().
  [[nodiscard]] bool take() RT_SAFE {
    if (state.load(std::memory_order_relaxed) != State::kReady) return false;
    State ready = State::kReady;
    return state.compare_exchange_strong(ready, State::kTaken, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  /// [any] By the thread that took it.
  void done() RT_SAFE { state.store(State::kDone, std::memory_order_release); }
  /// [audio]
  [[nodiscard]] bool is_done() const RT_SAFE {
    return state.load(std::memory_order_acquire) == State::kDone;
  }
  /// [any] By the thread that took it, or by the audio thread: the voices' sum, in their order.
  void render() RT_SAFE {
    std::fill_n(left.begin(), samples, 0.0F);
    std::fill_n(right.begin(), samples, 0.0F);
    for (std::size_t i = 0; i < count; ++i) {
      if (i + 1 < count) voices[i + 1]->prefetch();
      voices[i]->render(left.data(), right.data(), samples, now);
    }
  }
};

}  // namespace rtsynth
