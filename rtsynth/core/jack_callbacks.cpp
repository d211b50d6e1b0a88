#include "jack_callbacks.h"

#include "jack_process.h"

namespace rtsynth {
namespace {

JackProcess& of(void* process) noexcept { return *static_cast<JackProcess*>(process); }

}  // namespace

int jack_process(std::uint32_t samples, void* process) noexcept {
  JackProcess& of_client = of(process);
  if (of_client.freewheel()) {
    of_client.process_offline(samples);
  } else {
    of_client.process(samples);
  }
  return 0;
}

int jack_rate(std::uint32_t rate_hz, void* process) noexcept {
  of(process).set_rate(rate_hz);
  return 0;
}

void jack_freewheel(int starting, void* process) noexcept {
  of(process).set_freewheel(starting != 0);
}

int jack_xrun(void* process) noexcept {
  of(process).dropped_out();
  return 0;
}

void jack_port(std::uint32_t /*port*/, int there, void* process) noexcept {
  if (there == 0) of(process).port_went();
  of(process).ports_changed();
}

void jack_wire(std::uint32_t /*a*/, std::uint32_t /*b*/, int /*there*/, void* process) noexcept {
  of(process).ports_changed();
}

void jack_shutdown(int /*status*/, const char* /*reason*/, void* process) noexcept {
  of(process).shut_down();
}

}  // namespace rtsynth
