/// Made by `python -m rtsynth.serve.preset_table` from rtsynth/presets.
#pragma once

#include <array>
#include <span>

namespace rtsynth::plugin {

/// Where a preset sets one of host_parameters(); all others are at their start.
struct PresetValue {
  const char* name;
  double value;
};

struct BundledPreset {
  const char* name;
  const char* about;  // a line for people
  std::span<const PresetValue> values;
};

// clang-format off
inline constexpr std::array<PresetValue, 62> kPresetValues = {{
    {"reverb_send", 0.14},  // bass-and-piano
    {"reverb_time", 1.1},  // bass-and-piano
    {"reverb_size", 0.4},  // bass-and-piano
    {"reverb_send", 0.42},  // cathedral-organ
    {"reverb_time", 6.5},  // cathedral-organ
    {"reverb_size", 1.0},  // cathedral-organ
    {"reverb_damping", 0.55},  // cathedral-organ
    {"reverb_delay", 45.0},  // cathedral-organ
    {"reverb_send", 0.12},  // electric-piano
    {"chorus_send", 0.5},  // electric-piano
    {"reverb_time", 1.2},  // electric-piano
    {"chorus_rate", 0.7},  // electric-piano
    {"chorus_depth", 2.0},  // electric-piano
    {"width", 1.2},  // grand-hall
    {"reverb_send", 0.28},  // grand-hall
    {"stretch", 0.5},  // grand-hall
    {"reverb_time", 2.6},  // grand-hall
    {"reverb_size", 0.8},  // grand-hall
    {"reverb_damping", 0.45},  // grand-hall
    {"reverb_delay", 24.0},  // grand-hall
    {"width", 0.6},  // honky-tonk
    {"reverb_send", 0.12},  // honky-tonk
    {"chorus_send", 0.7},  // honky-tonk
    {"fine_tune", -12.0},  // honky-tonk
    {"stretch", 1.0},  // honky-tonk
    {"reverb_time", 0.7},  // honky-tonk
    {"reverb_size", 0.25},  // honky-tonk
    {"chorus_rate", 0.4},  // honky-tonk
    {"chorus_depth", 3.5},  // honky-tonk
    {"reverb_send", 0.24},  // horn-to-brass
    {"pressure_gain", 5.0},  // horn-to-brass
    {"reverb_time", 2.0},  // horn-to-brass
    {"reverb_size", 0.65},  // horn-to-brass
    {"reverb_send", 0.2},  // mpe-lead
    {"chorus_send", 0.2},  // mpe-lead
    {"pressure_turn", 0.7},  // mpe-lead
    {"pressure_tilt", 4.0},  // mpe-lead
    {"pressure_gain", 8.0},  // mpe-lead
    {"bright_tilt", 3.0},  // mpe-lead
    {"reverb_time", 1.6},  // mpe-lead
    {"chorus_rate", 0.5},  // mpe-lead
    {"hard", -0.6},  // slow-pad
    {"width", 1.5},  // slow-pad
    {"reverb_send", 0.45},  // slow-pad
    {"chorus_send", 0.35},  // slow-pad
    {"reverb_time", 5.0},  // slow-pad
    {"reverb_size", 0.9},  // slow-pad
    {"reverb_damping", 0.5},  // slow-pad
    {"chorus_rate", 0.25},  // slow-pad
    {"chorus_depth", 4.0},  // slow-pad
    {"width", 1.3},  // strings-and-choir
    {"reverb_send", 0.38},  // strings-and-choir
    {"reverb_time", 3.4},  // strings-and-choir
    {"reverb_size", 0.85},  // strings-and-choir
    {"reverb_delay", 30.0},  // strings-and-choir
    {"hard", -0.3},  // vibes
    {"reverb_send", 0.3},  // vibes
    {"chorus_send", 0.15},  // vibes
    {"modulation", 0.12},  // vibes
    {"reverb_time", 2.2},  // vibes
    {"reverb_size", 0.6},  // vibes
    {"chorus_rate", 0.35},  // vibes
}};

inline constexpr std::array<BundledPreset, 10> kBundledPresets = {{
    {"bass-and-piano", "Double bass below C3, piano above: the left hand walks", {kPresetValues.data() + 0, 3}},
    {"cathedral-organ", "A church organ in a long, dark room", {kPresetValues.data() + 3, 5}},
    {"electric-piano", "A tine piano through a slow chorus", {kPresetValues.data() + 8, 5}},
    {"grand-hall", "A grand piano in a concert hall", {kPresetValues.data() + 13, 7}},
    {"honky-tonk", "An old upright, out of tune in every octave", {kPresetValues.data() + 20, 9}},
    {"horn-to-brass", "Played softly a horn, played hard the whole brass", {kPresetValues.data() + 29, 4}},
    {"mpe-lead", "A lead for MPE keyboards: pressure swells and brightens, slides turn the timbre", {kPresetValues.data() + 33, 8}},
    {"slow-pad", "A soft pad between strings, choir and synthesizer; 74 opens it", {kPresetValues.data() + 41, 9}},
    {"strings-and-choir", "Strings with a choir behind them", {kPresetValues.data() + 50, 5}},
    {"vibes", "A vibraphone late at night", {kPresetValues.data() + 55, 7}},
}};
// clang-format on

}  // namespace rtsynth::plugin
