/// A bounded queue between one producer thread and one consumer thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// Full means refused and counted, never overwritten. Neither side ever waits.
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
  [[nodiscard]] const T* peek() const RT_SAFE {
    const std::uint64_t read = read_.load(std::memory_order_relaxed);
    if (write_.load(std::memory_order_acquire) == read) return nullptr;
    return &items_[read % kCapacity];
  }

  /// [consumer] Drops the item that peek() showed.
  void pop() RT_SAFE {
    read_.store(read_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// [any] Items that wait.
  [[nodiscard]] std::size_t size() const RT_SAFE {
    const std::uint64_t read = read_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(write_.load(std::memory_order_acquire) - read);
  }
  /// [any]
  [[nodiscard]] std::int64_t refused() const RT_SAFE { return refused_.get(); }

 private:
  static constexpr std::size_t kLine = 64;  // keeps the two sides off one cache line
  alignas(kLine) std::atomic<std::uint64_t> write_{0};
  Counter refused_;
  alignas(kLine) std::atomic<std::uint64_t> read_{0};
  alignas(kLine) std::array<T, kCapacity> items_{};
};

}  // namespace rtsynth
