#include "channel.h"

#include <algorithm>
#include <cmath>

namespace rtsynth {
namespace {

constexpr double kLevelGlideS = 0.008;  // no zipper noise, and still quicker than a hand
constexpr double kPitchGlideS = 0.004;
constexpr double kVibratoHz = 5.5;  // of singers and string players
constexpr int kCentre = 64;
constexpr int kBendCentre = 8192;
constexpr double kShortestGlideS = 0.005;
constexpr double kLongestGlide = 1000.0;  // times the shortest
constexpr float kLongestDelayS = 2.0F;    // of the vibrato

/// -1..1, 0 at 64 (General MIDI 2's sound controllers are relative to the timbre's own).
float relative(float steps) RT_SAFE {
  return std::clamp((steps - float{kCentre}) / 63.0F, -1.0F, 1.0F);
}

}  // namespace

void Channel::prepare(double rate_hz) {
  *this = Channel();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    set_parameter(static_cast<Parameter>(i), kParameters[i].preset);
  }
  set_rate(rate_hz);
  reset();
}

void Channel::set_rate(double rate_hz) {
  rate_hz_ = rate_hz;
  level_part_ = glide_part(kLevelGlideS, rate_hz);
  pitch_part_ = glide_part(kPitchGlideS, rate_hz);
  aim_vibrato();
}

void Channel::reset() RT_SAFE {
  registered_.reset();
  for (const ControllerInfo& each : kControllers) {
    if (each.preset != ControllerInfo::kNone) control(each.number, each.preset);
  }
  reset_controllers();
  settle();
}

void Channel::reset_controllers() RT_SAFE {
  for (const ControllerInfo& each : kControllers) {
    if (each.reset) control(each.number, each.preset);
  }
  bend(kBendCentre);
  press(0);
}

/// A high byte sets the low one to 0 (MIDI 1.0 detailed specification: controllers 0..63).
int Channel::control(int controller, int value) RT_SAFE {
  values_[static_cast<std::size_t>(controller)] = static_cast<std::uint8_t>(value);
  if (controller < kFirstLow) values_[static_cast<std::size_t>(controller + kFirstLow)] = 0;
  const int set = registered_.control(controller, value);
  if (set == kRpnBendRange) aim_bend();
  if (set == kRpnVibratoRange) aim_vibrato();
  follow(controller);
  return set;
}

void Channel::follow(int controller) RT_SAFE {
  switch (controller) {
    case kVolume:
    case kVolumeLow:
    case kExpression:
    case kExpressionLow:
      aim_gain();
      break;
    case kPan:
    case kPanLow:
      aim(pan_, relative(steps(kPan)));
      break;
    case kReverbSend:
      aim(reverb_, position(kReverbSend));
      break;
    case kChorusSend:
      aim(chorus_, position(kChorusSend));
      break;
    case kBrightness:
      aim(bright_, relative(steps(kBrightness)));
      break;
    case kModulation:
    case kModulationLow:
    case kVibratoRate:
    case kVibratoDepth:
    case kVibratoDelay:
      aim_vibrato();
      break;
    default:
      break;
  }
}

float Channel::steps(int controller) const RT_SAFE {
  const auto high = static_cast<float>(values_[static_cast<std::size_t>(controller)]);
  if (controller >= kFirstLow) return high;
  const auto low = static_cast<float>(values_[static_cast<std::size_t>(controller + kFirstLow)]);
  return high + low / 128.0F;
}

float Channel::position(int controller) const RT_SAFE {
  return std::min(steps(controller) / 127.0F, 1.0F);
}

double Channel::portamento_s() const RT_SAFE {
  return kShortestGlideS * std::pow(kLongestGlide, static_cast<double>(position(kPortamentoTime)));
}

void Channel::bend(int value) RT_SAFE {
  const int offset = value - kBendCentre;
  const int reach = offset < 0 ? kBendCentre : kBendCentre - 1;  // both ends reach the full range
  bend_position_ = static_cast<float>(offset) / static_cast<float>(reach);
  aim_bend();
}

