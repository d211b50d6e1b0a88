/// The takes that the generator made, in one arena of pages that the audio thread reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "contract.h"
#include "frame_format.h"
#include "rt.h"
#include "take_layout.h"

namespace rtsynth {

/// A take that voices read, and where.
struct Reading {
  int key = 0;
  int layer = 0;
  int frame = 0;
};

/// Takes in memory that it is given, which may be another process's as well: the audio thread and
/// the generator then have a store each. A take whose word is pinned is never freed: the audio
/// thread adds 1 to pin and backs out where the evict bit is set; the generator frees only what it
/// could swap from 0 to the evict bit.
class TakeStore {
 public:
  static constexpr int kNone = -1;

  /// [control, stopped] Begins empty, in `layout.bytes()` of memory that outlive it. Throws
  /// std::invalid_argument below 8 pages.
  void make(std::byte* memory, const TakeLayout& layout);
  /// [control] Goes on with what another store has in that memory.
  void attach(std::byte* memory, const TakeLayout& layout) noexcept;
  /// [generator] Takes the place of another generator, which has ended, wherever it was: finds what
  /// is there, what is read, and what is free. Voices play on meanwhile.
  void recover();

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
  [[nodiscard]] int first_page(int take) const RT_SAFE {
    return within_take(headers_[as_index(take)].base);
  }
  /// [audio] The page behind the last one of a pinned take that may be read.
  [[nodiscard]] int pages_ready(int take) const RT_SAFE {
    return within_take(headers_[as_index(take)].ready.load(std::memory_order_acquire));
  }
  /// [audio] A pinned take's note values.
  [[nodiscard]] const NoteValues& note(int take) const RT_SAFE {
    return headers_[as_index(take)].note;
  }
  /// [audio] A pinned take's frame, in format(), which lies on a page that is ready.
  [[nodiscard]] const std::int16_t* frame(int take, int frame) const RT_SAFE;
  /// [any]
  [[nodiscard]] FrameFormat format() const RT_SAFE { return layout_.format; }
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
  void set_time(std::uint32_t ticks) RT_SAFE {
    totals_->now.store(ticks, std::memory_order_relaxed);
  }

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
  [[nodiscard]] std::int64_t takes() const noexcept { return totals_->takes.get(); }
  /// [any]
  [[nodiscard]] std::int64_t used_bytes() const noexcept {
    return totals_->used_pages.get() * page_bytes();
  }
  /// [any]
  [[nodiscard]] std::int64_t arena_bytes() const noexcept {
    return static_cast<std::int64_t>(layout_.pages) * page_bytes();
  }

 private:
  using Header = TakeHeader;
  static constexpr std::uint32_t kEvict = TakeHeader::kEvict;

  static constexpr std::size_t as_index(int i) RT_SAFE { return static_cast<std::size_t>(i); }
  // The numbers may be another process's: none may lead out of the memory.
  static constexpr int within_take(int page) RT_SAFE {
    return std::clamp(page, 0, int{kTakePages});
  }
  [[nodiscard]] std::size_t entry_of(int take) const RT_SAFE {
    return headers_[as_index(take)].entry % kEntries;
  }
  [[nodiscard]] int listed(std::size_t entry) const RT_SAFE {
    const int take = directory_[entry].load(std::memory_order_acquire);
    return take >= 0 && take < header_count_ ? take : kNone;
  }
  [[nodiscard]] std::int64_t page_bytes() const noexcept {
    return static_cast<std::int64_t>(layout_.page_words() * sizeof(std::int16_t));
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
  // takes_recover.cpp
  [[nodiscard]] bool claim(int take, std::vector<bool>& used);
  [[nodiscard]] std::vector<bool> keep_listed(std::vector<bool>& used);
  void sort_out(const std::vector<bool>& kept, std::vector<bool>& used);

  TakeLayout layout_;
  std::size_t frame_words_ = kFrameValues;
  std::int32_t header_count_ = 0;
  TakeTotals* totals_ = nullptr;                    // these four lie in the memory
  std::atomic<std::int32_t>* directory_ = nullptr;  // header, or kNone
  Header* headers_ = nullptr;
  std::int16_t* arena_ = nullptr;
  std::vector<std::uint32_t> free_pages_;   // [generator]
  std::vector<std::int32_t> free_headers_;  // [generator]
  std::vector<std::int32_t> orphans_;       // [generator]
};

}  // namespace rtsynth
