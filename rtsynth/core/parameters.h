/// What can be set beside MIDI's own controllers: names for Python, ranges, and what holds at
/// first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rtsynth {

/// Places in kParameters. Those of a channel come first.
enum class Parameter : std::uint8_t {
  kWidth,            // of the stereo image, by key and by timbre
  kPressureTilt,     // what full pressure adds to a note's spectrum, dB an octave
  kPressureGain,     // dB
  kPressureVibrato,  // semitones
  kBrightTilt,       // what controller 74 adds at once at either end, dB an octave
  kVolume,           // of everything (universal device volume), linear
  kReverbTime,       // to -60 dB, seconds
  kReverbSize,       // of the room, 0..1
  kReverbDamping,    // of high frequencies, 0..1
  kReverbDelay,      // before the reverberation, ms
  kReverbLevel,      // of what comes back, linear
  kChorusRate,       // Hz
  kChorusDepth,      // ms
  kChorusLevel,      // linear
  kBalance,          // of left and right (universal device balance), -1..1
};

struct ParameterInfo {
  const char* name;
  float low;
  float high;
  float preset;
  bool of_channel;
};

inline constexpr std::array<ParameterInfo, 15> kParameters = {{
    {"width", 0.0F, 2.0F, 1.0F, true},
    {"pressure_tilt", 0.0F, 6.0F, 2.0F, true},
    {"pressure_gain", 0.0F, 12.0F, 3.0F, true},
    {"pressure_vibrato", 0.0F, 1.0F, 0.0F, true},
    {"bright_tilt", 0.0F, 6.0F, 1.0F, true},
    {"volume", 0.0F, 1.0F, 1.0F, false},
    {"reverb_time", 0.2F, 12.0F, 1.8F, false},
    {"reverb_size", 0.0F, 1.0F, 0.6F, false},
    {"reverb_damping", 0.0F, 1.0F, 0.4F, false},
    {"reverb_delay", 0.0F, 200.0F, 12.0F, false},
    {"reverb_level", 0.0F, 2.0F, 1.0F, false},
    {"chorus_rate", 0.05F, 5.0F, 0.6F, false},
    {"chorus_depth", 0.0F, 10.0F, 2.5F, false},
    {"chorus_level", 0.0F, 2.0F, 1.0F, false},
    {"balance", -1.0F, 1.0F, 0.0F, false},
}};

/// Those of a channel come first.
inline constexpr std::size_t kChannelParameters = [] {
  std::size_t count = 0;
  while (kParameters[count].of_channel) ++count;
  return count;
}();

[[nodiscard]] constexpr const ParameterInfo& info_of(Parameter parameter) noexcept {
  return kParameters[static_cast<std::size_t>(parameter)];
}

/// What a layer of a channel has, beside a timbre; places are Python's as well (_core.pyi).
enum class LayerField : std::uint8_t {
  kSlot,          // of the timbre; -1: the layer is off
  kLowKey,        // 0..127, what is played, both ends included
  kHighKey,       //
  kLowVelocity,   // 1..127, as it comes after the curve, both ends included
  kHighVelocity,  //
  kTranspose,     // semitones
  kGain,          // linear
  kPan,           // -1..1, added to the channel's
};
inline constexpr int kLayerFields = 8;
inline constexpr int kChannels = 16;
inline constexpr int kLayers = 4;  // of a channel; layer 0 plays the channel's own timbre

}  // namespace rtsynth
