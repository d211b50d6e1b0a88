// What a generator keeps for itself, found again from what lies in the memory.
#include <array>
#include <vector>

#include "takes.h"

namespace rtsynth {

/// Takes a header's pages as used. What cannot be (pages that are none, or another take's) is cut
/// off. False: nothing is left of it.
bool TakeStore::claim(int take, std::vector<bool>& used) {
  Header& header = headers_[as_index(take)];
  const int base = first_page(take);
  const int ready = pages_ready(take);
  int page = base;
  while (page < ready) {
    const std::uint32_t place = header.pages[as_index(page)];
    if (place >= layout_.pages || used[place]) break;
    used[place] = true;
    ++page;
  }
  if (page != ready) header.ready.store(page, std::memory_order_release);
  if (header.base != base) header.base = base;
  return page > base;
}

/// Its generator may have ended between any two steps: a take counts where the directory and the
/// header name one another, and where voices may pin it.
std::vector<bool> TakeStore::keep_listed(std::vector<bool>& used) {
  std::vector<bool> kept(as_index(header_count_));
  std::array<std::int32_t, 2 * kTimbreSlots> in_timbre{};
  std::int64_t count = 0;
  for (std::size_t entry = 0; entry < kEntries; ++entry) {
    if (directory_[entry].load(std::memory_order_relaxed) == kNone) continue;
    const int take = listed(entry);
    const bool named = take != kNone && headers_[as_index(take)].entry == entry &&
                       (headers_[as_index(take)].word.load() & kEvict) == 0;
    if (!named || kept[as_index(take)] || !claim(take, used)) {
      directory_[entry].store(kNone, std::memory_order_release);
      continue;
    }
    headers_[as_index(take)].orphan = 0;
    kept[as_index(take)] = true;
    ++in_timbre[entry / kInSlot];
    ++count;
  }
  for (std::size_t i = 0; i < in_timbre.size(); ++i) totals_->in_timbre[i].store(in_timbre[i]);
  totals_->takes.set(count);
  return kept;
}

/// Headers that the directory does not name: free, or dropped while voices read them.
void TakeStore::sort_out(const std::vector<bool>& kept, std::vector<bool>& used) {
  for (std::int32_t take = header_count_ - 1; take >= 0; --take) {
    if (kept[as_index(take)]) continue;
    Header& header = headers_[as_index(take)];
    header.orphan = (header.word.load() & kEvict) == 0 && !lock_out(take) ? 1 : 0;
    if (header.orphan != 0) {
      header.entry %= kEntries;
      static_cast<void>(claim(take, used));
      orphans_.push_back(take);
    } else {
      header.ready.store(0, std::memory_order_relaxed);
      free_headers_.push_back(take);
    }
  }
}

void TakeStore::recover() {
  std::vector<bool> used(layout_.pages);
  free_pages_.clear();
  free_headers_.clear();
  orphans_.clear();
  sort_out(keep_listed(used), used);
  for (std::size_t page = layout_.pages; page-- > 0;) {
    if (!used[page]) free_pages_.push_back(static_cast<std::uint32_t>(page));
  }
  totals_->used_pages.set(static_cast<std::int64_t>(layout_.pages - free_pages_.size()));
}

}  // namespace rtsynth
