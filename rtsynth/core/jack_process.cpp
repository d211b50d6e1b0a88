#include "jack_process.h"

#include <algorithm>

#include "pa_callback.h"

namespace rtsynth {
namespace {

constexpr unsigned char kSysex = 0xF0;
constexpr unsigned char kSysexEnd = 0xF7;
constexpr unsigned char kRealTime = 0xF8;  // and above

}  // namespace

JackProcess::JackProcess(Engine& engine, const JackLibrary& library, const JackPorts& ports)
    : engine_(engine), library_(library), ports_(ports) {}

void JackProcess::process(std::uint32_t samples) RT_SAFE {
  const DenormalGuard guard;
  const Period period(inside_);
  StereoOut out{};
  if (!find_out(out, samples)) return;
  const std::int64_t drop_outs = drop_outs_.load(std::memory_order_relaxed);
  render_for_device(engine_, out, static_cast<int>(samples), drop_outs - drop_outs_seen_,
                    read_midi(samples));
  drop_outs_seen_ = drop_outs;
}

/// Where the period's sound goes. False: nowhere, or the client is being closed, and it is silent.
bool JackProcess::find_out(StereoOut& out, std::uint32_t samples) const RT_SAFE {
  auto* left = static_cast<float*>(buffer_of(ports_.left, samples));
  auto* right = static_cast<float*>(buffer_of(ports_.right, samples));
  if (left == nullptr || right == nullptr) return false;
  out = {left, right, 1};
  if (!closed_.load()) return true;
  std::fill_n(left, samples, 0.0F);
  std::fill_n(right, samples, 0.0F);
  return false;
}

/// The period's events, in the order of their samples, as JACK has them.
std::span<Event> JackProcess::read_midi(std::uint32_t samples) RT_SAFE {
  void* buffer = buffer_of(ports_.midi, samples);
  const std::uint32_t count = buffer != nullptr ? event_count(buffer) : 0;
  const std::int64_t begin = engine_.counters().clock_samples.get();
  std::size_t used = 0;
  JackMidiEvent message{};
  for (std::uint32_t i = 0; i < count && used < events_.size(); ++i) {
    if (!get_event(message, buffer, i)) continue;
    const std::int64_t due = std::min<std::int64_t>(message.time, std::int64_t{samples} - 1);
    if (!translate(message, events_[used], begin + due)) continue;
    events_[used].due = due;
    ++used;
  }
  return {events_.data(), used};
}

/// False: nothing for the engine.
bool JackProcess::translate(const JackMidiEvent& message, Event& event,
                            std::int64_t sample) RT_SAFE {
  if (take_sysex({message.bytes, message.size}, sample)) return false;
  const std::size_t length = message.size > 0 ? length_of(message.bytes[0]) : 0;
  if (length == 0 || message.size != length) return false;
  Heard heard;
  heard.sample = sample;
  heard.status = message.bytes[0];
  heard.data1 = message.bytes[1] & 0x7F;
  heard.data2 = length > 2 ? message.bytes[2] & 0x7F : 0;
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
bool JackProcess::take_sysex(std::span<const unsigned char> bytes, std::int64_t sample) RT_SAFE {
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
void JackProcess::change_program(Event& event, Heard& heard) RT_SAFE {
  const int channel = heard.status & 0x0F;
  heard.slot = engine_.programs().get(channel, heard.data1);
  heard.change = engine_.last_change(channel) + 1;
  event.kind = Event::Kind::kProgram;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = static_cast<float>(heard.slot);
  event.change =
      engine_.heard().push(heard) ? engine_.next_change(channel) : engine_.last_change(channel);
}

// JACK says of these three that they may be called in a process callback: they read the client's
// own shared memory and wait for nothing.
void* JackProcess::buffer_of(void* port, std::uint32_t samples) const RT_SAFE {
  RT_TRUSTED_BEGIN
  return library_.port_get_buffer(port, samples);
  RT_TRUSTED_END
}

std::uint32_t JackProcess::event_count(void* buffer) const RT_SAFE {
  RT_TRUSTED_BEGIN
  return library_.midi_get_event_count(buffer);
  RT_TRUSTED_END
}

bool JackProcess::get_event(JackMidiEvent& event, void* buffer, std::uint32_t index) const RT_SAFE {
  RT_TRUSTED_BEGIN
  return library_.midi_event_get(&event, buffer, index) == 0;
  RT_TRUSTED_END
}

}  // namespace rtsynth
