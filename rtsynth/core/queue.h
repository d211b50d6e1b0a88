/// A bounded queue between one producer thread and one consumer thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// Full means refused and counted, never overwritten. Neither side ever waits. The two may be in
/// different processes, and another thread may take a side's place where its first one has ended.
/// Where the other side's count cannot be, the queue is full and has nothing: no side runs on.
template <class T, std::size_t kCapacity>
class SpscQueue {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "a power of two");

 public:
  /// [producer] False: full, `item` was counted as refused.
  [[nodiscard]] bool push(const T& item) RT_SAFE {
    const std::uint64_t write = write_.load(std::memory_order_relaxed);
    if (write - read_.load(std::memory_order_acquire) >= kCapacity) {
      refused_.add();
      return false;
    }
    items_[write % kCapacity] = item;
    write_.store(write + 1, std::memory_order_release);
    return true;
  }

  /// [consumer] The oldest item, or null. Valid until pop().
  [[nodiscard]] const T* peek() const RT_SAFE { return peek(0); }

  /// [consumer] Drops the item that peek() showed.
  void pop() RT_SAFE {
    read_.store(read_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// [consumer] The item that comes `ahead` behind the oldest, or null. Valid until it is popped.
  [[nodiscard]] const T* peek(std::size_t ahead) const RT_SAFE {
    const std::uint64_t read = read_.load(std::memory_order_relaxed);
    const std::uint64_t waiting = write_.load(std::memory_order_acquire) - read;
    if (waiting <= ahead || waiting > kCapacity) return nullptr;
    return &items_[(read + ahead) % kCapacity];
  }

  /// [any] Items that wait.
  [[nodiscard]] std::size_t size() const RT_SAFE {
    const std::uint64_t read = read_.load(std::memory_order_acquire);
    const std::uint64_t waiting = write_.load(std::memory_order_acquire) - read;
    return static_cast<std::size_t>(std::min<std::uint64_t>(waiting, kCapacity));
  }
  /// [any] Items that were pushed and popped, of all times.
  [[nodiscard]] std::uint64_t pushed() const RT_SAFE {
    return write_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t popped() const RT_SAFE {
    return read_.load(std::memory_order_acquire);
  }
  /// [any]
  [[nodiscard]] std::int64_t refused() const RT_SAFE { return refused_.get(); }

 private:
  alignas(kCacheLine) std::atomic<std::uint64_t> write_{0};
  Counter refused_;
  alignas(kCacheLine) std::atomic<std::uint64_t> read_{0};
  alignas(kCacheLine) std::array<T, kCapacity> items_{};
};

}  // namespace rtsynth