void Channel::press(int value) RT_SAFE { aim(pressure_, static_cast<float>(value) / 127.0F); }

void Channel::set_bend_range(float semitones) RT_SAFE {
  registered_.set_bend_range(static_cast<int>(semitones * 100.0F + 0.5F));
  aim_bend();
}

void Channel::set_parameter(Parameter parameter, float value) RT_SAFE {
  parameters_[static_cast<std::size_t>(parameter)] = value;
  if (parameter == Parameter::kWidth) width_.aim(value);
  moves_ = true;
}

void Channel::settle() RT_SAFE {
  for (Glide* each : glides()) each->set(each->target());
  hear();
}

void Channel::tick() RT_SAFE {
  turn_ += turns_per_tick_;
  if (turn_ >= 1.0) turn_ -= 1.0;
  heard_.vibrato_turn = static_cast<float>(turn_);
  if (!moves_) return;
  for (Glide* each : glides()) {
    each->tick(each == &bend_ || each == &vibrato_ ? pitch_part_ : level_part_);
  }
  hear();
  const auto all = glides();
  moves_ = !std::all_of(all.begin(), all.end(), [](const Glide* each) { return each->still(); });
}

/// Where nothing manages it.
void Channel::hear() RT_SAFE {
  heard_.gain = gain_.value();
  heard_.pan = pan_.value();
  heard_.width = width_.value();
  heard_.reverb = reverb_.value();
  heard_.chorus = chorus_.value();
  heard_.pressure_tilt = parameter(Parameter::kPressureTilt);
  heard_.pressure_gain = parameter(Parameter::kPressureGain);
  heard_.pressure_vibrato = parameter(Parameter::kPressureVibrato);
  heard_.pitch = bend_.value();
  heard_.pressure = pressure_.value();
  heard_.bright_tilt = parameter(Parameter::kBrightTilt);
  heard_.tilt = heard_.bright_tilt * bright_.value();
  heard_.vibrato = vibrato_.value();
  heard_.vibrato_range = registered_.vibrato_range();
  heard_.vibrato_delay = kLongestDelayS * static_cast<float>(rate_hz_) *
                         std::max(relative(steps(kVibratoDelay)), 0.0F);
  heard_.member = false;
}

/// RP-053: of a zone's two bends the sum is heard; of pressure and controller 74 each instrument
/// says what it combines them to. Here the stronger pressure counts, and 74 adds up.
void Channel::join(const Channel& manager) RT_SAFE {
  const Expression& of_zone = manager.heard_;
  const float bright = std::clamp(bright_.value() + manager.bright_.value(), -1.0F, 1.0F);
  heard_ = of_zone;
  heard_.pitch += bend_.value();
  heard_.pressure = std::max(of_zone.pressure, pressure_.value());
  heard_.tilt = manager.parameter(Parameter::kBrightTilt) * bright;
  heard_.member = true;
}

void Channel::aim_gain() RT_SAFE {
  const float product = steps(kVolume) * steps(kExpression) / (127.0F * 127.0F);
  const float kept = std::min(product, 1.0F);
  aim(gain_, kept * kept);
}

void Channel::aim_bend() RT_SAFE { aim(bend_, bend_position_ * bend_range()); }

/// General MIDI 2: at 64 controller 76 leaves the rate as it is, 77 the depth that the wheel asks
/// for; full, it is as good as the wheel.
void Channel::aim_vibrato() RT_SAFE {
  const float depth = position(kModulation) + relative(steps(kVibratoDepth));
  aim(vibrato_, registered_.vibrato_range() * std::clamp(depth, 0.0F, 1.0F));
  const double octaves = static_cast<double>(relative(steps(kVibratoRate)));
  turns_per_tick_ = kVibratoHz * std::exp2(octaves) * kTickSamples / rate_hz_;
}

}  // namespace rtsynth
