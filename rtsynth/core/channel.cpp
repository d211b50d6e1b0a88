#include "channel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rtsynth {
namespace {

constexpr double kLevelGlideS = 0.008;  // no zipper noise, and still quicker than a hand
constexpr double kPitchGlideS = 0.004;
constexpr double kVibratoHz = 5.5;         // of singers and string players
constexpr float kVibratoSemitones = 0.5F;  // at full modulation
constexpr int kDefaultVolume = 100;        // General MIDI
constexpr int kBendCentre = 8192;
constexpr float kMostBend = 96.0F;  // semitones

}  // namespace

void Channel::prepare(double rate_hz) {
  *this = Channel();
  set_rate(rate_hz);
  volume_ = kDefaultVolume;
  aim_gain();
  gain_.set(gain_.target());
}

void Channel::set_rate(double rate_hz) {
  level_part_ = glide_part(kLevelGlideS, rate_hz);
  pitch_part_ = glide_part(kPitchGlideS, rate_hz);
  radians_per_sample_ = 2.0 * std::numbers::pi * kVibratoHz / rate_hz;
}

void Channel::control(int controller, int value) RT_SAFE {
  switch (controller) {
    case kModulation:
      modulation_.aim(kVibratoSemitones * static_cast<float>(value) / 127.0F);
      break;
    case kVolume:
      volume_ = value;
      aim_gain();
      break;
    case kExpression:
      expression_ = value;
      aim_gain();
      break;
    case kPan:
      pan_.aim(std::clamp(static_cast<float>(value - 64) / 63.0F, -1.0F, 1.0F));
      break;
    case kSustain:
      sustain_ = value >= 64;
      break;
    case kRpnHigh:
      rpn_ = (rpn_ & 0x7F) | value << 8;
      break;
    case kRpnLow:
      rpn_ = (rpn_ & 0x7F00) | value;
      break;
    case kNrpnLow:
    case kNrpnHigh:
      rpn_ = kNoRpn;
      break;
    case kDataEntry:
    case kDataEntryLow:
      data_entry(controller, value);
      break;
    default:
      break;
  }
}

/// Registered parameter 0, the bend range: semitones, and cents in the low byte.
void Channel::data_entry(int controller, int value) RT_SAFE {
  if (rpn_ != 0) return;
  const float whole = std::floor(bend_range_);
  const float given = static_cast<float>(value);
  set_bend_range(controller == kDataEntry ? given : whole + std::min(given, 99.0F) / 100.0F);
}

void Channel::bend(int value) RT_SAFE {
  const int offset = value - kBendCentre;
  const int reach = offset < 0 ? kBendCentre : kBendCentre - 1;  // both ends reach the full range
  bend_position_ = static_cast<float>(offset) / static_cast<float>(reach);
  aim_bend();
}

void Channel::set_bend_range(float semitones) RT_SAFE {
  bend_range_ = std::clamp(semitones, 0.0F, kMostBend);
  aim_bend();
}

void Channel::reset_controllers() RT_SAFE {
  expression_ = 127;
  aim_gain();
  modulation_.aim(0.0F);
  bend(kBendCentre);
  sustain_ = false;
  rpn_ = kNoRpn;
}

void Channel::tick(std::int64_t now) RT_SAFE {
  gain_.tick(level_part_);
  pan_.tick(level_part_);
  bend_.tick(pitch_part_);
  modulation_.tick(pitch_part_);
  pitch_ = bend_.value();
  if (modulation_.value() != 0.0F) {
    const double phase = static_cast<double>(now) * radians_per_sample_;
    pitch_ += modulation_.value() * static_cast<float>(std::sin(phase));
  }
}

void Channel::aim_gain() RT_SAFE {
  const float product = static_cast<float>(volume_ * expression_) / (127.0F * 127.0F);
  gain_.aim(product * product);
}

void Channel::aim_bend() RT_SAFE { bend_.aim(bend_position_ * bend_range_); }

}  // namespace rtsynth
