/// The voices that sound: which is free, which has to go, and what becomes of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "channels.h"
#include "rt.h"
#include "sends.h"
#include "units.h"
#include "voice.h"

namespace rtsynth {

inline constexpr int kMostPolyphony = 4096;

/// What every event asks of every sounding voice, kept apart from the voices, which are large.
struct Sounding {
  /// kHeld: its key is up, and a pedal keeps the dampers off it, or nearly so.
  enum class State : std::uint8_t { kDown, kHeld, kReleased, kFading };

  Voice* voice = nullptr;
  std::uint32_t strike = 0;  // the voices that one key set off share it
  float damping = 0.0F;      // kHeld: the part of its release by which it falls, 0..1
  std::uint16_t unit = 0;
  std::uint8_t channel = 0;
  std::uint8_t key = 0;  // as played
  std::uint8_t layer = 0;
  State state = State::kDown;
  bool away = false;  // its unit is: the voice follows its state when it comes back

  /// [audio] By its key or by a pedal.
  [[nodiscard]] bool is_held() const RT_SAFE {
    return state == State::kDown || state == State::kHeld;
  }
};

/// Calls come at multiples of kTickSamples (tick) and at event borders (all others). What they cost
/// grows with the voices that sound, whatever the polyphony.
class VoiceList {
 public:
  /// [control, stopped] `polyphony` voices at once, and spare ones in which stolen ones fade;
  /// `threads` render beside the audio thread where many sound. `channels` outlive the list.
  void prepare(int polyphony, int threads, const VoiceContext& context, const Channels& channels);
  /// [control, stopped] Ends all notes.
  void set_rate(const VoiceContext& context);

  /// [audio] Steals until `wanted` voices may start; returns how many may: not more than there are.
  [[nodiscard]] std::size_t make_room(std::size_t wanted, std::int64_t now) RT_SAFE;
  /// [audio] A voice begins. The voices of a strike are started one after the other.
  void start(const NoteOn& note, const Sounding& as, std::int64_t now) RT_SAFE;
  /// [audio] Its key is up, and of its release it falls by a part (0..1, less than 1).
  void hold(Sounding& note, std::int64_t now, float damping) RT_SAFE;
  /// [audio] `speed` times as fast as its take says.
  void release(Sounding& note, std::int64_t now, float speed = 1.0F) RT_SAFE;
  /// [audio] It sounds on under another key (`place` is where), and is down. Not one that is away.
  void move(Sounding& note, int key, int sounding_key, const KeyPlace& place, double seconds,
            std::int64_t now) RT_SAFE;
  /// [audio] Its key is struck again: the old sound goes quickly.
  void strike_again(Sounding& note, std::int64_t now) RT_SAFE;
  /// [audio] Silent in a few milliseconds.
  void sound_off(Sounding& note, std::int64_t now) RT_SAFE;
  /// [audio] In the order of their starts.
  [[nodiscard]] std::span<Sounding> sounding() RT_SAFE {
    visits_ += static_cast<std::int64_t>(count_);
    return {list_.get(), count_};
  }

  /// [audio]
  void tick(std::int64_t now) RT_SAFE;
  /// [audio] Adds `samples`, and what they send.
  void render(MixBuses& mix, const Sends& sends, int samples, std::int64_t now) RT_SAFE;
  /// [audio] Whether a voice lacks frames that the next `samples` would play.
  [[nodiscard]] bool lacks(int samples) noexcept;
  /// [audio, offline] Lets those voices ask for them once more.
  void insist(int samples) noexcept;
  [[nodiscard]] Units& units() RT_SAFE { return units_; }
  /// [audio] How many voices were looked at since the start, for tests.
  [[nodiscard]] std::int64_t visits() const RT_SAFE { return visits_; }

 private:
  void fade(Sounding& note, std::int64_t now, double seconds) RT_SAFE;
  [[nodiscard]] int steal(std::int64_t now) RT_SAFE;
  [[nodiscard]] const Sounding* least_missed(std::int64_t now) RT_SAFE;
  void take_back(std::int64_t now) RT_SAFE;
  [[nodiscard]] Sounding& free_voice(std::int64_t now) RT_SAFE;
  [[nodiscard]] float worth(const Sounding& note, std::int64_t now) const RT_SAFE;
  [[nodiscard]] const Channel& channel_of(const Sounding& note) const RT_SAFE {
    return channels_->at(note.channel);
  }

  const Channels* channels_ = nullptr;
  std::unique_ptr<Voice[]> voices_;
  std::unique_ptr<Sounding[]> list_;  // those that sound, then free ones
  std::size_t count_ = 0;             // that sound
  std::size_t voice_count_ = 0;
  int polyphony_ = 0;
  std::int64_t visits_ = 0;
  double rate_hz_ = 48000.0;
  Counters* counters_ = nullptr;
  Units units_;  // the last: its workers end before the voices
};

}  // namespace rtsynth
