#include "voice_list.h"

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
constexpr float kNoWorth = -1.0F;        // of a voice that cannot be stolen

}  // namespace

void VoiceList::prepare(int polyphony, int threads, const VoiceContext& context,
                        const Channels& channels) {
  polyphony_ = polyphony;
  channels_ = &channels;
  counters_ = context.counters;
  voice_count_ = static_cast<std::size_t>(polyphony + std::max(kLeastSpares, polyphony / 4));
  voices_ = std::make_unique<Voice[]>(voice_count_);
  list_ = std::make_unique<Sounding[]>(voice_count_);
  for (std::size_t i = 0; i < voice_count_; ++i) list_[i].voice = &voices_[i];
  units_.prepare(voice_count_, threads, *counters_);
  set_rate(context);
}

/// All voices are written to here: their memory is there before a note asks for it.
void VoiceList::set_rate(const VoiceContext& context) {
  units_.collect_all();
  rate_hz_ = context.rate_hz;
  for (const Sounding& note : sounding()) note.voice->stop();
  count_ = 0;
  for (std::size_t i = 0; i < voice_count_; ++i) voices_[i].prepare(context);
  counters_->voices.set(0);
  counters_->held.set(0);
}

std::size_t VoiceList::make_room(std::size_t wanted, std::int64_t now) RT_SAFE {
  const int count = std::min(static_cast<int>(wanted), polyphony_);
  int over = count - polyphony_;
  for (const Sounding& note : sounding()) over += note.state != Sounding::State::kFading ? 1 : 0;
  while (over > 0) {
    const int gone = steal(now);
    if (gone == 0) break;
    over -= gone;
  }
  return static_cast<std::size_t>(count);
}

void VoiceList::start(const NoteOn& note, const Sounding& as, std::int64_t now) RT_SAFE {
  Sounding& place = free_voice(now);
  Voice* const voice = place.voice;
  place = as;
  place.voice = voice;
  voice->start(note, channel_of(place), now);
}

void VoiceList::hold(Sounding& note, std::int64_t now, float damping) RT_SAFE {
  const bool same = note.damping == damping;
  note.state = Sounding::State::kHeld;
  note.damping = damping;
  if (!note.away && !same) note.voice->damp(channel_of(note), now, damping);
}

void VoiceList::release(Sounding& note, std::int64_t now, float speed) RT_SAFE {
  note.state = Sounding::State::kReleased;
  if (!note.away) note.voice->release(channel_of(note), now, speed, 0.0F);
}

void VoiceList::move(Sounding& note, int key, int sounding_key, const KeyPlace& place,
                     double seconds, std::int64_t now) RT_SAFE {
  hold(note, now, 0.0F);
  note.state = Sounding::State::kDown;
  note.key = static_cast<std::uint8_t>(key);
  note.voice->move_to(sounding_key, place, seconds, now);
}

void VoiceList::strike_again(Sounding& note, std::int64_t now) RT_SAFE {
  note.state = note.away ? Sounding::State::kFading : Sounding::State::kReleased;
  if (!note.away) note.voice->release(channel_of(note), now, 1.0F, kRetriggerDbPerS);
}

void VoiceList::sound_off(Sounding& note, std::int64_t now) RT_SAFE {
  fade(note, now, kSoundOffFadeS);
}

void VoiceList::fade(Sounding& note, std::int64_t now, double seconds) RT_SAFE {
  note.state = Sounding::State::kFading;
  if (!note.away) note.voice->fade(channel_of(note), now, seconds);
}

/// The strike that will be missed least fades; returns how many voices it had.
int VoiceList::steal(std::int64_t now) RT_SAFE {
  const Sounding* const victim = least_missed(now);
  if (victim == nullptr) return 0;
  const std::uint32_t strike = victim->strike;
  int gone = 0;
  for (Sounding& note : sounding()) {
    if (note.strike != strike || note.state == Sounding::State::kFading) continue;
    fade(note, now, kStealFadeS);
    counters_->stolen.add();
    ++gone;
  }
  return gone;
}

