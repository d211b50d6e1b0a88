#include "takes.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace rtsynth {
namespace {

NoteValues read_note(std::span<const float> note) {
  NoteValues out;
  const float log10_b = finite_or(note[kNoteInharmonicityLog10], -8.0F, -8.0F, -2.0F);
  out.inharmonicity = std::pow(10.0F, log10_b);
  out.gain_db = finite_or(note[kNoteGainDb], -20.0F, -100.0F, 12.0F);
  out.tail_db_per_s = finite_or(note[kNoteTailDbPerS], 0.0F, -1000.0F, 0.0F);
  out.release_db_per_s = finite_or(note[kNoteReleaseDbPerS], -60.0F, -2000.0F, -3.0F);
  out.width = finite_or(note[kNoteWidth], 0.0F, 0.0F, 1.0F);
  constexpr auto kRange = static_cast<float>(kDetuneRangeCents);
  for (std::size_t i = 1; i < kDetunedPartials; ++i) {  // the first is never detuned
    const float cents = finite_or(note[kNoteDetune + i], 0.0F, -kRange, kRange);
    out.detune[i] = static_cast<std::int16_t>(std::lround(cents * kDetuneSteps));
  }
  return out;
}

}  // namespace

void TakeStore::make(std::byte* memory, const TakeLayout& layout) {
  if (!layout.is_sound()) throw std::invalid_argument("the arena is too small");
  attach(memory, layout);
  std::uninitialized_value_construct_n(totals_, 1);
  std::uninitialized_value_construct_n(headers_, header_count_);
  std::uninitialized_fill_n(directory_, kEntries, std::int32_t{kNone});
  recover();
}

void TakeStore::attach(std::byte* memory, const TakeLayout& layout) noexcept {
  layout_ = layout;
  frame_words_ = words_in_frame(layout.format);
  header_count_ = static_cast<std::int32_t>(layout.headers());
  totals_ = reinterpret_cast<TakeTotals*>(memory);
  directory_ = reinterpret_cast<std::atomic<std::int32_t>*>(memory + layout.directory_at());
  headers_ = reinterpret_cast<Header*>(memory + layout.headers_at());
  arena_ = reinterpret_cast<std::int16_t*>(memory + layout.arena_at());
}

