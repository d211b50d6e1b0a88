/// Where an event that arrived at some time belongs in the next block of a device.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "rt.h"

namespace rtsynth {

inline constexpr std::int64_t kNotInThisBlock = std::numeric_limits<std::int64_t>::max();

/// The span of time whose events a block plays: the one that went by while the block before was
/// heard. No block: events are due at once.
struct LiveWindow {
  std::int64_t end_ns = 0;
  double ns_per_sample = 0.0;
  int samples = 0;

  /// [audio] Offset in the block (0..samples - 1), or kNotInThisBlock for what came after it.
  [[nodiscard]] std::int64_t offset(std::int64_t time_ns) const RT_SAFE {
    if (samples == 0) return 0;
    if (time_ns >= end_ns) return kNotInThisBlock;
    const double before_end = static_cast<double>(end_ns - time_ns) / ns_per_sample;
    const auto offset = samples - static_cast<std::int64_t>(std::ceil(before_end));
    return std::clamp<std::int64_t>(offset, 0, samples - 1);
  }
};

/// Follows the device's callbacks: their times jitter, the windows must not (a first-order loop;
/// Adriaensen, "Using a DLL to filter time", 2005).
class LiveClock {
 public:
  /// [control, stopped]
  void prepare(double rate_hz) {
    ns_per_sample_ = 1e9 / rate_hz;
    running_ = false;
  }
  /// [audio] The window of a block of `samples` that was asked for at `now_ns`.
  LiveWindow next(std::int64_t now_ns, int samples) RT_SAFE {
    const double block_ns = ns_per_sample_ * samples;
    const double expected = end_ns_ + block_ns;
    const double error = static_cast<double>(now_ns - base_ns_) - expected;
    if (running_) count(error);
    if (!running_ || std::abs(error) > kResyncBlocks * block_ns + kResyncNs) {
      running_ = true;
      base_ns_ = now_ns;
      end_ns_ = 0.0;
    } else {
      end_ns_ = expected + kFollow * error;
    }
    return {base_ns_ + static_cast<std::int64_t>(end_ns_), ns_per_sample_, samples};
  }
  /// [any] Blocks that were asked for `step` times kLateStepNs late, or in time (0), since start.
  [[nodiscard]] std::int64_t late_blocks(std::size_t step) const RT_SAFE {
    return late_[step].get();
  }

  static constexpr std::size_t kLateSteps = 33;  // the last: all that were later
  static constexpr double kLateStepNs = 0.25e6;

 private:
  void count(double late_ns) RT_SAFE {
    const double step = std::clamp(late_ns / kLateStepNs, 0.0, static_cast<double>(kLateSteps - 1));
    late_[static_cast<std::size_t>(step)].add();
  }

  static constexpr double kFollow = 0.02;       // of the error a block: 50 blocks to settle
  static constexpr double kResyncBlocks = 8.0;  // further off than this and kResyncNs it restarts
  static constexpr double kResyncNs = 20e6;
  std::array<Counter, kLateSteps> late_;
  double ns_per_sample_ = 0.0;
  std::int64_t base_ns_ = 0;
  double end_ns_ = 0.0;  // of the last window, after base_ns_
  bool running_ = false;
};

}  // namespace rtsynth