/// Voices of one strike stand side by side, and are worth what the best of them is.
const Sounding* VoiceList::least_missed(std::int64_t now) RT_SAFE {
  const Sounding* victim = nullptr;
  float least = 0.0F;
  const std::span<Sounding> all = sounding();
  for (std::size_t i = 0; i < all.size();) {
    const Sounding& first = all[i];
    float best = kNoWorth;
    for (; i < all.size() && all[i].strike == first.strike; ++i) {
      if (all[i].state == Sounding::State::kFading || all[i].away) continue;
      best = std::max(best, worth(all[i], now));
    }
    if (best == kNoWorth || (victim != nullptr && best >= least)) continue;
    victim = &first;
    least = best;
  }
  return victim;
}

/// Released and quiet ones first, then quiet and old ones.
float VoiceList::worth(const Sounding& note, std::int64_t now) const RT_SAFE {
  const bool released = note.state == Sounding::State::kReleased;
  const double age_s = static_cast<double>(now - note.voice->onset()) / rate_hz_;
  const float level = age_s < kYoungS && !released ? kYoungWorth : note.voice->level(now);
  const float age = static_cast<float>(kAgeHalfS / (kAgeHalfS + age_s));
  return level * age * (released ? kReleasedWorth : 1.0F);
}

/// Only where more than the spare voices are fading at once the quietest of those is cut.
Sounding& VoiceList::free_voice(std::int64_t now) RT_SAFE {
  if (count_ < voice_count_) return list_[count_++];
  Sounding* quietest = nullptr;
  float least = 0.0F;
  for (Sounding& note : sounding()) {
    if (note.away) continue;
    const float level = note.state == Sounding::State::kFading ? note.voice->level(now) : 1e6F;
    if (quietest != nullptr && level >= least) continue;
    quietest = &note;
    least = level;
  }
  quietest->voice->stop();  // not null: Units::kLeastVoices
  return *quietest;
}

/// Voices that ended leave the list, the others keep their order.
void VoiceList::tick(std::int64_t now) RT_SAFE {
  std::size_t kept = 0;
  std::int64_t held = 0;
  for (Sounding& note : sounding()) {
    if (!note.away) note.voice->tick(channel_of(note), now);
    if (!note.away && !note.voice->active()) continue;
    held += note.is_held() ? 1 : 0;
    std::swap(list_[kept++], note);
  }
  count_ = kept;
  counters_->voices.set(static_cast<std::int64_t>(kept));
  counters_->held.set(held);
}

bool VoiceList::lacks(int samples) noexcept {
  const std::span<Sounding> all = sounding();
  return std::any_of(all.begin(), all.end(), [samples](const Sounding& note) {
    return !note.away && note.voice->lacks(samples);
  });
}

void VoiceList::insist(int samples) noexcept {
  for (const Sounding& note : sounding()) {
    if (!note.away) note.voice->insist(samples);
  }
}

/// What happened to the voices of a late unit while it was away is made up for.
void VoiceList::take_back(std::int64_t now) RT_SAFE {
  units_.collect();
  for (Sounding& note : sounding()) {
    if (!note.away || units_.away(note.unit)) continue;
    note.away = false;
    note.voice->resume(channel_of(note), now, now - units_.end(note.unit));
    if (note.state == Sounding::State::kHeld) note.voice->damp(channel_of(note), now, note.damping);
    if (note.state == Sounding::State::kReleased && !note.voice->released()) release(note, now);
    if (note.state == Sounding::State::kFading && !note.voice->fading()) sound_off(note, now);
  }
}

void VoiceList::render(MixBuses& mix, const Sends& sends, int samples, std::int64_t now) RT_SAFE {
  if (units_.late() != 0) take_back(now);
  units_.begin(samples, now);
  for (Sounding& note : sounding()) {
    if (!note.away) note.unit = units_.add(*note.voice, note.channel);
  }
  if (!units_.render(mix, sends)) return;
  for (Sounding& note : sounding()) note.away = units_.away(note.unit);
}

}  // namespace rtsynth
