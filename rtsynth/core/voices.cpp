#include "voices.h"

#include <algorithm>
#include <utility>

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

void Voices::prepare(int polyphony, int threads, const VoiceContext& context) {
  polyphony_ = polyphony;
  counters_ = context.counters;
  voice_count_ = static_cast<std::size_t>(polyphony + std::max(kLeastSpares, polyphony / 4));
  voices_ = std::make_unique<Voice[]>(voice_count_);
  list_ = std::make_unique<Sounding[]>(voice_count_);
  for (std::size_t i = 0; i < voice_count_; ++i) list_[i].voice = &voices_[i];
  channels_.prepare(context.rate_hz);
  units_.prepare(voice_count_, threads, *counters_);
  set_rate(context);
}

/// All voices are written to here: their memory is there before a note asks for it.
void Voices::set_rate(const VoiceContext& context) {
  units_.collect_all();
  rate_hz_ = context.rate_hz;
  for (const Sounding& note : sounding()) note.voice->stop();
  count_ = 0;
  for (std::size_t i = 0; i < voice_count_; ++i) voices_[i].prepare(context);
  channels_.set_rate(context.rate_hz);
  counters_->voices.set(0);
}

// TODO of this session: filled by those who build it.
void Voices::set_velocity(int, float) RT_SAFE {}
void Voices::set_layer(int, int, LayerField, float) RT_SAFE {}
void Voices::ignore(int, int, bool) RT_SAFE {}
void Voices::reset(std::int64_t now) RT_SAFE {
  for (int channel = 0; channel < kChannels; ++channel) all_sound_off(channel, now);
  channels_.reset();
}

void Voices::carry(int channel, int from, int to) RT_SAFE {
  for (Sounding& note : sounding()) {
    const bool held = note.state == State::kDown || note.state == State::kPedal;
    if (held && note.channel == channel) note.voice->carry(from, to);
  }
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
    case 0xA0:
      press_key(channel, data1, data2);
      break;
    case 0xB0:
      control(channel, data1, data2, now);
      break;
    case 0xD0:
      at(channel).press(data1);
      break;
    case 0xE0:
      at(channel).bend(data1 | data2 << 7);
      break;
    default:  // program changes come as events of their own
      break;
  }
}

void Voices::note_on(int channel, int key, int velocity, std::int64_t due,
                     std::int64_t now) RT_SAFE {
  if (!channels_.plays(channel, key)) return;
  settle(channel);
  int held = 0;
  for (Sounding& note : sounding()) {
    if (note.state == State::kFading) continue;
    ++held;
    if (note.channel == channel && note.key == key) strike_again(note, now);
  }
  if (held >= polyphony_) steal_one(now);
  counters_->notes.add();
  Sounding& note = free_voice(now);
  note.channel = static_cast<std::uint8_t>(channel);
  note.key = static_cast<std::uint8_t>(key);
  note.state = State::kDown;
  note.away = false;
  NoteOn start{channel, key, velocity, channels_.timbre(channel), due, serial_++};
  start.place = channels_.place(channel, key);
  note.voice->start(start, at(channel), now);
}

void Voices::note_off(int channel, int key, std::int64_t now) RT_SAFE {
  for (Sounding& note : sounding()) {
    if (note.state == State::kDown && note.channel == channel && note.key == key) let_go(note, now);
  }
}

/// The key is up: the note goes on while the pedal is down.
void Voices::let_go(Sounding& note, std::int64_t now) RT_SAFE {
  note.state = State::kPedal;
  if (!channels_.manager(note.channel).sustain()) release(note, now);
}

void Voices::pedal_up(int channel, std::int64_t now) RT_SAFE {
  for (Sounding& note : sounding()) {
    const bool mine = channels_.zones().manager_of(note.channel) == channel;
    if (note.state == State::kPedal && mine) release(note, now);
  }
}

void Voices::release(Sounding& note, std::int64_t now) RT_SAFE {
  note.state = State::kReleased;
  if (!note.away) note.voice->release(at(note.channel), now, 0.0F);
}

void Voices::strike_again(Sounding& note, std::int64_t now) RT_SAFE {
  note.state = note.away ? State::kFading : State::kReleased;
  if (!note.away) note.voice->release(at(note.channel), now, kRetriggerDbPerS);
}

void Voices::fade(Sounding& note, std::int64_t now, double seconds) RT_SAFE {
  note.state = State::kFading;
  if (!note.away) note.voice->fade(at(note.channel), now, seconds);
}

