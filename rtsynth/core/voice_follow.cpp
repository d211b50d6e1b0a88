// How a voice follows its channel and its key: pitch, tilt and gains.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "voice.h"

namespace rtsynth {
namespace {

// A sustained note that moves to another key comes to that key's take behind its attack.
constexpr std::int64_t kLegatoFrame = 48;  // a quarter of a second
constexpr double kRetuneS = 0.005;
constexpr float kVibratoFadeS = 0.3F;       // a vibrato that waited comes in slowly
constexpr float kSoftTilt = -1.5F;          // dB an octave
constexpr float kLog2PerDb = 0.166096405F;  // log2(10) / 20

}  // namespace

/// What the channel and the key's pressure ask for at the next tick. A member of a zone leaves a
/// note alone that was let go: it moves the next one by then (RP-053).
void Voice::follow(const Channel& channel, std::int64_t now) RT_SAFE {
  const Expression& heard = channel.heard();
  width_ = heard.width;
  if (heard.member && envelope_.released()) return;
  key_pressure_.tick(channel.level_part());
  float pressure = std::max(heard.pressure, key_pressure_.value());
  float depth = heard.vibrato;
  if (expression_.said()) {
    expression_.tick(channel.level_part(), channel.pitch_part());
    pressure = std::max(pressure, expression_.pressure());
    depth += expression_.vibrato() * heard.vibrato_range;
    said_gain_ = expression_.gain();
    said_pan_ = expression_.pan();
  }
  depth += pressure * heard.pressure_vibrato;
  bend_ = heard.pitch + offset_.at(static_cast<double>(now + kTickSamples));
  if (depth != 0.0F) bend_ += vibrato(heard, depth, now);
  tilt_ = heard.tilt + pressure * heard.pressure_tilt + kSoftTilt * note_.soft;
  if (expression_.said()) {
    bend_ += expression_.semitones();
    tilt_ += expression_.bright() * heard.bright_tilt;
  }
  const float lift_db = pressure * heard.pressure_gain;
  lift_ = lift_db == 0.0F ? 1.0F : std::exp2(kLog2PerDb * lift_db);
}

void Voice::express(NoteField field, float value, const Channel& channel,
                    std::int64_t now) RT_SAFE {
  const bool begins = now == started_;
  expression_.set(field, value, begins);
  if (!begins) return;
  follow(channel, now);
  if (reader_.active()) vocoder_.start_bent(bend_, now);
  aim_gain(channel, now);
}

/// From the note's own onset on.
float Voice::vibrato(const Expression& heard, float depth, std::int64_t now) const RT_SAFE {
  const float since = static_cast<float>(now - onset_) - heard.vibrato_delay;
  if (heard.vibrato_delay > 0.0F) {
    const float fade = kVibratoFadeS * static_cast<float>(context_.rate_hz);
    depth *= std::clamp(since / fade, 0.0F, 1.0F);
  }
  constexpr float kTurn = 2.0F * std::numbers::pi_v<float>;
  return depth * std::sin(kTurn * (heard.vibrato_turn - begun_turn_));
}

void Voice::aim_pitch(const KeyPlace& place, double seconds, std::int64_t now) RT_SAFE {
  const float target = static_cast<float>(place.key - base_key_) + place.semitones;
  offset_.aim(target, now, now + static_cast<std::int64_t>(seconds * context_.rate_hz) + 1);
}

void Voice::move_to(int key, const KeyPlace& place, double seconds, std::int64_t now) RT_SAFE {
  note_.key = key;
  aim_pitch(place, seconds, now);
  const int take_key = std::clamp(place.key, kKeyLow, kKeyHigh);
  if (take_key == own_id_.key) return;
  own_id_.key = take_key;
  own_ = middle_ = false;
  const bool sustained = reader_.active() && reader_.note().tail_db_per_s > kSustainedDbPerS;
  skipped_ = sustained ? std::max<std::int64_t>(frame_ - kLegatoFrame, 0) : 0;
}

void Voice::retune(const KeyPlace& place, std::int64_t now) RT_SAFE {
  const double left_s = (offset_.end() - static_cast<double>(now)) / context_.rate_hz;
  aim_pitch(place, std::max(left_s, kRetuneS), now);
}

/// Straight lines to the gains that are due at the next tick.
void Voice::aim_gain(const Channel& channel, std::int64_t now) RT_SAFE {
  const float pan =
      std::clamp(channel.pan() + note_.pan + said_pan_ + width_ * spread_, -1.0F, 1.0F);
  if (pan != pan_) {
    const float angle = 0.25F * std::numbers::pi_v<float> * (pan + 1.0F);  // constant power
    pan_ = pan;
    pan_left_ = std::cos(angle);
    pan_right_ = std::sin(angle);
  }
  const int samples = kTickSamples - static_cast<int>(now % kTickSamples);
  // A reset that ends a note must not make it louder on its way out.
  if (!envelope_.fading()) channel_gain_ = channel.gain();
  const float target =
      envelope_.gain(now + samples) * velocity_gain_ * lift_ * said_gain_ * channel_gain_;
  const int index = static_cast<int>(now - gain_since_);
  gain_left_.aim(index, target * pan_left_, samples);
  gain_right_.aim(index, target * pan_right_, samples);
  gain_since_ = now;
}

}  // namespace rtsynth
