#include "jack_process.h"

#include <algorithm>

#include "pa_callback.h"

namespace rtsynth {

JackProcess::JackProcess(Engine& engine, const JackLibrary& library, const JackPorts& ports)
    : engine_(engine), library_(library), ports_(ports), midi_(engine), offline_(engine) {}

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
    if (!midi_.take({message.bytes, message.size}, begin + due, events_[used])) continue;
    events_[used].due = due;
    ++used;
  }
  return {events_.data(), used};
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
