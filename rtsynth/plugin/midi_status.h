/// First bytes of MIDI's channel messages, on channel 1.
#pragma once

namespace rtsynth::plugin {

inline constexpr int kNoteOffStatus = 0x80;
inline constexpr int kNoteOnStatus = 0x90;
inline constexpr int kKeyPressureStatus = 0xA0;
inline constexpr int kControlStatus = 0xB0;
inline constexpr int kProgramStatus = 0xC0;
inline constexpr int kPressureStatus = 0xD0;
inline constexpr int kBendStatus = 0xE0;

}  // namespace rtsynth::plugin
