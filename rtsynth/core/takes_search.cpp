// Finding takes: the nearest, those that go on at a frame, those that are read.
#include <algorithm>
#include <cmath>

#include "takes.h"

namespace rtsynth {

int TakeStore::pin_nearest_layer(TakeId id) RT_SAFE {
  const int layers = static_cast<int>(kVelocityLayers);
  for (int distance = 0; distance < layers; ++distance) {
    for (const int layer : {id.layer + distance, id.layer - distance}) {
      if (layer < 0 || layer >= layers) continue;
      const int take = pin({id.timbre, id.key, layer});
      if (take != kNone) return take;
      if (distance == 0) break;
    }
  }
  return kNone;
}

int TakeStore::pin_nearest_key(TakeId id) RT_SAFE {
  const auto& count = totals_->in_timbre[as_index(id.timbre)];
  if (count.load(std::memory_order_relaxed) == 0) return kNone;
  for (int distance = 0; distance < kKeys; ++distance) {
    for (const int key : {id.key - distance, id.key + distance}) {
      if (key < 0 || key >= kKeys) continue;
      const int take = pin_nearest_layer({id.timbre, key, id.layer});
      if (take != kNone) return take;
      if (distance == 0) break;
    }
  }
  return kNone;
}

int TakeStore::pin_nearest(TakeId id) RT_SAFE {
  int take = pin_nearest_key(id);
  for (int timbre = 0; take == kNone && timbre < static_cast<int>(kTimbreSlots); ++timbre) {
    if (timbre != id.timbre) take = pin_nearest_key({timbre, id.key, id.layer});
  }
  return take;
}

TakeStore::Place TakeStore::pin_at(TakeId id, int frame) RT_SAFE {
  constexpr int kLoopFrame = int{kLoopFirstPage} * int{kPageFrames};
  for (const bool middle : {false, true}) {
    const int take = pin(middle ? id.middle() : id);
    if (take == kNone) continue;
    const int first = first_page(take) * int{kPageFrames};
    if (frame >= first && frame < pages_ready(take) * int{kPageFrames}) {
      return {take, frame, middle};
    }
    if (middle && std::min(first, frame) >= kLoopFrame &&
        note(take).tail_db_per_s > kSustainedDbPerS) {
      return {take, first, true};
    }
    unpin(take);
  }
  return {};
}

bool TakeStore::first_page(TakeId id, std::span<float> frames, std::span<float> values) const {
  const int take = listed(id.index());
  if (take == kNone || id.is_middle()) return false;
  for (std::size_t i = 0; i < kPageFrames; ++i) {
    load_frame(frame(take, static_cast<int>(i)), frames.data() + i * kFrameValues, layout_.format);
  }
  const NoteValues& of = note(take);
  values[kNoteInharmonicityLog10] = std::log10(of.inharmonicity);
  values[kNoteGainDb] = of.gain_db;
  values[kNoteTailDbPerS] = of.tail_db_per_s;
  values[kNoteReleaseDbPerS] = of.release_db_per_s;
  values[kNoteWidth] = of.width;
  for (std::size_t i = 0; i < kDetunedPartials; ++i) {
    values[kNoteDetune + i] = static_cast<float>(of.detune[i]) / kDetuneSteps;
  }
  return true;
}

std::vector<Reading> TakeStore::reading(int timbre) const {
  std::array<int, kInSlot> frames;
  frames.fill(kNone);
  const auto look = [&](int take) {
    const Header& header = headers_[as_index(take)];
    if ((header.word.load(std::memory_order_relaxed) & ~kEvict) == 0) return;
    frames[header.entry % kInSlot] = header.read_at.load(std::memory_order_relaxed);
  };
  for (const std::int32_t take : orphans_) {  // what is in the directory tells more
    if (headers_[as_index(take)].entry / kInSlot % kTimbreSlots == as_index(timbre)) look(take);
  }
  for (const TakeId first : {TakeId{timbre, 0, 0}, TakeId{timbre, 0, 0}.middle()}) {
    for (std::size_t i = first.index(); i < first.index() + kInSlot; ++i) {
      const int take = listed(i);
      if (take != kNone) look(take);
    }
  }
  std::vector<Reading> found;
  for (int i = 0; i < static_cast<int>(kInSlot); ++i) {
    const int frame = frames[as_index(i)];
    if (frame != kNone)
      found.push_back({i / int{kVelocityLayers}, i % int{kVelocityLayers}, frame});
  }
  return found;
}

}  // namespace rtsynth
