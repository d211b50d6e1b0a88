/// When notes were due and when they sounded, for measurements.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// The last kNotes notes; who reads more rarely than that misses the oldest.
class Trace {
 public:
  static constexpr std::uint64_t kNotes = 4096;
  struct Row {
    std::int64_t note = 0;          // channel * 128 + key
    std::int64_t due = 0;           // sample
    std::int64_t first_sound = -1;  // sample, -1: not yet
    std::int64_t first_own = -1;    // sample, -1: not yet or never
  };

  /// [audio] Returns the note's number for the calls below.
  std::uint64_t begin(std::int64_t note, std::int64_t due) RT_SAFE {
    const std::uint64_t number = count_.load(std::memory_order_relaxed);
    Cell& cell = cells_[number % kNotes];
    cell.note.store(note, std::memory_order_relaxed);
    cell.due.store(due, std::memory_order_relaxed);
    cell.first_sound.store(-1, std::memory_order_relaxed);
    cell.first_own.store(-1, std::memory_order_relaxed);
    count_.store(number + 1, std::memory_order_release);
    return number;
  }
  /// [audio]
  void first_sound(std::uint64_t number, std::int64_t sample) RT_SAFE {
    if (Cell* cell = find(number)) cell->first_sound.store(sample, std::memory_order_relaxed);
  }
  /// [audio]
  void first_own(std::uint64_t number, std::int64_t sample) RT_SAFE {
    if (Cell* cell = find(number)) cell->first_own.store(sample, std::memory_order_relaxed);
  }

  /// [control] The next row in `row`; false: none.
  [[nodiscard]] bool read(Row& row) RT_SAFE {
    const std::uint64_t count = count_.load(std::memory_order_acquire);
    if (read_ + kNotes < count) read_ = count - kNotes;
    if (read_ == count) return false;
    const Cell& cell = cells_[read_++ % kNotes];
    row = {cell.note.load(std::memory_order_relaxed), cell.due.load(std::memory_order_relaxed),
           cell.first_sound.load(std::memory_order_relaxed),
           cell.first_own.load(std::memory_order_relaxed)};
    return true;
  }

 private:
  struct Cell {
    std::atomic<std::int64_t> note{0};
    std::atomic<std::int64_t> due{0};
    std::atomic<std::int64_t> first_sound{-1};
    std::atomic<std::int64_t> first_own{-1};
  };
  Cell* find(std::uint64_t number) RT_SAFE {
    const bool kept = count_.load(std::memory_order_relaxed) - number <= kNotes;
    return kept ? &cells_[number % kNotes] : nullptr;
  }
  std::array<Cell, kNotes> cells_{};
  std::atomic<std::uint64_t> count_{0};
  std::uint64_t read_ = 0;  // [control]
};

}  // namespace rtsynth
