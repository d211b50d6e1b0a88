#include "voices.h"

#include <algorithm>

namespace rtsynth {
namespace {

constexpr double kStealFadeS = 0.004;
constexpr double kSoundOffFadeS = 0.005;
constexpr float kRetriggerDbPerS = -300.0F;  // the old sound of a string that is struck again
constexpr int kLeastSpares = 16;
// A note younger than this is worth its full level: its frames may still be rising.
constexpr double kYoungS = 0.05;
constexpr float kYoungWorth = 100.0F;    // louder than any sound
constexpr float kReleasedWorth = 1e-6F;  // any released note goes before any held one
constexpr double kAgeHalfS = 4.0;        // a note this old is worth half of what it sounds

}  // namespace

void Voices::prepare(int polyphony, const VoiceContext& context) {
  polyphony_ = polyphony;
  counters_ = context.counters;
  voice_count_ = static_cast<std::size_t>(polyphony + std::max(kLeastSpares, polyphony / 4));
  voices_ = std::make_unique<Voice[]>(voice_count_);
  for (Channel& channel : channels_) channel.prepare(context.rate_hz);
  set_rate(context);
}

void Voices::set_rate(const VoiceContext& context) {
  rate_hz_ = context.rate_hz;
  for (std::size_t i = 0; i < voice_count_; ++i) {
    if (voices_[i].active()) voices_[i].stop();
    voices_[i].prepare(context);
  }
  for (Channel& channel : channels_) channel.set_rate(context.rate_hz);
  counters_->voices.set(0);
}

void Voices::message(int status, int data1, int data2, std::int64_t due, std::int64_t now) RT_SAFE {
  const int channel = status & 0x0F;
  switch (status & 0xF0) {
    case 0x80:
      note_off(channel, data1, now);
      break;
    case 0x90:
      if (data2 == 0)
        note_off(channel, data1, now);
      else
        note_on(channel, data1, data2, due, now);
      break;
    case 0xB0:
      control(channel, data1, data2, now);
      break;
    case 0xE0:
      at(channel).bend(data1 | data2 << 7);
      break;
    default:  // pressure and program change are Python's business
      break;
  }
}

void Voices::note_on(int channel, int key, int velocity, std::int64_t due,
                     std::int64_t now) RT_SAFE {
  int sounding = 0;
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (!voice.active() || voice.fading()) continue;
    ++sounding;
    const NoteOn& note = voice.note();
    if (note.channel != channel || note.key != key) continue;
    voice.release(at(channel), now, kRetriggerDbPerS);
  }
  if (sounding >= polyphony_) steal_one(now);
  counters_->notes.add();
  const NoteOn note = {channel, key, velocity, at(channel).timbre, due, serial_++};
  free_voice(now).start(note, at(channel), now);
}

void Voices::note_off(int channel, int key, std::int64_t now) RT_SAFE {
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    const NoteOn& note = voice.note();
    if (voice.active() && voice.key_down && note.channel == channel && note.key == key) {
      let_go(voice, now);
    }
  }
}

/// The key is up: the note goes on while the pedal is down.
void Voices::let_go(Voice& voice, std::int64_t now) RT_SAFE {
  voice.key_down = false;
  if (!of(voice).sustain()) voice.release(of(voice), now, 0.0F);
}

void Voices::pedal_up(int channel, std::int64_t now) RT_SAFE {
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (voice.active() && voice.note().channel == channel && !voice.key_down && !voice.released() &&
        !voice.fading()) {
      voice.release(at(channel), now, 0.0F);
    }
  }
}

void Voices::control(int channel, int controller, int value, std::int64_t now) RT_SAFE {
  if (controller == kAllSoundOff) {
    all_sound_off(channel, now);
  } else if (controller >= kAllNotesOff) {  // 124..127 switch modes and mean all notes off as well
    all_notes_off(channel, now);
  } else if (controller == kResetControllers) {
    at(channel).reset_controllers();
  } else {
    at(channel).control(controller, value);
  }
  if (!at(channel).sustain()) pedal_up(channel, now);
}

void Voices::all_sound_off(int channel, std::int64_t now) RT_SAFE {
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (voice.active() && voice.note().channel == channel) {
      voice.fade(at(channel), now, kSoundOffFadeS);
    }
  }
}

void Voices::all_notes_off(int channel, std::int64_t now) RT_SAFE {
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (voice.active() && voice.key_down && voice.note().channel == channel) let_go(voice, now);
  }
}

void Voices::panic(std::int64_t now) RT_SAFE {
  for (int channel = 0; channel < kChannels; ++channel) {
    all_sound_off(channel, now);
    at(channel).reset_controllers();
  }
}

/// Of the voices that are not fading yet the one that will be missed least fades.
void Voices::steal_one(std::int64_t now) RT_SAFE {
  Voice* victim = nullptr;
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (!voice.active() || voice.fading()) continue;
    if (victim == nullptr || worth(voice, now) < worth(*victim, now)) victim = &voice;
  }
  if (victim == nullptr) return;
  victim->fade(of(*victim), now, kStealFadeS);
  counters_->stolen.add();
}

/// Released and quiet ones first, then quiet and old ones.
float Voices::worth(const Voice& voice, std::int64_t now) const RT_SAFE {
  const double age_s = static_cast<double>(now - voice.onset()) / rate_hz_;
  const float level = age_s < kYoungS && !voice.released() ? kYoungWorth : voice.level(now);
  const float age = static_cast<float>(kAgeHalfS / (kAgeHalfS + age_s));
  return level * age * (voice.released() ? kReleasedWorth : 1.0F);
}

/// Only where more than the spare voices are fading at once the quietest of those is cut.
Voice& Voices::free_voice(std::int64_t now) RT_SAFE {
  Voice* quietest = &voices_[0];
  float least = 1e9F;
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (!voice.active()) return voice;
    const float level = voice.fading() ? voice.level(now) : 1e6F;
    if (level < least) {
      least = level;
      quietest = &voice;
    }
  }
  quietest->stop();
  return *quietest;
}

void Voices::tick(std::int64_t now) RT_SAFE {
  for (Channel& channel : channels_) channel.tick(now);
  int sounding = 0;
  for (std::size_t i = 0; i < voice_count_; ++i) {
    Voice& voice = voices_[i];
    if (!voice.active()) continue;
    voice.tick(of(voice), now);
    if (voice.active()) ++sounding;
  }
  counters_->voices.set(sounding);
}

void Voices::render(float* left, float* right, int samples, std::int64_t now) RT_SAFE {
  for (std::size_t i = 0; i < voice_count_; ++i) {
    if (voices_[i].active()) voices_[i].render(left, right, samples, now);
  }
}

}  // namespace rtsynth
