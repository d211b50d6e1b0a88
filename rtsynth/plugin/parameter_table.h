/// Made by `python -m rtsynth.serve.parameter_table` from rtsynth/serve/host_parameters.py.
#pragma once

#include <array>

#include "host_parameters.h"

namespace rtsynth::plugin {

// clang-format off
inline constexpr std::array<HostParameter, 47> kHostParameters = {{
    // id, name, label, group, unit, low, high, preset, home, number, of_channel, is_switch, whole
    {1, "gain", "Gain", "Master", "dB", -60.0, 24.0, 0.0, Home::kDesk, 0, false, false, false},
    {2, "timbre_x", "Timbre, across the map", "Timbre", "", 0.0, 1.0, 0.5, Home::kDesk, 0, true, false, false},
    {3, "timbre_y", "Timbre, down the map", "Timbre", "", 0.0, 1.0, 0.5, Home::kDesk, 0, true, false, false},
    {4, "program", "Program", "Timbre", "", 0.0, 127.0, 0.0, Home::kDesk, 0, true, false, true},
    {5, "bright", "Bright", "Timbre", "", -1.0, 1.0, 0.0, Home::kTurn, 74, true, false, false},
    {6, "hard", "Hard", "Timbre", "", -1.0, 1.0, 0.0, Home::kTurn, 17, true, false, false},
    {7, "breathy", "Breathy", "Timbre", "", -1.0, 1.0, 0.0, Home::kTurn, 18, true, false, false},
    {8, "long", "Long", "Timbre", "", -1.0, 1.0, 0.0, Home::kTurn, 72, true, false, false},
    {9, "volume", "Volume", "Channel", "", 0.0, 1.0, 0.7874015748031497, Home::kController, 7, true, false, false},
    {10, "expression", "Expression", "Channel", "", 0.0, 1.0, 1.0, Home::kController, 11, true, false, false},
    {11, "pan", "Pan", "Channel", "", -1.0, 1.0, 0.0, Home::kController, 10, true, false, false},
    {12, "width", "Stereo width", "Channel", "", 0.0, 2.0, 1.0, Home::kCore, 0, true, false, false},
    {13, "reverb_send", "Reverb send", "Channel", "", 0.0, 1.0, 0.0, Home::kController, 91, true, false, false},
    {14, "chorus_send", "Chorus send", "Channel", "", 0.0, 1.0, 0.0, Home::kController, 93, true, false, false},
    {15, "modulation", "Vibrato", "Expression", "", 0.0, 1.0, 0.0, Home::kController, 1, true, false, false},
    {16, "vibrato_rate", "Vibrato rate", "Expression", "", -1.0, 1.0, 0.0, Home::kController, 76, true, false, false},
    {17, "vibrato_depth", "Vibrato depth", "Expression", "", -1.0, 1.0, 0.0, Home::kController, 77, true, false, false},
    {18, "vibrato_delay", "Vibrato delay", "Expression", "", -1.0, 1.0, 0.0, Home::kController, 78, true, false, false},
    {19, "sustain", "Sustain pedal", "Pedals", "", 0.0, 1.0, 0.0, Home::kController, 64, true, false, false},
    {20, "sostenuto", "Sostenuto pedal", "Pedals", "", 0.0, 1.0, 0.0, Home::kController, 66, true, true, false},
    {21, "soft", "Soft pedal", "Pedals", "", 0.0, 1.0, 0.0, Home::kController, 67, true, false, false},
    {22, "glide", "Glide", "Expression", "", 0.0, 1.0, 0.0, Home::kController, 65, true, true, false},
    {23, "glide_time", "Glide time", "Expression", "", 0.0, 1.0, 0.0, Home::kController, 5, true, false, false},
    {24, "legato", "Legato", "Expression", "", 0.0, 1.0, 0.0, Home::kController, 68, true, true, false},
    {25, "mono", "One note at a time", "Expression", "", 0.0, 1.0, 0.0, Home::kDesk, 0, true, true, false},
    {26, "bend_range", "Bend range", "Pitch", "semitones", 0.0, 96.0, 2.0, Home::kRegistered, 0, true, false, false},
    {27, "fine_tune", "Fine tuning", "Pitch", "cents", -100.0, 100.0, 0.0, Home::kRegistered, 1, true, false, false},
    {28, "transpose", "Transposition", "Pitch", "semitones", -64.0, 63.0, 0.0, Home::kRegistered, 2, true, false, true},
    {29, "pressure_turn", "Aftertouch: towards bright", "Expression", "", -1.0, 1.0, 0.5, Home::kDesk, 0, true, false, false},
    {30, "pressure_tilt", "Aftertouch: brightness", "Expression", "dB an octave", 0.0, 6.0, 2.0, Home::kCore, 1, true, false, false},
    {31, "pressure_gain", "Aftertouch: loudness", "Expression", "dB", 0.0, 12.0, 3.0, Home::kCore, 2, true, false, false},
    {32, "pressure_vibrato", "Aftertouch: vibrato", "Expression", "semitones", 0.0, 1.0, 0.0, Home::kCore, 3, true, false, false},
    {33, "bright_tilt", "Controller 74: brightness at once", "Expression", "dB an octave", 0.0, 6.0, 1.0, Home::kCore, 4, true, false, false},
    {34, "master_volume", "Master volume", "Master", "", 0.0, 1.0, 1.0, Home::kCore, 5, false, false, false},
    {35, "balance", "Balance", "Master", "", -1.0, 1.0, 0.0, Home::kCore, 14, false, false, false},
    {36, "reference", "Concert pitch", "Master", "Hz", 392.0, 494.0, 440.0, Home::kDesk, 0, false, false, false},
    {37, "stretch", "Stretched octaves", "Master", "", 0.0, 1.0, 0.0, Home::kDesk, 0, false, false, false},
    {38, "touch", "Touch: light to heavy", "Master", "", -1.0, 1.0, 0.0, Home::kDesk, 0, false, false, false},
    {39, "fixed_velocity", "Fixed velocity", "Master", "", 0.0, 127.0, 0.0, Home::kDesk, 0, false, false, true},
    {40, "reverb_time", "Reverb time", "Reverb", "s", 0.20000000298023224, 12.0, 1.7999999523162842, Home::kCore, 6, false, false, false},
    {41, "reverb_size", "Reverb size", "Reverb", "", 0.0, 1.0, 0.6000000238418579, Home::kCore, 7, false, false, false},
    {42, "reverb_damping", "Reverb damping", "Reverb", "", 0.0, 1.0, 0.4000000059604645, Home::kCore, 8, false, false, false},
    {43, "reverb_delay", "Reverb delay before", "Reverb", "ms", 0.0, 200.0, 12.0, Home::kCore, 9, false, false, false},
    {44, "reverb_level", "Reverb level", "Reverb", "", 0.0, 2.0, 1.0, Home::kCore, 10, false, false, false},
    {45, "chorus_rate", "Chorus rate", "Chorus", "Hz", 0.05000000074505806, 5.0, 0.6000000238418579, Home::kCore, 11, false, false, false},
    {46, "chorus_depth", "Chorus depth", "Chorus", "ms", 0.0, 10.0, 2.5, Home::kCore, 12, false, false, false},
    {47, "chorus_level", "Chorus level", "Chorus", "", 0.0, 2.0, 1.0, Home::kCore, 13, false, false, false},
}};
// clang-format on

}  // namespace rtsynth::plugin
