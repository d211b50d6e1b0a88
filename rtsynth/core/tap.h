/// What was played, for a recorder that reads it from another thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "counters.h"
#include "queue.h"
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
    if (on && !on_.load(std::memory_order_relaxed)) skip();
    on_.store(on, std::memory_order_relaxed);
  }
  /// [audio] What was played from sample `sample` of the clock on.
  void write(const float* left, const float* right, int samples, std::int64_t sample) RT_SAFE {
    if (!on_.load(std::memory_order_relaxed)) return;
    const std::uint64_t at = write_.load(std::memory_order_relaxed);
    const std::uint64_t room = size_ - (at - read_.load(std::memory_order_acquire));
    const auto wanted = static_cast<std::uint64_t>(samples);
    std::uint64_t n = std::min(wanted, room);
    if (sample != next_sample_ && n > 0 && !begins_.push({at, sample})) n = 0;
    if (n > 0) next_sample_ = sample + static_cast<std::int64_t>(n);
    for (std::uint64_t i = 0; i < n; ++i) frames_[(at + i) & (size_ - 1)] = {left[i], right[i]};
    write_.store(at + n, std::memory_order_release);
    if (n < wanted) counters_->tap_dropped.add(static_cast<std::int64_t>(wanted - n));
  }
  /// [recorder] Fills up to `samples` interleaved frames that were played one behind the other;
  /// returns how many, and the clock's sample of the first in `sample`.
  std::size_t read(float* out, std::size_t samples, std::int64_t& sample) RT_SAFE {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(stretch(at) - at, samples));
    for (std::size_t i = 0; i < n; ++i) {
      const Stereo frame = frames_[(at + i) & (size_ - 1)];
      out[2 * i] = frame.left;
      out[2 * i + 1] = frame.right;
    }
    sample = read_sample_;
    advance(at + n, n);
    return n;
  }

 private:
  static constexpr double kLengthS = 4.0;  // a recorder may be held up that long
  static constexpr std::size_t kBegins = 64;
  struct Stereo {
    float left, right;
  };
  /// Where frames do not follow on from those before, and the clock's sample there.
  struct Begin {
    std::uint64_t place = 0;
    std::int64_t sample = 0;
  };

  /// [recorder] Where the frames from `at` on end to follow on one another.
  [[nodiscard]] std::uint64_t stretch(std::uint64_t at) RT_SAFE {
    const std::uint64_t end = write_.load(std::memory_order_acquire);
    const Begin* begin = begins_.peek();
    if (begin != nullptr && begin->place == at) {
      read_sample_ = begin->sample;
      begins_.pop();
      begin = begins_.peek();
    }
    return begin != nullptr ? std::min(begin->place, end) : end;
  }
  void advance(std::uint64_t to, std::uint64_t by) RT_SAFE {
    read_sample_ += static_cast<std::int64_t>(by);
    read_.store(to, std::memory_order_release);
  }
  /// [recorder] All that is there.
  void skip() RT_SAFE {
    for (;;) {
      const std::uint64_t at = read_.load(std::memory_order_relaxed);
      const std::uint64_t end = stretch(at);
      if (end == at) return;
      advance(end, end - at);
    }
  }

  Counters* counters_ = nullptr;
  std::unique_ptr<Stereo[]> frames_;
  std::uint64_t size_ = 0;
  std::atomic<std::uint64_t> write_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> on_{false};
  SpscQueue<Begin, kBegins> begins_;
  std::int64_t next_sample_ = -1;  // [audio] that would follow on
  std::int64_t read_sample_ = 0;   // [recorder]
};

}  // namespace rtsynth
