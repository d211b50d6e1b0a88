#include "midi_in.h"

namespace rtsynth {
namespace {

constexpr unsigned char kSysex = 0xF0;
constexpr unsigned char kSysexEnd = 0xF7;
constexpr unsigned char kRealTime = 0xF8;  // and above

}  // namespace

bool MidiIn::take(std::span<const unsigned char> bytes, std::int64_t sample, Event& event) RT_SAFE {
  if (take_sysex(bytes, sample)) return false;
  const std::size_t length = !bytes.empty() ? length_of(bytes[0]) : 0;
  if (length == 0 || bytes.size() != length) return false;
  Heard heard;
  heard.sample = sample;
  heard.status = bytes[0];
  heard.data1 = bytes[1] & 0x7F;
  heard.data2 = length > 2 ? bytes[2] & 0x7F : 0;
  event = {};
  event.status = heard.status;
  event.data1 = heard.data1;
  event.data2 = heard.data2;
  if ((heard.status & 0xF0) == 0xC0) {
    change_program(event, heard);
  } else {
    engine_.heard().push(heard);  // refused: counted
  }
  return true;
}

/// System exclusive, whole or in pieces (bridges cut long ones). Python carries it out. A status of
/// another kind ends it; real-time messages do not. False: it is something else.
bool MidiIn::take_sysex(std::span<const unsigned char> bytes, std::int64_t sample) RT_SAFE {
  if (bytes.empty() || bytes[0] >= kRealTime) return false;
  const bool goes_on = in_sysex_ && (bytes[0] < 0x80 || bytes[0] == kSysexEnd);
  if (bytes[0] != kSysex && !goes_on) {
    in_sysex_ = false;
    return false;
  }
  in_sysex_ = engine_.heard().push_sysex(bytes, sample) && bytes.back() != kSysexEnd;
  return true;
}

/// One that Python will not hear of has no number of its own: what Python sends still holds.
void MidiIn::change_program(Event& event, Heard& heard) RT_SAFE {
  const int channel = heard.status & 0x0F;
  heard.slot = engine_.programs().get(channel, heard.data1);
  heard.change = engine_.last_change(channel) + 1;
  event.kind = Event::Kind::kProgram;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = static_cast<float>(heard.slot);
  event.change =
      engine_.heard().push(heard) ? engine_.next_change(channel) : engine_.last_change(channel);
}

}  // namespace rtsynth
