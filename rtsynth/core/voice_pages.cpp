// Which pages of its take a voice needs, and when it asks for them.
#include <algorithm>

#include "voice.h"

namespace rtsynth {
namespace {

constexpr int kUrgentFrames = 16;  // a page that is needed within these is asked for as sounding

}  // namespace

void Voice::ask_ahead(std::int64_t now) RT_SAFE {
  const int last = kTakeFrames - 1;
  const int position =
      own_ ? reader_.position() : static_cast<int>(std::min<std::int64_t>(own_frame(), last));
  const int ready = own_ ? context_.takes->pages_ready(reader_.take()) : 0;
  const int end = end_ahead(position);
  if (ready >= end || envelope_.fading()) return;
  const int urgent_end = (position + kUrgentFrames) / int{kPageFrames} + 1;
  context_.requests->ask(own_id(), ready, end, urgent_end, now);
}

/// Where its take was dropped it looks for another at the next tick.
Voice::Pages Voice::needed(int samples) const noexcept {
  if (envelope_.fading()) return {};
  const TakeStore& takes = *context_.takes;
  const bool own = own_ && takes.is_current(reader_.take(), own_id());
  const TakeStore::Place place =
      own ? TakeStore::Place{reader_.take(), reader_.position(), middle_} : pin_own();
  const bool there = place.take != TakeStore::kNone;
  const int frame = there ? place.frame : static_cast<int>(std::min(own_frame(), kLastFrame));
  const int last = frame + static_cast<int>(samples / hop_samples_) + 1;
  Pages pages{own_id_, 0, std::min(last / int{kPageFrames} + 1, end_ahead(frame))};
  if (!there) {
    pages.ready = std::min(takes.pages_of(own_id_), pages.end - 1);
    return pages;
  }
  if (place.middle) pages.take = own_id_.middle();
  pages.ready = takes.pages_ready(place.take);
  if (!own) context_.takes->unpin(place.take);
  return pages;
}

}  // namespace rtsynth
