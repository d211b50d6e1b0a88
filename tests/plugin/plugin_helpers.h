// Hosts' events for the tests.
#pragma once

#include "instance.h"

namespace rtsynth::plugin {

inline HostEvent note_on(int key, double velocity, int channel = 0, std::int32_t note = kNoNote,
                         std::int32_t sample = 0) {
  HostEvent event;
  event.kind = EventKind::kNoteOn;
  event.key = static_cast<std::int16_t>(key);
  event.channel = static_cast<std::int16_t>(channel);
  event.note = note;
  event.sample = sample;
  event.value = velocity;
  return event;
}

inline HostEvent note_off(int key, int channel = 0, std::int32_t note = kNoNote,
                          std::int32_t sample = 0) {
  HostEvent event = note_on(key, 0.0, channel, note, sample);
  event.kind = EventKind::kNoteOff;
  return event;
}

inline HostEvent parameter_event(int index, double value, std::int32_t sample = 0) {
  HostEvent event;
  event.kind = EventKind::kParameter;
  event.index = index;
  event.value = value;
  event.sample = sample;
  return event;
}

}  // namespace rtsynth::plugin
