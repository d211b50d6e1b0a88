/// The takes that the generator made, in one arena of pages that the audio thread reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "contract.h"
#include "frame_format.h"
#include "rt.h"

namespace rtsynth {

inline constexpr int kTakeFrames = static_cast<int>(kPageFrames * kTakePages);
inline constexpr int kKeys = 128;
inline constexpr std::size_t kPageValues = kPageFrames * kFrameValues;
inline constexpr float kDetuneSteps = 64.0F;  // int16 in steps of 1/64 cent: +-512 cents

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
};

/// The take whose frames are a note's own; velocity 1..127.
[[nodiscard]] constexpr TakeId take_of(int timbre, int key, int velocity) RT_SAFE {
  return {timbre, std::clamp(key, kKeyLow, kKeyHigh), velocity * int{kVelocityLayers} / 128};
}

/// A take that voices read, and where.
struct Reading {
  int key = 0;
  int layer = 0;
  int frame = 0;
};

/// What belongs to the whole take (NOTE_FIELDS of the contract). There are as many as pages: small.
struct NoteValues {
  float inharmonicity = 0.0F;  // B itself, not its logarithm
  float gain_db = 0.0F;
  float tail_db_per_s = 0.0F;
  float release_db_per_s = 0.0F;
  float width = 0.0F;                                   // 0..1
  std::array<std::int16_t, kDetunedPartials> detune{};  // in kDetuneSteps
};

/// Holds indices, no pointers. A take whose word is pinned is never freed: the audio thread adds 1
/// to pin and backs out where the evict bit is set; the generator frees only what it could swap
/// from 0 to the evict bit.
class TakeStore {
 public:
  static constexpr int kNone = -1;

  /// [control, stopped] Takes the arena. Throws std::invalid_argument below 8 pages.
  void prepare(std::size_t arena_bytes, FrameFormat format = FrameFormat::kFine);

  /// [audio] A handle to the take, to be given back by unpin(), or kNone.
  [[nodiscard]] int pin(TakeId id) RT_SAFE;
  /// [audio]
  void unpin(int take) RT_SAFE;
  /// [audio] One more pin on a take that is pinned already.
  void pin_again(int take) RT_SAFE {
    headers_[as_index(take)].word.fetch_add(1, std::memory_order_relaxed);
  }
  /// [audio] Writes down which frame of a pinned take is read.
  void note_read(int take, int frame) RT_SAFE {
    headers_[as_index(take)].read_at.store(frame, std::memory_order_relaxed);
  }
  /// [audio] The first page of a pinned take: not 0 in a middle take.
  [[nodiscard]] int first_page(int take) const RT_SAFE { return headers_[as_index(take)].base; }
  /// [audio] The page behind the last one of a pinned take that may be read.
  [[nodiscard]] int pages_ready(int take) const RT_SAFE {
    return headers_[as_index(take)].ready.load(std::memory_order_acquire);
  }
  /// [audio] A pinned take's note values.
  [[nodiscard]] const NoteValues& note(int take) const RT_SAFE {
    return headers_[as_index(take)].note;
  }
  /// [audio] A pinned take's frame, in format(), which lies on a page that is ready.
  [[nodiscard]] const std::int16_t* frame(int take, int frame) const RT_SAFE;
  /// [any]
  [[nodiscard]] FrameFormat format() const RT_SAFE { return format_; }
  /// [audio] False once a pinned take was dropped: another may be made in its place.
  [[nodiscard]] bool is_current(int take, TakeId id) const RT_SAFE {
    return directory_[id.index()].load(std::memory_order_relaxed) == take;
  }
  /// [audio] Pins the take that is nearest to `id`, or returns kNone when there is none at all:
  /// the same key's nearest layer, then the nearest keys, then other timbres.
  [[nodiscard]] int pin_nearest(TakeId id) RT_SAFE;
  /// A pinned take, and the frame at which to go on in it.
  struct Place {
    int take = kNone;
    int frame = 0;
    bool middle = false;
  };
  /// [audio] Pins the take `id` or its middle take, whichever has the frame. A sustained note that
  /// goes round may go on anywhere behind kLoopFirstPage.
  [[nodiscard]] Place pin_at(TakeId id, int frame) RT_SAFE;
  /// [audio] The time that pin() and put() write down for "last used".
  void set_time(std::uint32_t ticks) RT_SAFE { now_.store(ticks, std::memory_order_relaxed); }

