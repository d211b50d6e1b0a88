/// MIDI's controllers and registered parameters: numbers, names, and what they are at first.
#pragma once

#include <array>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// Numbers of the MIDI 1.0 detailed specification (table III) and of General MIDI 2.
enum Controller : int {
  kModulation = 1,
  kPortamentoTime = 5,
  kDataEntry = 6,
  kVolume = 7,
  kPan = 10,
  kExpression = 11,
  kFirstLow = 32,  // from here on stand the low bytes of controllers 0..31
  kModulationLow = 33,
  kPortamentoTimeLow = 37,
  kDataEntryLow = 38,
  kVolumeLow = 39,
  kPanLow = 42,
  kExpressionLow = 43,
  kSustain = 64,
  kPortamento = 65,
  kSostenuto = 66,
  kSoft = 67,
  kLegato = 68,
  kBrightness = 74,
  kVibratoRate = 76,
  kVibratoDepth = 77,
  kVibratoDelay = 78,
  kPortamentoControl = 84,
  kReverbSend = 91,
  kChorusSend = 93,
  kDataIncrement = 96,
  kDataDecrement = 97,
  kNrpnLow = 98,
  kNrpnHigh = 99,
  kRpnLow = 100,
  kRpnHigh = 101,
  kAllSoundOff = 120,
  kResetControllers = 121,
  kAllNotesOff = 123,
  kOmniOff = 124,
  kOmniOn = 125,
  kMono = 126,
  kPoly = 127,
};

/// Registered parameters: the high byte is 0 in all of them.
enum RegisteredParameter : int {
  kRpnBendRange = 0,
  kRpnFineTuning = 1,
  kRpnCoarseTuning = 2,
  kRpnVibratoRange = 5,
  kRpnZone = 6,  // the MPE configuration message (RP-053)
  kRpnNull = 0x7F7F,
};

struct ControllerInfo {
  static constexpr int kNone = -1;

  int number;
  const char* name;
  int preset;            // 0..127 at the start and after a General MIDI reset; kNone: a command
  bool reset = false;    // to `preset` by controller 121 (RP-015; pedals, all of them)
  int low_half = kNone;  // the controller of its low byte, if it has 14 bits
};

/// What the core carries out, by number. Timbre, banks and what else is Python's is not here.
inline constexpr std::array<ControllerInfo, 31> kControllers = {{
    {kModulation, "modulation depth", 0, true, kModulationLow},
    {kPortamentoTime, "portamento time", 0, false, kPortamentoTimeLow},
    {kDataEntry, "data entry", ControllerInfo::kNone, false, kDataEntryLow},
    {kVolume, "channel volume", 100, false, kVolumeLow},
    {kPan, "pan", 64, false, kPanLow},
    {kExpression, "expression", 127, true, kExpressionLow},
    {kSustain, "sustain pedal", 0, true},
    {kPortamento, "portamento on/off", 0, true},
    {kSostenuto, "sostenuto pedal", 0, true},
    {kSoft, "soft pedal", 0, true},
    {kLegato, "legato footswitch", 0, true},
    {kBrightness, "brightness", 64, true},  // not RP-015's: timbres turn back as well (slots.py)
    {kVibratoRate, "vibrato rate", 64},
    {kVibratoDepth, "vibrato depth", 64},
    {kVibratoDelay, "vibrato delay", 64},
    {kPortamentoControl, "portamento control", ControllerInfo::kNone},
    {kReverbSend, "reverb send", 0},
    {kChorusSend, "chorus send", 0},
    {kDataIncrement, "data increment", ControllerInfo::kNone},
    {kDataDecrement, "data decrement", ControllerInfo::kNone},
    {kNrpnLow, "non-registered parameter, low byte", 127, true},
    {kNrpnHigh, "non-registered parameter, high byte", 127, true},
    {kRpnLow, "registered parameter, low byte", 127, true},
    {kRpnHigh, "registered parameter, high byte", 127, true},
    {kAllSoundOff, "all sound off", ControllerInfo::kNone},
    {kResetControllers, "reset all controllers", ControllerInfo::kNone},
    {kAllNotesOff, "all notes off", ControllerInfo::kNone},
    {kOmniOff, "omni mode off", ControllerInfo::kNone},
    {kOmniOn, "omni mode on", ControllerInfo::kNone},
    {kMono, "mono mode on", ControllerInfo::kNone},
    {kPoly, "poly mode on", ControllerInfo::kNone},
}};

}  // namespace rtsynth
