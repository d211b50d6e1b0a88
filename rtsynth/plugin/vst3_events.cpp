// Events of a VST3 host: notes, what is said of single notes, and MIDI that VST3 has left.
#include <algorithm>
#include <cmath>

#include "midi_status.h"
#include "vst3_block.h"

namespace rtsynth::plugin {
namespace {

constexpr std::uint8_t kSysexBegin = 0xF0;
constexpr std::uint8_t kSysexEnd = 0xF7;

/// By the standard's numbers.
constexpr std::array<Expression, 6> kKinds = {Expression::kVolume,     Expression::kPan,
                                              Expression::kTuning,     Expression::kVibrato,
                                              Expression::kExpression, Expression::kBrightness};

std::int16_t channel_of(int channel) RT_SAFE {
  return static_cast<std::int16_t>(std::clamp(channel, 0, 15));
}

/// Within 0..1; what is no number is 0.
double part_of(double value) RT_SAFE { return value > 0.0 ? std::min(value, 1.0) : 0.0; }

/// A note's beginning or its end.
template <class Note>
HostEvent note_of(EventKind kind, const Note& note) RT_SAFE {
  HostEvent event;
  event.kind = kind;
  event.channel = channel_of(note.channel);
  event.key = note.pitch;
  event.note = note.note_id;
  event.value = part_of(note.velocity);
  return event;
}

}  // namespace

void Vst3Block::add_events(const v3_process_data& data) RT_SAFE {
  if (data.input_events == nullptr) return;
  RT_TRUSTED_BEGIN  // the host's own
      v3_event_list* const events = v3_cpp_obj(data.input_events);
  const auto count = static_cast<int>(events->get_event_count(data.input_events));
  for (int i = 0; i < count; ++i) {
    v3_event event{};
    if (events->get_event(data.input_events, i, &event) == V3_OK) add_event(event);
  }
  RT_TRUSTED_END
}

void Vst3Block::add_event(const v3_event& event) RT_SAFE {
  const int sample = event.sample_offset;
  switch (event.type) {
    case V3_EVENT_NOTE_ON:
      return add_note_on(event.note_on, sample);
    case V3_EVENT_NOTE_OFF:
      return add(note_of(EventKind::kNoteOff, event.note_off), sample);
    case V3_EVENT_DATA:
      return add_sysex(event.data, sample);
    case V3_EVENT_POLY_PRESSURE:
      return add_key_pressure(event.poly_pressure, sample);
    case V3_EVENT_NOTE_EXP_VALUE:
      return add_expression(event.note_exp_value, sample);
    case V3_EVENT_LEGACY_MIDI_CC_OUT:
      return add_legacy(event.midi_cc_out, sample);
    default:
      return;
  }
}

void Vst3Block::add_note_on(const v3_event_note_on& note, int sample) RT_SAFE {
  HostEvent event = note_of(EventKind::kNoteOn, note);
  add(event, sample);
  if (!(std::abs(note.tuning) > 0.0F)) return;
  event.kind = EventKind::kExpression;
  event.expression = Expression::kTuning;
  event.value = note.tuning / 100.0;  // of cents
  add(event, sample);
}

void Vst3Block::add_expression(const v3_event_note_expression_value& change, int sample) RT_SAFE {
  if (change.type_id >= kKinds.size()) return;
  const double value = part_of(change.value);
  HostEvent event;
  event.kind = EventKind::kExpression;
  event.expression = kKinds[change.type_id];
  event.channel = -1;
  event.key = -1;
  event.note = change.note_id;
  event.value = value;
  if (change.type_id == V3_EXPRESSION_VOLUME) event.value = 4.0 * value;
  if (change.type_id == V3_EXPRESSION_TUNING) event.value = 240.0 * (value - 0.5);
  add(event, sample);
}

/// Of a numbered note it is the note's alone; else it is MIDI's.
void Vst3Block::add_key_pressure(const v3_event_poly_pressure& change, int sample) RT_SAFE {
  const std::int16_t channel = channel_of(change.channel);
  if (change.note_id == kNoNote) {
    if (change.pitch < 0 || change.pitch > 127) return;
    add_midi(kKeyPressureStatus | channel, change.pitch, scaled(change.pressure, 127), sample);
    return;
  }
  HostEvent event;
  event.kind = EventKind::kExpression;
  event.expression = Expression::kPressure;
  event.channel = channel;
  event.key = change.pitch;
  event.note = change.note_id;
  event.value = part_of(change.pressure);
  add(event, sample);
}

/// Meant for the way out; some hosts send them in as well.
void Vst3Block::add_legacy(const v3_event_legacy_midi_cc_out& change, int sample) RT_SAFE {
  const int channel = channel_of(change.channel);
  const int number = change.cc_number;
  if (number < V3_CONTROLLER_PRESSURE) {
    add_midi(kControlStatus | channel, number, change.value, sample);
  } else if (number == V3_CONTROLLER_PRESSURE) {
    add_midi(kPressureStatus | channel, change.value, 0, sample);
  } else if (number == V3_CONTROLLER_BEND) {
    add_midi(kBendStatus | channel, change.value, change.value2, sample);
  } else if (number == V3_CONTROLLER_PROGRAM) {
    add_midi(kProgramStatus | channel, change.value, 0, sample);
  } else if (number == V3_CONTROLLER_KEY_PRESSURE) {
    add_midi(kKeyPressureStatus | channel, change.value, change.value2, sample);
  }
}

/// Hosts bring them with and without the bytes at their ends.
void Vst3Block::add_sysex(const v3_event_data& data, int sample) RT_SAFE {
  if (data.type != 0 || data.bytes == nullptr || data.size == 0 || !is_due(sample)) return;
  std::span<const std::uint8_t> inner(data.bytes, data.size);
  if (inner.front() == kSysexBegin) inner = inner.subspan(1);
  if (!inner.empty() && inner.back() == kSysexEnd) inner = inner.first(inner.size() - 1);
  if (inner.size() + 2 > kSysexBytes - sysex_used_) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const auto whole = std::span(store_->sysex).subspan(sysex_used_, inner.size() + 2);
  whole.front() = kSysexBegin;
  std::copy(inner.begin(), inner.end(), whole.begin() + 1);
  whole.back() = kSysexEnd;
  sysex_used_ += whole.size();
  HostEvent event;
  event.kind = EventKind::kSysex;
  event.sysex = whole;
  add(event, sample);
}

}  // namespace rtsynth::plugin