  /// [generator] Adds whole pages; pages already there stay as they are. `frames` is
  /// (pages * kPageFrames, kFrameValues), `note` has kNoteValues. False: no page could be
  /// freed, or the page before `first_page` is missing; a middle take then begins anew there.
  [[nodiscard]] bool put(TakeId id, int first_page, std::span<const float> frames,
                         std::span<const float> note);
  /// [any] The page behind the last one of a take that is there, 0: there is none.
  [[nodiscard]] int pages_of(TakeId id) const noexcept;
  /// [generator] Takes one take out of the directory.
  void drop(TakeId id);
  /// [generator] Writes what put() was given of a take's first page, as it is stored: kPageValues
  /// and kNoteValues. False: there is no such take.
  [[nodiscard]] bool first_page(TakeId id, std::span<float> frames, std::span<float> note) const;
  /// [generator] What voices read of a slot, dropped or not.
  [[nodiscard]] std::vector<Reading> reading(int timbre) const;
  /// [generator] Takes a slot's takes out of the directory and frees those that no voice reads;
  /// returns how many still wait for that.
  int drop_timbre(int timbre);

  /// [any]
  [[nodiscard]] std::int64_t takes() const noexcept { return takes_.get(); }
  /// [any]
  [[nodiscard]] std::int64_t used_bytes() const noexcept {
    return used_pages_.get() * page_bytes();
  }
  /// [any]
  [[nodiscard]] std::int64_t arena_bytes() const noexcept {
    return static_cast<std::int64_t>(page_count_) * page_bytes();
  }

 private:
  static constexpr std::uint32_t kEvict = 0x8000'0000U;
  static constexpr std::size_t kInSlot = kKeys * kVelocityLayers;
  static constexpr std::size_t kEntries = 2 * kTimbreSlots * kInSlot;  // and the middle takes

  struct Header {
    std::atomic<std::uint32_t> word{kEvict};  // pins, and the evict bit
    std::atomic<std::int32_t> ready{0};       // pages that may be read
    std::atomic<std::uint32_t> last_used{0};  // ticks
    std::atomic<std::int32_t> read_at{0};     // frame that a voice reads
    std::int32_t base = 0;                    // first page
    std::uint32_t entry = 0;                  // its place in the directory
    bool orphan = false;                      // [generator] dropped while a voice reads it
    NoteValues note;
    std::array<std::uint32_t, kTakePages> pages{};
  };

  static constexpr std::size_t as_index(int i) RT_SAFE { return static_cast<std::size_t>(i); }
  [[nodiscard]] std::int64_t page_bytes() const noexcept {
    return static_cast<std::int64_t>(kPageFrames * frame_words_ * sizeof(std::int16_t));
  }
  [[nodiscard]] int pin_nearest_key(TakeId id) RT_SAFE;
  [[nodiscard]] int pin_nearest_layer(TakeId id) RT_SAFE;
  [[nodiscard]] int create(TakeId id, int first_page, std::span<const float> note);
  [[nodiscard]] bool make_room(int keep);
  [[nodiscard]] bool evict(int take);
  [[nodiscard]] bool lock_out(int take);
  void unlink(int take);
  void drop_entry(std::size_t entry);
  void free_pages_of(int take);
  void free_orphans();

  FrameFormat format_ = FrameFormat::kFine;
  std::size_t frame_words_ = kFrameValues;
  std::unique_ptr<std::int16_t[]> arena_;
  std::size_t page_count_ = 0;
  std::unique_ptr<Header[]> headers_;
  std::size_t header_count_ = 0;
  std::unique_ptr<std::atomic<std::int32_t>[]> directory_;  // header, or kNone
  std::array<std::atomic<std::int32_t>, 2 * kTimbreSlots> takes_in_timbre_{};
  std::vector<std::uint32_t> free_pages_;   // [generator]
  std::vector<std::int32_t> free_headers_;  // [generator]
  std::vector<std::int32_t> orphans_;       // [generator]
  std::atomic<std::uint32_t> now_{0};
  Counter takes_;
  Counter used_pages_;
};

}  // namespace rtsynth
