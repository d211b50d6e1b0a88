#include "block_events.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "controllers.h"
#include "heard.h"
#include "midi_status.h"

namespace rtsynth::plugin {
namespace {

/// 0..1 as a data byte.
int data_of(double value) RT_SAFE {
  if (!(value > 0.0)) return 0;
  return value >= 1.0 ? 127 : static_cast<int>(std::lround(127.0 * value));
}

/// The data byte of the controller that means a value (Parameter.to_midi).
int controller_data(const HostParameter& parameter, double value) RT_SAFE {
  if (parameter.is_switch) return value >= 0.5 ? 127 : 0;
  return parameter.low < 0.0 ? static_cast<int>(std::lround(64.0 + 63.0 * value)) : data_of(value);
}

/// Both data bytes of a registered parameter's value (controllers.py), the first one in the upper
/// seven bits.
int registered_data(int number, double value) RT_SAFE {
  if (number == kRpnBendRange) {
    const int cents = static_cast<int>(std::lround(100.0 * value));
    return cents / 100 << 7 | cents % 100;
  }
  if (number == kRpnCoarseTuning) return (static_cast<int>(std::lround(value)) + 64) << 7;
  const int middle = 8192;
  return std::min(middle + static_cast<int>(std::lround(value / 100.0 * middle)), 2 * middle - 1);
}

}  // namespace

Event& BlockEvents::next(int due) RT_SAFE {
  Event& event = events_[used_++];
  event = {};
  event.due = due;
  return event;
}

void BlockEvents::add_midi(int status, int data1, int data2, int due) RT_SAFE {
  const std::array<unsigned char, 3> bytes = {static_cast<unsigned char>(status),
                                              static_cast<unsigned char>(data1 & 0x7F),
                                              static_cast<unsigned char>(data2 & 0x7F)};
  Event event;
  if (!midi_.take({bytes.data(), length_of(status)}, sample_of(due), event)) return;
  event.due = due;
  events_[used_++] = event;
}

void BlockEvents::add_sysex(std::span<const std::uint8_t> bytes, int due) RT_SAFE {
  Event unused;  // the server carries it out
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kSysexPiece));
    if (midi_.take(piece, sample_of(due), unused)) return;  // it is something else
    bytes = bytes.subspan(piece.size());
  }
}

void BlockEvents::add(const HostEvent& event, int due) RT_SAFE {
  switch (event.kind) {
    case EventKind::kNoteOn:
      add_note_on(event, due);
      break;
    case EventKind::kNoteOff:
    case EventKind::kChoke:
      add_note_off(event, due);
      break;
    case EventKind::kMidi:
      add_midi(event.bytes[0], event.bytes[1], event.bytes[2], due);
      break;
    case EventKind::kSysex:
      add_sysex(event.sysex, due);
      break;
    case EventKind::kExpression:
      add_expression(event, due);
      break;
    case EventKind::kParameter:
      break;
  }
}

/// Of the notes that are meant and held.
void BlockEvents::add_expression(const HostEvent& event, int due) RT_SAFE {
  static_assert(static_cast<int>(Expression::kTuning) == static_cast<int>(NoteField::kTuning));
  static_assert(static_cast<int>(Expression::kPressure) == static_cast<int>(NoteField::kPressure));
  if (event.key > 127 || event.channel > 15) return;
  held_.find(event.channel, event.key, event.note, [&](int channel, int key) RT_SAFE {
    say_of(channel, key, static_cast<NoteField>(event.expression), static_cast<float>(event.value),
           due);
  });
}

void BlockEvents::say_of(int channel, int key, NoteField field, float value, int due) RT_SAFE {
  Event& said = next(due);
  said.kind = Event::Kind::kNote;
  said.status = static_cast<std::uint8_t>(channel);
  said.data1 = static_cast<std::uint8_t>(key);
  said.data2 = static_cast<std::uint8_t>(field);
  said.value = value;
}

void BlockEvents::add_note_on(const HostEvent& event, int due) RT_SAFE {
  if (event.key < 0 || event.key > 127 || event.channel > 15) return;
  const int channel = std::max<int>(event.channel, 0);
  held_.press(channel, event.key, event.note);
  add_midi(kNoteOnStatus | channel, event.key, std::max(data_of(event.value), 1), due);
}

void BlockEvents::add_note_off(const HostEvent& event, int due) RT_SAFE {
  if (event.key > 127 || event.channel > 15) return;
  const bool chokes = event.kind == EventKind::kChoke;
  held_.find(event.channel, event.key, event.note, [&](int channel, int key) RT_SAFE {
    held_.lift(channel, key);
    if (chokes) say_of(channel, key, NoteField::kVolume, 0.0F, due);  // whatever pedals hold
    add_midi(kNoteOffStatus | channel, key, chokes ? 127 : data_of(event.value), due);
  });
}

void BlockEvents::add_parameter(const HostParameter& parameter, double value, int due) RT_SAFE {
  switch (parameter.home) {
    case Home::kController:
    case Home::kTurn:
      add_midi(kControlStatus, parameter.number, controller_data(parameter, value), due);
      break;
    case Home::kRegistered:
      add_registered(parameter, value, due);
      break;
    case Home::kCore: {
      Event& event = next(due);
      event.kind = Event::Kind::kParameter;
      event.data1 = parameter.number;
      event.value = static_cast<float>(value);
      break;
    }
    case Home::kDesk:
      add_desk(parameter, value, due);
      break;
  }
}

void BlockEvents::add_registered(const HostParameter& parameter, double value, int due) RT_SAFE {
  const int data = registered_data(parameter.number, value);
  add_midi(kControlStatus, kRpnHigh, 0, due);
  add_midi(kControlStatus, kRpnLow, parameter.number, due);
  add_midi(kControlStatus, kDataEntry, data >> 7, due);
  add_midi(kControlStatus, kDataEntryLow, data & 0x7F, due);
  add_midi(kControlStatus, kRpnHigh, kRpnNull >> 8, due);
  add_midi(kControlStatus, kRpnLow, kRpnNull & 0x7F, due);
}

/// What the core can carry out of the desk's; the rest is the server's.
void BlockEvents::add_desk(const HostParameter& parameter, double value, int due) RT_SAFE {
  const std::string_view name = parameter.name;
  if (name == "gain") {
    Event& event = next(due);
    event.kind = Event::Kind::kGain;
    event.value = static_cast<float>(std::pow(10.0, (value + level_db_) / 20.0));
  } else if (name == "mono") {
    add_midi(kControlStatus, value >= 0.5 ? kMono : kPoly, value >= 0.5 ? 1 : 0, due);
  } else if (name == "program") {
    add_midi(kProgramStatus, static_cast<int>(value), 0, due);
  }
}

void BlockEvents::reset() RT_SAFE {
  const auto is_played = [](const Event& event) RT_SAFE {
    return event.kind == Event::Kind::kMidi || event.kind == Event::Kind::kNote;
  };
  const auto end = std::remove_if(events_.begin(), events_.begin() + used_, is_played);
  used_ = static_cast<std::size_t>(end - events_.begin());
  held_.lift_all();
  engine_.forget_played();
  Heard heard;
  heard.status = kSystemReset;
  heard.sample = sample_of(0);
  engine_.heard().push(heard);  // refused: counted
}

}  // namespace rtsynth::plugin
