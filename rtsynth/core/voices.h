/// All voices and channels: which note sounds where, and which has to go.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "channel.h"
#include "rt.h"
#include "voice.h"

namespace rtsynth {

inline constexpr int kChannels = 16;

/// Calls come at multiples of kTickSamples (tick) and at event borders (all others).
class Voices {
 public:
  /// [control, stopped] `polyphony` notes at once, and spare voices in which stolen ones fade.
  void prepare(int polyphony, const VoiceContext& context);
  /// [control, stopped] Ends all notes; channels stay as they are set.
  void set_rate(const VoiceContext& context);

  /// [audio] A channel message of MIDI, due at `due`, carried out at the clock's `now`.
  void message(int status, int data1, int data2, std::int64_t due, std::int64_t now) RT_SAFE;
  /// [audio]
  void set_timbre(int channel, int slot) RT_SAFE { at(channel).timbre = slot; }
  /// [audio]
  void set_bend_range(int channel, float semitones) RT_SAFE {
    at(channel).set_bend_range(semitones);
  }
  /// [audio] Silence within 5 ms, and controllers as at the start, timbres kept.
  void panic(std::int64_t now) RT_SAFE;
  /// [audio]
  void tick(std::int64_t now) RT_SAFE;
  /// [audio] Adds `samples` to both channels.
  void render(float* left, float* right, int samples, std::int64_t now) RT_SAFE;

 private:
  void note_on(int channel, int key, int velocity, std::int64_t due, std::int64_t now) RT_SAFE;
  void note_off(int channel, int key, std::int64_t now) RT_SAFE;
  void control(int channel, int controller, int value, std::int64_t now) RT_SAFE;
  void all_sound_off(int channel, std::int64_t now) RT_SAFE;
  void all_notes_off(int channel, std::int64_t now) RT_SAFE;
  void let_go(Voice& voice, std::int64_t now) RT_SAFE;
  void pedal_up(int channel, std::int64_t now) RT_SAFE;
  void steal_one(std::int64_t now) RT_SAFE;
  [[nodiscard]] Voice& free_voice(std::int64_t now) RT_SAFE;
  [[nodiscard]] float worth(const Voice& voice, std::int64_t now) const RT_SAFE;
  [[nodiscard]] Channel& at(int channel) RT_SAFE {
    return channels_[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] const Channel& of(const Voice& voice) const RT_SAFE {
    return channels_[static_cast<std::size_t>(voice.note().channel)];
  }

  std::array<Channel, kChannels> channels_;
  std::unique_ptr<Voice[]> voices_;
  std::size_t voice_count_ = 0;
  int polyphony_ = 0;
  std::uint64_t serial_ = 0;
  double rate_hz_ = 48000.0;
  Counters* counters_ = nullptr;
};

}  // namespace rtsynth
