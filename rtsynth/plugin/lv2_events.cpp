#include "lv2_events.h"

#include <lv2/atom/util.h>

#include <algorithm>
#include <cmath>

#include "heard.h"

namespace rtsynth::plugin {
namespace {

constexpr std::uint8_t kSysex = 0xF0;

}  // namespace

void Lv2Events::begin(const LV2_Atom_Sequence* sequence, int samples) RT_SAFE {
  samples_ = samples;
  begin_ = last_ = 0;
  used_ = 0;
  done_ = false;
  at_ = end_ = nullptr;
  if (sequence == nullptr || sequence->atom.size < sizeof(LV2_Atom_Sequence_Body)) return;
  at_ = reinterpret_cast<const std::uint8_t*>(sequence + 1);
  end_ = at_ + (sequence->atom.size - sizeof(LV2_Atom_Sequence_Body));
}

void Lv2Events::add_parameter(int index, double value) RT_SAFE {
  HostEvent event;
  event.kind = EventKind::kParameter;
  event.index = index;
  event.value = value;
  add(event);
}

bool Lv2Events::next(Lv2Piece& piece) RT_SAFE {
  if (done_) return false;
  const int last = std::max(samples_ - 1, 0);
  while (const LV2_Atom_Event* found = event()) {
    const auto frames = std::clamp<std::int64_t>(found->time.frames, last_, last);
    const int sample = static_cast<int>(frames);
    if (is_position(found->body)) {
      if (sample > begin_ || used_ > 0) {  // the song goes on elsewhere with the next piece
        finish(piece, sample);
        return true;
      }
      read_position(reinterpret_cast<const LV2_Atom_Object&>(found->body));
    } else if (used_ == events_.size()) {
      finish(piece, sample);
      return true;
    } else {
      add_midi(*found, sample);
    }
    last_ = sample;
    advance(*found);
  }
  finish(piece, samples_);
  done_ = true;
  return true;
}

/// The next event that lies in the sequence whole, or null.
const LV2_Atom_Event* Lv2Events::event() const RT_SAFE {
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (left < sizeof(LV2_Atom_Event)) return nullptr;
  const auto* event = reinterpret_cast<const LV2_Atom_Event*>(at_);
  return event->body.size <= left - sizeof(LV2_Atom_Event) ? event : nullptr;
}

void Lv2Events::advance(const LV2_Atom_Event& event) RT_SAFE {
  const std::size_t size =
      sizeof(LV2_Atom_Event) + ((std::size_t{event.body.size} + 7) & ~std::size_t{7});
  at_ += std::min(size, static_cast<std::size_t>(end_ - at_));
}

void Lv2Events::add_midi(const LV2_Atom_Event& event, int sample) RT_SAFE {
  if (event.body.type != urids_.midi_event || event.body.size == 0) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&event + 1);
  HostEvent midi;
  midi.sample = sample - begin_;
  if (bytes[0] == kSysex) {
    midi.kind = EventKind::kSysex;
    midi.sysex = {bytes, event.body.size};
    return add(midi);
  }
  const std::size_t length = length_of(bytes[0]);
  if (length == 0 || event.body.size != length) return;
  std::copy_n(bytes, length, midi.bytes.begin());
  add(midi);
}

void Lv2Events::add(const HostEvent& event) RT_SAFE {
  if (used_ < events_.size()) events_[used_++] = event;
}

bool Lv2Events::is_position(const LV2_Atom& atom) const RT_SAFE {
  if (atom.type != urids_.object && atom.type != urids_.blank) return false;
  if (atom.size < sizeof(LV2_Atom_Object_Body)) return false;
  return reinterpret_cast<const LV2_Atom_Object&>(atom).body.otype == urids_.position;
}

/// What an object does not say stays as it was.
void Lv2Events::read_position(const LV2_Atom_Object& object) RT_SAFE {
  const auto* at = reinterpret_cast<const std::uint8_t*>(&object + 1);
  const auto* end = reinterpret_cast<const std::uint8_t*>(&object.body) + object.atom.size;
  while (static_cast<std::size_t>(end - at) >= sizeof(LV2_Atom_Property_Body)) {
    const auto& property = *reinterpret_cast<const LV2_Atom_Property_Body*>(at);
    const std::size_t size =
        sizeof(property) + ((std::size_t{property.value.size} + 7) & ~std::size_t{7});
    const auto left = static_cast<std::size_t>(end - at);
    if (property.value.size > left - sizeof(property)) return;
    if (property.key == urids_.frame) {
      transport_.sample =
          std::llround(number_of(property.value, static_cast<double>(transport_.sample)));
      transport_.known = true;
    } else if (property.key == urids_.speed) {
      speed_ = number_of(property.value, speed_);
      transport_.playing = speed_ > 0.0;
    }
    at += std::min(size, left);
  }
}

/// Of an atom that holds a number; `otherwise` where it does not.
double Lv2Events::number_of(const LV2_Atom& atom, double otherwise) const RT_SAFE {
  const void* body = &atom + 1;
  double value = otherwise;
  if (atom.type == urids_.long_number && atom.size >= sizeof(std::int64_t)) {
    value = static_cast<double>(*static_cast<const std::int64_t*>(body));
  } else if (atom.type == urids_.int_number && atom.size >= sizeof(std::int32_t)) {
    value = static_cast<double>(*static_cast<const std::int32_t*>(body));
  } else if (atom.type == urids_.float_number && atom.size >= sizeof(float)) {
    value = static_cast<double>(*static_cast<const float*>(body));
  } else if (atom.type == urids_.double_number && atom.size >= sizeof(double)) {
    value = *static_cast<const double*>(body);
  }
  return std::abs(value) < 1e15 ? value : otherwise;
}

/// The piece ends before a sample, and the song goes on.
void Lv2Events::finish(Lv2Piece& piece, int end) RT_SAFE {
  piece = {begin_, end - begin_, {events_.data(), used_}, transport_};
  transport_.sample += std::llround(speed_ * piece.samples);
  begin_ = end;
  used_ = 0;
}

}  // namespace rtsynth::plugin
