/// What was played, for a recorder that reads it from another thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "counters.h"
#include "rt.h"

namespace rtsynth {

/// A ring of stereo frames; when it is full the newest are dropped and counted.
class Tap {
 public:
  /// [control, stopped] Room for kLengthS seconds.
  void prepare(double rate_hz, Counters& counters) {
    counters_ = &counters;
    size_ = 1;
    while (static_cast<double>(size_) < kLengthS * rate_hz) size_ *= 2;
    frames_ = std::make_unique<Stereo[]>(size_);
  }
  /// [control] On: begins empty; nobody may be in read() then.
  void turn(bool on) RT_SAFE {
    if (on && !on_.load(std::memory_order_relaxed)) {
      read_.store(write_.load(std::memory_order_acquire), std::memory_order_release);
    }
    on_.store(on, std::memory_order_relaxed);
  }
  /// [audio]
  void write(const float* left, const float* right, int samples) RT_SAFE {
    if (!on_.load(std::memory_order_relaxed)) return;
    const std::uint64_t at = write_.load(std::memory_order_relaxed);
    const std::uint64_t room = size_ - (at - read_.load(std::memory_order_acquire));
    const auto wanted = static_cast<std::uint64_t>(samples);
    const std::uint64_t n = std::min(wanted, room);
    for (std::uint64_t i = 0; i < n; ++i) frames_[(at + i) & (size_ - 1)] = {left[i], right[i]};
    write_.store(at + n, std::memory_order_release);
    if (n < wanted) counters_->tap_dropped.add(static_cast<std::int64_t>(wanted - n));
  }
  /// [recorder] Fills up to `samples` interleaved frames; returns how many.
  std::size_t read(float* out, std::size_t samples) RT_SAFE {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    const std::uint64_t there = write_.load(std::memory_order_acquire) - at;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(there, samples));
    for (std::size_t i = 0; i < n; ++i) {
      const Stereo frame = frames_[(at + i) & (size_ - 1)];
      out[2 * i] = frame.left;
      out[2 * i + 1] = frame.right;
    }
    read_.store(at + n, std::memory_order_release);
    return n;
  }

 private:
  static constexpr double kLengthS = 4.0;  // a recorder may be held up that long
  struct Stereo {
    float left, right;
  };
  Counters* counters_ = nullptr;
  std::unique_ptr<Stereo[]> frames_;
  std::uint64_t size_ = 0;
  std::atomic<std::uint64_t> write_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> on_{false};
};

}  // namespace rtsynth
