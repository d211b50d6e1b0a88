#include "take_reader.h"

#include <algorithm>

namespace rtsynth {

void TakeReader::prepare(TakeStore& takes, const Kernels& kernels) {
  takes_ = &takes;
  kernels_ = &kernels;
}

void TakeReader::start(int take, std::uint64_t seed) RT_SAFE {
  from_ = {take, 0, 0.0F};
  to_ = {};
  mix_ = 0.0F;
  retuned_ = false;
  chance_ = seed;
}

void TakeReader::stop() RT_SAFE {
  if (from_.take != TakeStore::kNone) takes_->unpin(from_.take);
  if (to_.take != TakeStore::kNone) takes_->unpin(to_.take);
  from_ = {};
  to_ = {};
}

bool TakeReader::advance() RT_SAFE {
  retuned_ = fading() && from_.take != to_.take;
  if (fading()) {
    mix_ += mix_step_;
    if (mix_ > 1.0F - 0.5F * mix_step_) {
      takes_->unpin(from_.take);
      from_ = to_;
      to_ = {};
      mix_ = 0.0F;
    }
  }
  bool late = advance(from_);
  if (fading()) {
    late = advance(to_);
  } else if (from_.position == kTakeFrames - kLoopFrames &&
             takes_->note(from_.take).tail_db_per_s > kSustainedDbPerS) {
    jump_back();
  }
  takes_->note_read(take(), position());
  return late;
}

/// Behind the last frame that is there it holds that frame, falling where the note decays.
bool TakeReader::advance(Head& head) RT_SAFE {
  const int ready = takes_->pages_ready(head.take) * int{kPageFrames};
  if (head.position + 1 < ready) {
    ++head.position;
    return false;
  }
  const float slope = takes_->note(head.take).tail_db_per_s;
  if (slope <= kSustainedDbPerS) {
    head.held_db = std::max(head.held_db + slope / static_cast<float>(kFrameRateHz), -200.0F);
  }
  return head.position + 1 < kTakeFrames;
}

/// The take is pinned once more: its two heads are given back one by one.
void TakeReader::jump_back() RT_SAFE {
  chance_ = hash_bits(chance_);
  constexpr int kLast = int{kTakePages} - 1;  // the last page is the end
  const int first = std::max(takes_->first_page(from_.take), int{kLoopFirstPage});
  if (first >= kLast) return;
  const auto choice = static_cast<std::uint64_t>(kLast - first);
  const int page = first + static_cast<int>(chance_ % choice);
  takes_->pin_again(from_.take);
  crossfade_to(from_.take, page * int{kPageFrames}, kLoopFrames);
  to_.held_db = from_.held_db;
}

void TakeReader::crossfade_to(int take, int position, int frames) RT_SAFE {
  retuned_ = retuned_ || fading() || take != from_.take;
  if (fading()) {  // one that is under way ends here
    takes_->unpin(mix_ > 0.5F ? from_.take : to_.take);
    if (mix_ > 0.5F) from_ = to_;
  }
  to_ = {take, position, 0.0F};
  mix_step_ = 1.0F / static_cast<float>(frames);
  mix_ = mix_step_;
}

void TakeReader::read(Frame& frame) const RT_SAFE {
  read(from_, frame);
  if (!fading()) return;
  Frame other;
  read(to_, other);
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    frame.amplitudes[i] += mix_ * (other.amplitudes[i] - frame.amplitudes[i]);
  }
  frame.cents += mix_ * (other.cents - frame.cents);
  frame.width += mix_ * (other.width - frame.width);
}

void TakeReader::read(const Head& head, Frame& frame) const RT_SAFE {
  const NoteValues& note = takes_->note(head.take);
  const std::int16_t* words = takes_->frame(head.take, head.position);
  const float gain_db = note.gain_db + head.held_db;
  if (takes_->format() == FrameFormat::kFine) {
    kernels_->levels(words, gain_db, frame.amplitudes.data());
  } else {
    const auto* bytes = reinterpret_cast<const unsigned char*>(words);
    kernels_->coarse_levels(bytes, gain_db, frame.amplitudes.data());
  }
  frame.cents = stored_cents(words, takes_->format());
  frame.width = note.width;
}

Tuning TakeReader::tuning() const RT_SAFE {
  const NoteValues& from = takes_->note(from_.take);
  const NoteValues& to = fading() ? takes_->note(to_.take) : from;
  Tuning tuning;
  tuning.inharmonicity = from.inharmonicity + mix_ * (to.inharmonicity - from.inharmonicity);
  for (std::size_t i = 0; i < kDetunedPartials; ++i) {
    const auto a = static_cast<float>(from.detune[i]);
    const auto b = static_cast<float>(to.detune[i]);
    tuning.detune_cents[i] = (a + mix_ * (b - a)) / kDetuneSteps;
  }
  return tuning;
}

}  // namespace rtsynth