void Voices::control(int channel, int controller, int value, std::int64_t now) RT_SAFE {
  if (controller == kAllSoundOff) {
    all_sound_off(channel, now);
  } else if (controller >= kAllNotesOff) {  // 124..127 switch modes and mean all notes off as well
    all_notes_off(channel, now);
  } else if (controller == kResetControllers) {
    reset_controllers(channel);
  } else {
    follow(channels_.control(channel, controller, value), channel, now);
  }
  if (!at(channel).sustain()) pedal_up(channel, now);
}

void Voices::all_sound_off(int channel, std::int64_t now) RT_SAFE {
  for (Sounding& note : sounding()) {
    if (note.channel == channel) fade(note, now, kSoundOffFadeS);
  }
}

void Voices::all_notes_off(int channel, std::int64_t now) RT_SAFE {
  for (Sounding& note : sounding()) {
    if (note.state == State::kDown && note.channel == channel) let_go(note, now);
  }
}

void Voices::panic(std::int64_t now) RT_SAFE {
  for (int channel = 0; channel < kChannels; ++channel) {
    all_sound_off(channel, now);
    reset_controllers(channel);
  }
}

/// Of the voices that are not fading yet the one that will be missed least fades.
void Voices::steal_one(std::int64_t now) RT_SAFE {
  Sounding* victim = nullptr;
  float least = 0.0F;
  for (Sounding& note : sounding()) {
    if (note.state == State::kFading || note.away) continue;
    const float worth_now = worth(note, now);
    if (victim != nullptr && worth_now >= least) continue;
    victim = &note;
    least = worth_now;
  }
  if (victim == nullptr) return;
  fade(*victim, now, kStealFadeS);
  counters_->stolen.add();
}

/// Released and quiet ones first, then quiet and old ones.
float Voices::worth(const Sounding& note, std::int64_t now) const RT_SAFE {
  const bool released = note.state == State::kReleased;
  const double age_s = static_cast<double>(now - note.voice->onset()) / rate_hz_;
  const float level = age_s < kYoungS && !released ? kYoungWorth : note.voice->level(now);
  const float age = static_cast<float>(kAgeHalfS / (kAgeHalfS + age_s));
  return level * age * (released ? kReleasedWorth : 1.0F);
}

/// Only where more than the spare voices are fading at once the quietest of those is cut.
Voices::Sounding& Voices::free_voice(std::int64_t now) RT_SAFE {
  if (count_ < voice_count_) return list_[count_++];
  Sounding* quietest = nullptr;
  float least = 0.0F;
  for (Sounding& note : sounding()) {
    if (note.away) continue;
    const float level = note.state == State::kFading ? note.voice->level(now) : 1e6F;
    if (quietest != nullptr && level >= least) continue;
    quietest = &note;
    least = level;
  }
  quietest->voice->stop();  // not null: Units::kLeastVoices
  return *quietest;
}

/// Voices that ended leave the list, the others keep their order.
void Voices::tick(std::int64_t now) RT_SAFE {
  channels_.tick();
  aim_sends();
  std::size_t kept = 0;
  for (Sounding& note : sounding()) {
    if (!note.away) note.voice->tick(at(note.channel), now);
    if (note.away || note.voice->active()) std::swap(list_[kept++], note);
  }
  count_ = kept;
  counters_->voices.set(static_cast<std::int64_t>(kept));
}

bool Voices::lacks(int samples) noexcept {
  const std::span<Sounding> all = sounding();
  return std::any_of(all.begin(), all.end(), [samples](const Sounding& note) {
    return !note.away && note.voice->lacks(samples);
  });
}

/// What happened to the voices of a late unit while it was away is made up for.
void Voices::take_back(std::int64_t now) RT_SAFE {
  units_.collect();
  for (Sounding& note : sounding()) {
    if (!note.away || units_.away(note.unit)) continue;
    note.away = false;
    note.voice->resume(at(note.channel), now, now - units_.end(note.unit));
    if (note.state == State::kReleased && !note.voice->released()) release(note, now);
    if (note.state == State::kFading && !note.voice->fading()) fade(note, now, kSoundOffFadeS);
  }
}

void Voices::render(MixBuses& mix, int samples, std::int64_t now) RT_SAFE {
  if (units_.late() != 0) take_back(now);
  units_.begin(samples, now);
  for (Sounding& note : sounding()) {
    if (!note.away) note.unit = units_.add(*note.voice, note.channel);
  }
  if (!units_.render(mix, sends_)) return;
  for (Sounding& note : sounding()) note.away = units_.away(note.unit);
}

}  // namespace rtsynth
