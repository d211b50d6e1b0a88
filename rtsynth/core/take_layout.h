/// How takes lie in memory that two processes may share: numbers and offsets, no pointers.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "contract.h"
#include "frame_format.h"
#include "rt.h"

namespace rtsynth {

inline constexpr int kTakeFrames = static_cast<int>(kPageFrames * kTakePages);
inline constexpr int kKeys = 128;
inline constexpr std::size_t kPageValues = kPageFrames * kFrameValues;
inline constexpr float kDetuneSteps = 64.0F;  // int16 in steps of 1/64 cent: +-512 cents
inline constexpr std::size_t kInSlot = kKeys * kVelocityLayers;
inline constexpr std::size_t kEntries = 2 * kTimbreSlots * kInSlot;  // and the middle takes

/// A slope flatter than this (dB a second) means that the note sounds as long as it is held.
inline constexpr float kSustainedDbPerS = -0.5F;

/// Which take: a timbre slot, a MIDI key and a velocity layer.
struct TakeId {
  int timbre = 0;
  int key = 0;
  int layer = 0;
  /// The take that begins somewhere behind the onset, for notes that are held while their timbre
  /// moves.
  [[nodiscard]] constexpr TakeId middle() const RT_SAFE {
    return {timbre + int{kTimbreSlots}, key, layer};
  }
  [[nodiscard]] constexpr bool is_middle() const RT_SAFE { return timbre >= int{kTimbreSlots}; }
  [[nodiscard]] constexpr std::size_t index() const RT_SAFE {
    return static_cast<std::size_t>((timbre * kKeys + key) * int{kVelocityLayers} + layer);
  }
  /// Whether there is such a take.
  [[nodiscard]] constexpr bool is_sound() const RT_SAFE {
    return timbre >= 0 && timbre < 2 * int{kTimbreSlots} && key >= 0 && key < kKeys && layer >= 0 &&
           layer < int{kVelocityLayers};
  }
};

/// The take whose frames are a note's own; velocity 1..127.
[[nodiscard]] constexpr TakeId take_of(int timbre, int key, int velocity) RT_SAFE {
  return {timbre, std::clamp(key, kKeyLow, kKeyHigh), velocity * int{kVelocityLayers} / 128};
}

/// What belongs to the whole take (NOTE_FIELDS of the contract). There are as many as pages: small.
struct NoteValues {
  float inharmonicity = 0.0F;  // B itself, not its logarithm
  float gain_db = 0.0F;
  float tail_db_per_s = 0.0F;
  float release_db_per_s = 0.0F;
  float width = 0.0F;                                   // 0..1
  std::array<std::int16_t, kDetunedPartials> detune{};  // in kDetuneSteps
};

/// A take: its word says who holds it, its pages are numbers in the arena.
struct TakeHeader {
  static constexpr std::uint32_t kEvict = 0x8000'0000U;

  std::atomic<std::uint32_t> word{kEvict};  // pins, and the evict bit
  std::atomic<std::int32_t> ready{0};       // pages that may be read
  std::atomic<std::uint32_t> last_used{0};  // ticks
  std::atomic<std::int32_t> read_at{0};     // frame that a voice reads
  std::int32_t base = 0;                    // first page
  std::uint32_t entry = 0;                  // its place in the directory
  std::uint8_t orphan = 0;                  // [generator] 1: dropped while a voice reads it
  NoteValues note;
  std::array<std::uint32_t, kTakePages> pages{};
};

/// What holds for all takes.
struct TakeTotals {
  std::array<std::atomic<std::int32_t>, 2 * kTimbreSlots> in_timbre{};
  std::atomic<std::uint32_t> now{0};  // ticks
  Counter takes;
  Counter used_pages;
};

/// The sizes of a store, from which the places of its parts follow: totals, directory, headers,
/// arena.
struct TakeLayout {
  static constexpr std::size_t kMinPages = 8;  // less could not hold the first pages of one chord
  static constexpr std::size_t kMostPages = std::size_t{1} << 28;

  FrameFormat format = FrameFormat::kFine;
  std::size_t pages = 0;

  [[nodiscard]] static constexpr TakeLayout of(std::size_t arena_bytes, FrameFormat format) {
    return {format, arena_bytes / (kPageFrames * words_in_frame(format) * sizeof(std::int16_t))};
  }
  /// Whether a store can have it.
  [[nodiscard]] constexpr bool is_sound() const noexcept {
    return (format == FrameFormat::kFine || format == FrameFormat::kCoarse) && pages >= kMinPages &&
           pages <= kMostPages;
  }
  [[nodiscard]] constexpr std::size_t headers() const noexcept { return std::min(pages, kEntries); }
  [[nodiscard]] constexpr std::size_t page_words() const noexcept {
    return kPageFrames * words_in_frame(format);
  }
  [[nodiscard]] constexpr std::size_t directory_at() const noexcept {
    return rounded(sizeof(TakeTotals));
  }
  [[nodiscard]] constexpr std::size_t headers_at() const noexcept {
    return directory_at() + rounded(kEntries * sizeof(std::atomic<std::int32_t>));
  }
  [[nodiscard]] constexpr std::size_t arena_at() const noexcept {
    return headers_at() + rounded(headers() * sizeof(TakeHeader));
  }
  [[nodiscard]] constexpr std::size_t bytes() const noexcept {
    return arena_at() + rounded(pages * page_words() * sizeof(std::int16_t));
  }

 private:
  static constexpr std::size_t rounded(std::size_t bytes) noexcept {
    return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  }
};

}  // namespace rtsynth