int TakeStore::pin(TakeId id) RT_SAFE {
  const std::size_t entry = id.index();
  const int take = listed(entry);
  if (take == kNone) return kNone;
  Header& header = headers_[as_index(take)];
  const std::uint32_t before = header.word.fetch_add(1, std::memory_order_acquire);
  // While it is pinned the directory cannot change: a header that was reused shows here.
  if ((before & kEvict) != 0 || directory_[entry].load(std::memory_order_acquire) != take) {
    header.word.fetch_sub(1, std::memory_order_release);
    return kNone;
  }
  header.last_used.store(totals_->now.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return take;
}

void TakeStore::unpin(int take) RT_SAFE {
  Header& header = headers_[as_index(take)];
  header.last_used.store(totals_->now.load(std::memory_order_relaxed), std::memory_order_relaxed);
  header.word.fetch_sub(1, std::memory_order_release);
}

const std::int16_t* TakeStore::frame(int take, int frame) const RT_SAFE {
  const auto index = as_index(frame);
  const std::size_t page =
      std::min<std::size_t>(headers_[as_index(take)].pages[index / kPageFrames], layout_.pages - 1);
  return arena_ + (page * kPageFrames + index % kPageFrames) * frame_words_;
}

int TakeStore::pages_of(TakeId id) const noexcept {
  const int take = listed(id.index());
  return take == kNone ? 0 : pages_ready(take);
}

bool TakeStore::put(TakeId id, int first_page, std::span<const float> frames,
                    std::span<const float> note) {
  const int pages = static_cast<int>(frames.size() / kPageValues);
  if (id.is_middle() && first_page != pages_of(id)) drop_entry(id.index());
  int take = listed(id.index());
  const int none_ready = id.is_middle() ? first_page : 0;
  const int ready = take == kNone ? none_ready : pages_ready(take);
  if (first_page > ready || first_page + pages > static_cast<int>(kTakePages)) return false;
  for (int page = ready; page < first_page + pages; ++page) {
    if (free_pages_.empty() && !make_room(take)) return false;
    if (take == kNone && (take = create(id, ready, note)) == kNone) return false;
    Header& header = headers_[as_index(take)];
    const std::uint32_t slot = free_pages_.back();
    free_pages_.pop_back();
    totals_->used_pages.add(1);
    const float* from = frames.data() + as_index(page - first_page) * kPageValues;
    std::int16_t* to = arena_ + slot * kPageFrames * frame_words_;
    for (std::size_t i = 0; i < kPageFrames; ++i) {
      store_frame(from + i * kFrameValues, to + i * frame_words_, layout_.format);
    }
    header.pages[as_index(page)] = slot;
    header.ready.store(page + 1, std::memory_order_release);
    if (page == header.base) {  // from here on voices may find it
      header.word.fetch_and(~kEvict, std::memory_order_release);
      directory_[id.index()].store(take, std::memory_order_release);
      totals_->in_timbre[as_index(id.timbre)].fetch_add(1, std::memory_order_relaxed);
      totals_->takes.add(1);
    }
  }
  return true;
}

/// A header for a new take, still with its evict bit and not yet in the directory. As there are as
/// many headers as pages or directory entries, one is free whenever a page is.
int TakeStore::create(TakeId id, int first_page, std::span<const float> note) {
  if (free_headers_.empty()) return kNone;
  const int take = free_headers_.back();
  free_headers_.pop_back();
  Header& header = headers_[as_index(take)];
  header.entry = static_cast<std::uint32_t>(id.index());
  header.base = first_page;
  header.ready.store(first_page, std::memory_order_relaxed);
  note_read(take, first_page * int{kPageFrames});
  header.note = read_note(note);
  header.last_used.store(totals_->now.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return take;
}

/// Frees the take that was used longest ago; false where every other take is being read.
bool TakeStore::make_room(int keep) {
  free_orphans();
  while (free_pages_.empty()) {
    const std::uint32_t now = totals_->now.load(std::memory_order_relaxed);
    std::uint32_t oldest_age = 0;
    int oldest = kNone;
    for (std::int32_t i = 0; i < header_count_; ++i) {
      const Header& header = headers_[i];
      if (i == keep || header.orphan != 0) continue;
      if (header.word.load(std::memory_order_relaxed) != 0) continue;
      const std::uint32_t age = now - header.last_used.load(std::memory_order_relaxed);
      if (oldest == kNone || age > oldest_age) {
        oldest_age = age;
        oldest = i;
      }
    }
    if (oldest == kNone) return false;
    (void)evict(oldest);  // a voice may have been quicker: look again
  }
  return true;
}

bool TakeStore::evict(int take) {
  if (!lock_out(take)) return false;
  unlink(take);
  free_pages_of(take);
  return true;
}

/// From here on the audio thread backs out; false where it reads the take.
bool TakeStore::lock_out(int take) {
  std::uint32_t unpinned = 0;
  return headers_[as_index(take)].word.compare_exchange_strong(unpinned, kEvict,
                                                               std::memory_order_acquire);
}

void TakeStore::unlink(int take) {
  const std::size_t entry = entry_of(take);
  directory_[entry].store(kNone, std::memory_order_release);
  totals_->in_timbre[entry / kInSlot].fetch_sub(1, std::memory_order_relaxed);
  totals_->takes.add(-1);
}

void TakeStore::free_pages_of(int take) {
  Header& header = headers_[as_index(take)];
  const int base = first_page(take);
  const int ready = pages_ready(take);
  header.ready.store(0, std::memory_order_relaxed);
  for (int page = base; page < ready; ++page) {
    const std::uint32_t place = header.pages[as_index(page)];
    if (place < layout_.pages) free_pages_.push_back(place);
  }
  free_headers_.push_back(take);
  totals_->used_pages.add(std::min(base - ready, 0));
}

void TakeStore::free_orphans() {
  std::erase_if(orphans_, [this](std::int32_t take) {
    if (!lock_out(take)) return false;
    headers_[as_index(take)].orphan = 0;
    free_pages_of(take);
    return true;
  });
}

void TakeStore::drop(TakeId id) {
  drop_entry(id.index());
  free_orphans();
}

void TakeStore::drop_entry(std::size_t entry) {
  const int take = listed(entry);
  if (take == kNone || evict(take)) return;
  unlink(take);
  headers_[as_index(take)].orphan = 1;
  orphans_.push_back(take);
}

int TakeStore::drop_timbre(int timbre) {
  for (const TakeId first : {TakeId{timbre, 0, 0}, TakeId{timbre, 0, 0}.middle()}) {
    for (std::size_t i = 0; i < kInSlot; ++i) drop_entry(first.index() + i);
  }
  free_orphans();
  return static_cast<int>(std::count_if(orphans_.begin(), orphans_.end(), [&](std::int32_t take) {
    return entry_of(take) / kInSlot % kTimbreSlots == as_index(timbre);
  }));
}

}  // namespace rtsynth
