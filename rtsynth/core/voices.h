/// All channels and their notes: which note sounds where, and when it ends.
#pragma once

#include <array>
#include <cstdint>

#include "channels.h"
#include "keyboard.h"
#include "parameters.h"
#include "rt.h"
#include "sends.h"
#include "voice_list.h"

namespace rtsynth {

/// Calls come at multiples of kTickSamples (tick) and at event borders (all others). What they cost
/// grows with the voices that sound, whatever the polyphony.
class Voices {
 public:
  /// [control, stopped] As VoiceList::prepare.
  void prepare(int polyphony, int threads, const VoiceContext& context);
  /// [control, stopped] Ends all notes; channels stay as they are set.
  void set_rate(const VoiceContext& context);

  /// [control, stopped] After set_rate(): keys and pedals are up, and notes are counted anew.
  void restart(std::int64_t now);

  /// [audio] A channel message of MIDI, its data 0..127, due at `due`, carried out at the clock's
  /// `now`.
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
  /// [audio] A key sounds so many semitones higher; `live`: notes that sound follow from the next
  /// tick on.
  void tune(int channel, int key, float semitones, bool live) RT_SAFE;
  /// [audio] The velocity curve of all channels: what a velocity (1..127) sounds like.
  void set_velocity(int played, float sounding) RT_SAFE { curve_.set(played, sounding); }
  /// [audio] Of the notes of one key, held, as it is played.
  void express(int channel, int key, NoteField field, float value, std::int64_t now) RT_SAFE;
  /// [audio] Of notes that are struck from then on.
  void set_layer(int channel, int layer, LayerField field, float value) RT_SAFE {
    keyboard(channel).layers.set(layer, field, value);
  }
  /// [audio] A controller that somebody else has made his own; its meaning here is gone.
  void ignore(int channel, int controller, bool on, std::int64_t now) RT_SAFE;
  /// [audio] What MIDI set is as at the start, timbres, layers, tuning and curve kept; notes end.
  void reset(std::int64_t now) RT_SAFE;
  /// [audio] The same, but MPE's zones stay.
  void reset_in_zones(std::int64_t now) RT_SAFE;
  /// [audio] Silence within 5 ms, and controllers as at the start, timbres kept.
  void panic(std::int64_t now) RT_SAFE;
  /// [audio]
  void tick(std::int64_t now) RT_SAFE;
  /// [audio] Adds `samples`, and what they send.
  void render(MixBuses& mix, int samples, std::int64_t now) RT_SAFE {
    list_.render(mix, sends_, samples, now);
  }
  [[nodiscard]] const Sends& sends() const RT_SAFE { return sends_; }
  [[nodiscard]] const Channels& channels() const RT_SAFE { return channels_; }
  using Takes = std::array<TakeId, kLayers>;
  /// [audio] The takes that a key, 0..127, of a velocity as played, 1..127, would begin on; returns
  /// how many. `channels` are ahead of these.
  [[nodiscard]] std::size_t takes_of(const Channels& channels, int channel, int key, int velocity,
                                     Takes& takes) const RT_SAFE;
  /// [audio] Whether a voice lacks frames that the next `samples` would play.
  [[nodiscard]] bool lacks(int samples) noexcept { return list_.lacks(samples); }
  /// [audio, offline] Lets those voices ask for them once more.
  void insist(int samples) noexcept { list_.insist(samples); }
  [[nodiscard]] Units& units() RT_SAFE { return list_.units(); }
  /// [audio] How many voices were looked at since the start, for tests.
  [[nodiscard]] std::int64_t visits() const RT_SAFE { return list_.visits(); }

 private:
  /// What a note-on asks for.
  struct Strike {
    int channel = 0;
    int key = 60;
    float velocity = 64.0F;  // as it sounds
    std::int64_t due = 0;
    float glide_from = 0.0F;  // semitones from the key's own pitch
  };
  using LayerSet = std::array<bool, kLayers>;

  void note_on(int channel, int key, int velocity, std::int64_t due, std::int64_t now) RT_SAFE;
  void note_off(int channel, int key, int velocity, std::int64_t now) RT_SAFE;
  void strike(const Strike& struck, const LayerSet& without, std::int64_t now) RT_SAFE;
  [[nodiscard]] bool sounds(const Strike& struck, const Layer& layer) const RT_SAFE {
    return layer.plays(struck.key, struck.velocity) &&
           channels_.plays(struck.channel, struck.key + layer.transpose);
  }
  [[nodiscard]] NoteOn note_of(const Strike& struck, int place) RT_SAFE;

  // voices_line.cpp
  [[nodiscard]] float glide_from(int channel, int key) RT_SAFE;
  [[nodiscard]] float semitones_to(int channel, int key, int other) const RT_SAFE;
  [[nodiscard]] bool glides(int channel) RT_SAFE;
  [[nodiscard]] int slurred_from(int channel, int key) RT_SAFE;
  void make_way(int channel, int key, int slurred, std::int64_t now) RT_SAFE;
  [[nodiscard]] bool slur(const Strike& struck, int from, std::int64_t now) RT_SAFE;
  [[nodiscard]] bool return_from(int channel, int key, std::int64_t now) RT_SAFE;

  // voices_follow.cpp
  void press_key(int channel, int key, int value) RT_SAFE;
  void retune(std::int64_t now) RT_SAFE;
  void settle(int channel) RT_SAFE;
  void settle_sends(int manager) RT_SAFE;
  void follow(Channels::Change change, int channel, std::int64_t now) RT_SAFE;

  // voices_holding.cpp
  void control(int channel, int controller, int value, std::int64_t now) RT_SAFE;
  void pedal(int channel, int controller, int value, std::int64_t now) RT_SAFE;
  void mode(int channel, int controller, std::int64_t now) RT_SAFE;
  void reset_controllers(int channel, std::int64_t now) RT_SAFE;
  void let_go_of_sostenuto(int channel) RT_SAFE;
  void lift_keys(int channel) RT_SAFE;
  void all_sound_off(int channel, std::int64_t now) RT_SAFE;
  void all_notes_off(int channel, std::int64_t now) RT_SAFE;
  void let_go(Sounding& note, std::int64_t now, float speed = 1.0F) RT_SAFE;
  void follow_pedals(std::int64_t now) RT_SAFE;
  [[nodiscard]] float damping(const Sounding& note) RT_SAFE;

  [[nodiscard]] Channel& at(int channel) RT_SAFE { return channels_.at(channel); }
  void aim_sends() RT_SAFE {
    for (int channel = 0; channel < kChannels; ++channel) {
      const Expression& heard = at(channel).heard();
      sends_.aim(channel, {heard.reverb, heard.chorus});
    }
  }

  [[nodiscard]] const Keyboard& keyboard(int channel) const RT_SAFE {
    return keyboards_[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] Keyboard& keyboard(int channel) RT_SAFE {
    return keyboards_[static_cast<std::size_t>(channel)];
  }
  /// The keyboard whose layers and pedals a channel's notes have: its manager's in a zone.
  [[nodiscard]] Keyboard& leading(int channel) RT_SAFE {
    return keyboard(channels_.zones().manager_of(channel));
  }

  Channels channels_;
  Sends sends_;
  std::array<Keyboard, kChannels> keyboards_;
  VelocityCurve curve_;
  bool retunes_ = false;      // keys of any channel were retuned
  std::uint64_t serial_ = 0;  // of notes
  std::uint32_t strike_ = 0;  // of keys
  Counters* counters_ = nullptr;
  VoiceList list_;  // the last: its workers end before the channels
};

}  // namespace rtsynth
