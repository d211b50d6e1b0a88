/// All voices and channels: which note sounds where, and which has to go.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "channels.h"
#include "parameters.h"
#include "rt.h"
#include "sends.h"
#include "units.h"
#include "voice.h"

namespace rtsynth {

inline constexpr int kMostPolyphony = 4096;

/// Calls come at multiples of kTickSamples (tick) and at event borders (all others). What they cost
/// grows with the voices that sound, whatever the polyphony.
class Voices {
 public:
  /// [control, stopped] `polyphony` notes at once, and spare voices in which stolen ones fade;
  /// `threads` render beside the audio thread where many sound.
  void prepare(int polyphony, int threads, const VoiceContext& context);
  /// [control, stopped] Ends all notes; channels stay as they are set.
  void set_rate(const VoiceContext& context);

  /// [audio] A channel message of MIDI, due at `due`, carried out at the clock's `now`.
  void message(int status, int data1, int data2, std::int64_t due, std::int64_t now) RT_SAFE;
  /// [audio]
  void set_timbre(int channel, int slot) RT_SAFE { channels_.set_timbre(channel, slot); }
  /// [audio] The slot that a program change brings.
  void set_program(int channel, int slot) RT_SAFE { channels_.set_program(channel, slot); }
  /// [audio] A channel's notes that are held in a slot go on in another, once takes are there.
  void carry(int channel, int from, int to) RT_SAFE;
  /// [audio]
  void set_bend_range(int channel, float semitones) RT_SAFE {
    channels_.set_bend_range(channel, semitones);
  }
  /// [audio] A parameter of a channel.
  void set_parameter(int channel, Parameter parameter, float value) RT_SAFE;
  /// [audio] A key sounds so many semitones higher; `live`: notes that sound follow.
  void tune(int channel, int key, float semitones, bool live, std::int64_t now) RT_SAFE;
  /// [audio] The velocity curve of all channels: what a velocity (1..127) sounds like.
  void set_velocity(int played, float sounding) RT_SAFE;
  /// [audio]
  void set_layer(int channel, int layer, LayerField field, float value) RT_SAFE;
  /// [audio] A controller that somebody else has made his own; its meaning here is gone.
  void ignore(int channel, int controller, bool on) RT_SAFE;
  /// [audio] What MIDI set is as at the start, timbres, layers, tuning and curve kept; notes end.
  void reset(std::int64_t now) RT_SAFE;
  /// [audio] Silence within 5 ms, and controllers as at the start, timbres kept.
  void panic(std::int64_t now) RT_SAFE;
  /// [audio]
  void tick(std::int64_t now) RT_SAFE;
  /// [audio] Adds `samples`, and what they send.
  void render(MixBuses& mix, int samples, std::int64_t now) RT_SAFE;
  [[nodiscard]] const Sends& sends() const RT_SAFE { return sends_; }
  [[nodiscard]] const Channels& channels() const RT_SAFE { return channels_; }
  /// [audio] Whether a voice lacks frames that the next `samples` would play.
  [[nodiscard]] bool lacks(int samples) noexcept;
  [[nodiscard]] Units& units() RT_SAFE { return units_; }

  /// [audio] How many voices were looked at since the start, for tests.
  [[nodiscard]] std::int64_t visits() const RT_SAFE { return visits_; }

 private:
  static constexpr int kEveryKey = -1;
  enum class State : std::uint8_t { kDown, kPedal, kReleased, kFading };
  /// What every event asks of every sounding voice, kept apart from the voices, which are large.
  struct Sounding {
    Voice* voice = nullptr;
    std::uint16_t unit = 0;
    std::uint8_t channel = 0;
    std::uint8_t key = 0;
    State state = State::kDown;
    bool away = false;  // its unit is: the voice follows its state when it comes back
  };

  void note_on(int channel, int key, int velocity, std::int64_t due, std::int64_t now) RT_SAFE;
  void note_off(int channel, int key, std::int64_t now) RT_SAFE;
  void control(int channel, int controller, int value, std::int64_t now) RT_SAFE;
  void all_sound_off(int channel, std::int64_t now) RT_SAFE;
  void all_notes_off(int channel, std::int64_t now) RT_SAFE;
  void let_go(Sounding& note, std::int64_t now) RT_SAFE;
  void press_key(int channel, int key, int value) RT_SAFE;
  void retune(int channel, int key, std::int64_t now) RT_SAFE;
  void settle(int channel) RT_SAFE;
  void reset_controllers(int channel) RT_SAFE;
  void follow(Channels::Change change, int channel, std::int64_t now) RT_SAFE;
  void pedal_up(int channel, std::int64_t now) RT_SAFE;
  void strike_again(Sounding& note, std::int64_t now) RT_SAFE;
  void release(Sounding& note, std::int64_t now) RT_SAFE;
  void fade(Sounding& note, std::int64_t now, double seconds) RT_SAFE;
  void steal_one(std::int64_t now) RT_SAFE;
  void take_back(std::int64_t now) RT_SAFE;
  [[nodiscard]] Sounding& free_voice(std::int64_t now) RT_SAFE;
  [[nodiscard]] float worth(const Sounding& note, std::int64_t now) const RT_SAFE;
  [[nodiscard]] std::span<Sounding> sounding() RT_SAFE {
    visits_ += static_cast<std::int64_t>(count_);
    return {list_.get(), count_};
  }
  [[nodiscard]] Channel& at(int channel) RT_SAFE { return channels_.at(channel); }
  void aim_sends() RT_SAFE {
    for (int channel = 0; channel < kChannels; ++channel) {
      const Expression& heard = at(channel).heard();
      sends_.aim(channel, {heard.reverb, heard.chorus});
    }
  }

  Channels channels_;
  Sends sends_;
  std::unique_ptr<Voice[]> voices_;
  std::unique_ptr<Sounding[]>
      list_;               // those that sound, in the order of their starts, then free ones
  std::size_t count_ = 0;  // that sound
  std::size_t voice_count_ = 0;
  int polyphony_ = 0;
  std::uint64_t serial_ = 0;
  std::int64_t visits_ = 0;
  double rate_hz_ = 48000.0;
  Counters* counters_ = nullptr;
  Units units_;  // the last: its workers end before the voices
};

}  // namespace rtsynth
