/// How much of the time there is the rendering takes.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

#include "counters.h"
#include "rt.h"

namespace rtsynth {

/// [audio] Monotonic time in nanoseconds, the same clock as Python's time.monotonic_ns().
[[nodiscard]] inline std::int64_t now_ns() RT_SAFE {
  RT_TRUSTED_BEGIN  // reads a clock: no system call that waits
      const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  RT_TRUSTED_END
}

/// Render time over block time, smoothed over about half a second, and its peak.
class LoadMeter {
 public:
  /// [audio] A block that lasts `block_ns` took `took_ns`.
  void add(std::int64_t took_ns, double block_ns) RT_SAFE {
    const auto load = static_cast<float>(static_cast<double>(took_ns) / block_ns);
    const auto part = static_cast<float>(std::min(block_ns / kSmoothNs, 1.0));
    const float smooth = load_.load(std::memory_order_relaxed);
    load_.store(smooth + part * (load - smooth), std::memory_order_relaxed);
    if (load > 1.0F) overruns_.add();
    const bool fresh = reset_.exchange(false, std::memory_order_relaxed);
    const float peak = fresh ? 0.0F : peak_.load(std::memory_order_relaxed);
    peak_.store(std::max(peak, load), std::memory_order_relaxed);
  }
  /// [any] 0..1 and above.
  [[nodiscard]] float load() const RT_SAFE { return load_.load(std::memory_order_relaxed); }
  /// [any]
  [[nodiscard]] float peak() const RT_SAFE {
    return reset_.load(std::memory_order_relaxed) ? 0.0F : peak_.load(std::memory_order_relaxed);
  }
  /// [any] Blocks whose rendering took longer than they last.
  [[nodiscard]] std::int64_t overruns() const RT_SAFE { return overruns_.get(); }
  /// [any]
  void reset_peak() RT_SAFE { reset_.store(true, std::memory_order_relaxed); }

 private:
  static constexpr double kSmoothNs = 0.5e9;
  Counter overruns_;
  std::atomic<float> load_{0.0F};
  std::atomic<float> peak_{0.0F};
  std::atomic<bool> reset_{false};
};

}  // namespace rtsynth
