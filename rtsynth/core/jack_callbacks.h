/// The C functions that libjack calls, none of them Python's; each gets its JackProcess.
#pragma once

#include <cstdint>

namespace rtsynth {

// Types as in jack/types.h.
using JackSamplesCallback = int (*)(std::uint32_t value, void* process);
using JackNoticeCallback = int (*)(void* process);
using JackModeCallback = void (*)(int starting, void* process);
using JackPortCallback = void (*)(std::uint32_t port, int there, void* process);
using JackWireCallback = void (*)(std::uint32_t a, std::uint32_t b, int there, void* process);
using JackEndCallback = void (*)(int status, const char* reason, void* process);

/// [audio] JackProcessCallback; in freewheel [audio, offline].
int jack_process(std::uint32_t samples, void* process) noexcept;
/// JackSampleRateCallback.
int jack_rate(std::uint32_t rate_hz, void* process) noexcept;
/// JackFreewheelCallback: between the last period of one kind and the first of the other.
void jack_freewheel(int starting, void* process) noexcept;
/// JackXRunCallback.
int jack_xrun(void* process) noexcept;
/// JackPortRegistrationCallback.
void jack_port(std::uint32_t port, int there, void* process) noexcept;
/// JackPortConnectCallback.
void jack_wire(std::uint32_t a, std::uint32_t b, int there, void* process) noexcept;
/// JackInfoShutdownCallback: the server is gone, or has thrown the client out.
void jack_shutdown(int status, const char* reason, void* process) noexcept;

}  // namespace rtsynth
