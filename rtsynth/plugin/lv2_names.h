/// What the LV2 module and the description of its bundle must agree on: names and ports.
#pragma once

#include <cstdint>

namespace rtsynth::plugin {

inline constexpr const char* kLv2Uri = "urn:rtsynth:instrument";
inline constexpr const char* kLv2Binary = "rtsynth.so";  // in the bundle

// Properties of a saved state.
inline constexpr const char* kLv2StateUri = "urn:rtsynth:instrument#state";    // whole, of Instance
inline constexpr const char* kLv2PresetUri = "urn:rtsynth:instrument#preset";  // a name, or nothing
inline constexpr const char* kLv2PortsUri = "urn:rtsynth:instrument#ports";    // where knobs stand

/// Ports by their indices; behind them one for each of host_parameters(), in their order.
enum Lv2Port : std::uint32_t {
  kLv2Control,    // atom sequence in: MIDI, the place in the song
  kLv2Notify,     // atom sequence out: that there is something new to save
  kLv2Left,       // audio out
  kLv2Right,      // audio out
  kLv2Latency,    // control out, samples: 0
  kLv2Freewheel,  // control in: above 0 the host waits for its plugins
  kLv2Parameters,
};

}  // namespace rtsynth::plugin
