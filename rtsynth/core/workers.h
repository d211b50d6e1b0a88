/// Threads that render units beside the audio thread, which never waits for them here.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include "rt.h"
#include "unit.h"

namespace rtsynth {

/// A worker looks for units that are ready whenever it is woken. Between blocks it sleeps.
class Workers {
 public:
  static constexpr int kMost = 4;

  Workers() = default;
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// [control, stopped] Starts `threads` (0..kMost); the units must outlive them.
  void start(int threads, Unit* units);
  /// [control, stopped] Returns when all threads have ended.
  void stop();
  [[nodiscard]] int threads() const RT_SAFE { return threads_; }

  /// [audio] The first `end` units are ready, those that are.
  void wake(std::size_t end) RT_SAFE;
  /// [audio] Workers come next to the calling thread in the scheduler, where they may. Looks
  /// for each thread that calls, and again about once a second.
  void follow_caller() RT_SAFE;
  /// [any] Units that workers rendered so far.
  [[nodiscard]] std::int64_t units_rendered() const RT_SAFE {
    return rendered_.load(std::memory_order_relaxed);
  }
  /// [any] While true a worker keeps the unit that it took: for tests of a worker that is late.
  void hold(bool held) RT_SAFE { held_.store(held, std::memory_order_relaxed); }

 private:
  void run(std::size_t number);
  void work(std::size_t number) RT_SAFE;
  [[nodiscard]] std::uint32_t next_call(std::uint32_t seen);
  void follow_schedule(std::int32_t& followed);

  std::array<std::thread, kMost> workers_;
  int threads_ = 0;
  Unit* units_ = nullptr;
  std::atomic<std::uint32_t> calls_{0};  // how often they were woken
  std::atomic<std::size_t> end_{0};
  std::atomic<std::int32_t> schedule_{0};  // of the audio thread: policy * 256 + priority
  std::atomic<std::int64_t> rendered_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> held_{false};
  std::uintptr_t caller_ = 0;           // [audio] whose schedule is known
  std::uint32_t calls_since_look_ = 0;  // [audio]
};

}  // namespace rtsynth
