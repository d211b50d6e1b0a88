#include "jack_process.h"

#include <algorithm>

#include "pa_callback.h"

namespace rtsynth {
namespace {

constexpr int kDrumChannel = 9;  // channel 10 to a musician

/// Bytes of a channel message; 0: not a channel message.
constexpr std::size_t length_of(int status) RT_SAFE {
  if (status < 0x80 || status >= 0xF0) return 0;
  return (status & 0xE0) == 0xC0 ? 2 : 3;  // program change and channel pressure: 2
}

}  // namespace

JackProcess::JackProcess(Engine& engine, const JackLibrary& library, const JackPorts& ports)
    : engine_(engine), library_(library), ports_(ports) {
  for (auto& slot : slots_) slot.store(Heard::kNoSlot, std::memory_order_relaxed);
}

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
  std::size_t used = 0;
  JackMidiEvent message{};
  for (std::uint32_t i = 0; i < count && used < events_.size(); ++i) {
    if (!get_event(message, buffer, i) || !translate(message, events_[used])) continue;
    events_[used].due = std::min<std::int64_t>(message.time, std::int64_t{samples} - 1);
    ++used;
  }
  return {events_.data(), used};
}

/// False: nothing for the engine.
bool JackProcess::translate(const JackMidiEvent& message, Event& event) RT_SAFE {
  const std::size_t length = message.size > 0 ? length_of(message.bytes[0]) : 0;
  if (length == 0 || message.size != length) return false;
  Heard heard;
  heard.status = message.bytes[0];
  heard.data1 = message.bytes[1] & 0x7F;
  heard.data2 = length > 2 ? message.bytes[2] & 0x7F : 0;
  event = {};
  event.status = heard.status;
  event.data1 = heard.data1;
  event.data2 = heard.data2;
  const int kind = heard.status & 0xF0;
  if (kind == 0xC0) {
    change_program(event, heard);
  } else if (kind == 0x80 || kind == 0x90 || kind == 0xB0) {
    static_cast<void>(heard_.push(heard));  // refused: counted
  }
  return (heard.status & 0x0F) != kDrumChannel;
}

/// One that Python will not hear of has no number of its own: what Python sends still holds.
void JackProcess::change_program(Event& event, Heard& heard) RT_SAFE {
  const int channel = heard.status & 0x0F;
  heard.slot = slot_of(channel, heard.data1).load(std::memory_order_relaxed);
  heard.change = engine_.last_change(channel) + 1;
  event.kind = Event::Kind::kProgram;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = static_cast<float>(heard.slot);
  event.change = heard_.push(heard) ? engine_.next_change(channel) : engine_.last_change(channel);
}

bool JackProcess::read(Heard& heard) RT_SAFE {
  const Heard* head = heard_.peek();
  if (head == nullptr) return false;
  heard = *head;
  heard_.pop();
  return true;
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
