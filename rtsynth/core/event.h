/// What is sent to the audio thread, one thing each.
#pragma once

#include <cmath>
#include <cstdint>

#include "contract.h"
#include "note_expression.h"
#include "parameters.h"
#include "rt.h"

namespace rtsynth {

/// An event on its way to the audio thread. It may come from another process: see is_sound().
struct Event {
  enum class Kind : std::uint8_t {
    kMidi,
    kTimbre,
    kProgram,
    kBendRange,
    kGain,
    kPanic,
    kParameter,  // data1: Parameter
    kTune,       // data1: key; data2: 1 if sounding notes follow; value: semitones
    kVelocity,   // data1: a velocity as played; value: as it sounds
    kLayer,      // data1: layer; data2: LayerField
    kIgnore,     // data1: controller; value: 1 if the channel does not hear it
    kReset,      // everything that MIDI can set, as at the start
    kCarry,      // a channel's held notes go from slot data1 to slot value
    kNote,       // what is said of the held notes of key data1; data2: NoteField
  };
  static constexpr std::int64_t kNow = -1;
  static constexpr std::int32_t kAnyChange = -1;

  Kind kind = Kind::kMidi;
  std::uint8_t status = 0;  // kMidi; else the channel
  std::uint8_t data1 = 0;
  std::uint8_t data2 = 0;
  float value = 0.0F;        // slot (kProgram: or -1, Python finds it), semitones or linear gain
  std::int64_t due = kNow;   // sample of the clock
  std::int64_t live_ns = 0;  // if not 0 the time at which it arrived, instead of `due`
  // kProgram: its number; kTimbre: of the channel's last program change that the sender knew of.
  std::int32_t change = kAnyChange;
};

/// [any] Whether nothing in it lies outside its range: what is not so is not carried out.
[[nodiscard]] inline bool is_sound(const Event& event) RT_SAFE {
  constexpr float kMostGain = 1000.0F;  // 60 dB
  constexpr auto kSlots = static_cast<float>(kTimbreSlots);
  if (event.data1 > 127 || event.data2 > 127 || !std::isfinite(event.value)) return false;
  if (event.kind == Event::Kind::kMidi) return true;
  if (event.status >= kChannels) return false;
  switch (event.kind) {
    case Event::Kind::kTimbre:
    case Event::Kind::kProgram:
      return event.value >= -1.0F && event.value < kSlots;
    case Event::Kind::kCarry:
      return event.data1 < kTimbreSlots && event.value >= 0.0F && event.value < kSlots;
    case Event::Kind::kParameter:
      return event.data1 < kParameters.size() && event.value >= kParameters[event.data1].low &&
             event.value <= kParameters[event.data1].high;
    case Event::Kind::kBendRange:
      return event.value >= 0.0F && event.value <= 96.0F;
    case Event::Kind::kGain:
      return event.value >= 0.0F && event.value <= kMostGain;
    case Event::Kind::kTune:
      return std::abs(event.value) <= 128.0F;
    case Event::Kind::kLayer:
      return event.data1 < kLayers && event.data2 < kLayerFields;
    case Event::Kind::kNote:
      return event.data2 < kNoteFields;
    case Event::Kind::kMidi:
    case Event::Kind::kPanic:
    case Event::Kind::kVelocity:
    case Event::Kind::kIgnore:
    case Event::Kind::kReset:
      return true;
  }
  return false;
}

}  // namespace rtsynth
