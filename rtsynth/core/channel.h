/// What a MIDI channel's controllers are set to, gliding.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "controllers.h"
#include "envelope.h"
#include "parameters.h"
#include "registered.h"
#include "rt.h"

namespace rtsynth {

/// What notes hear of their channel, as of the last tick. The first three and the vibrato are its
/// manager's where the channel is a member of a zone, the others are combined (channel.cpp).
struct Expression {
  float gain = 1.0F;                   // linear, by the square law of volume and expression
  float pan = 0.0F;                    // -1 left .. 1 right
  float width = 1.0F;                  // of the stereo image, as parameters.h
  float reverb = 0.0F, chorus = 0.0F;  // sends, linear, 0..1
  float pressure_tilt = 0.0F, pressure_gain = 0.0F, pressure_vibrato = 0.0F;  // as parameters.h
  float pitch = 0.0F;          // of the bend, semitones
  float pressure = 0.0F;       // 0..1
  float tilt = 0.0F;           // dB an octave, of controller 74
  float bright_tilt = 0.0F;    // what that would add at its end
  float vibrato = 0.0F;        // semitones
  float vibrato_range = 0.0F;  // what the wheel would bring, semitones
  float vibrato_turn = 0.0F;   // 0..1, where it stands
  float vibrato_delay = 0.0F;  // samples from a note's onset on
  bool member = false;         // of a zone: a note that was let go leaves its own part as it was
};

/// One channel. Notes are not its business: Voices looks after pedals and the channel modes.
class Channel {
 public:
  /// [control, stopped] General MIDI's defaults.
  void prepare(double rate_hz);
  /// [control, stopped] Everything stays as it is set.
  void set_rate(double rate_hz);

  /// [audio] A controller of this channel, 0..127. Returns the registered parameter that it set,
  /// or kRpnNull.
  int control(int controller, int value) RT_SAFE;
  /// [audio] 0..16383, 8192 is the centre.
  void bend(int value) RT_SAFE;
  /// [audio] Channel pressure, 0..127.
  void press(int value) RT_SAFE;
  /// [audio] Semitones to either side, 0..96.
  void set_bend_range(float semitones) RT_SAFE;
  /// [audio] One of a channel's, within its range.
  void set_parameter(Parameter parameter, float value) RT_SAFE;
  /// [audio] A key sounds so many semitones above equal temperament.
  void tune(int key, float semitones) RT_SAFE {
    tuning_[static_cast<std::size_t>(key)] = semitones;
  }
  /// [audio] Controller 121, by the recommended practice RP-015: bend, pressure, the controllers
  /// that kControllers marks, and no parameter is selected.
  void reset_controllers() RT_SAFE;
  /// [audio] As General MIDI has it at the start. Timbre, tuning of keys and parameters stay.
  void reset() RT_SAFE;
  /// [audio] Nothing glides any more: for a channel on which nothing sounds.
  void settle() RT_SAFE;
  /// [audio] Glides on.
  void tick() RT_SAFE;
  /// [audio] After both were ticked: takes what a member of a zone has from its manager.
  void join(const Channel& manager) RT_SAFE;
  /// [audio] It is no member of a zone any more.
  void leave() RT_SAFE { hear(); }

  [[nodiscard]] const Expression& heard() const RT_SAFE { return heard_; }
  [[nodiscard]] float gain() const RT_SAFE { return heard_.gain; }
  [[nodiscard]] float pan() const RT_SAFE { return heard_.pan; }
  [[nodiscard]] float bend_range() const RT_SAFE { return registered_.bend_range(); }
  [[nodiscard]] float parameter(Parameter parameter) const RT_SAFE {
    return parameters_[static_cast<std::size_t>(parameter)];
  }
  /// [audio] Of a key, semitones above equal temperament.
  [[nodiscard]] float tuning(int key) const RT_SAFE {
    return tuning_[static_cast<std::size_t>(key)];
  }
  /// [audio] Coarse and fine tuning, semitones.
  [[nodiscard]] float tuned() const RT_SAFE { return registered_.tuned(); }
  /// [audio] How long a glide from key to key lasts (controllers 5 and 37): 5 ms to 5 s.
  [[nodiscard]] double portamento_s() const RT_SAFE;
  /// [audio] The time that a glide of a level takes (`part` of Glide::tick).
  [[nodiscard]] float level_part() const RT_SAFE { return level_part_; }
  /// [audio] The same of pitch.
  [[nodiscard]] float pitch_part() const RT_SAFE { return pitch_part_; }
  /// [control, stopped] Nothing glides, and the vibrato stands at its start.
  void restart() RT_SAFE {
    turn_ = 0.0;
    heard_.vibrato_turn = 0.0F;
    settle();
  }
  /// [audio] A controller, 0..1, by both of its bytes: a 7-bit value n is n / 127, what the low
  /// byte adds at the top end is left out.
  [[nodiscard]] float position(int controller) const RT_SAFE;

  int timbre = 0;       // [audio] slot of new notes
  int own_timbre = -1;  // [audio] the same as long as it is a member of a zone; -1: its manager's

 private:
  [[nodiscard]] float steps(int controller) const RT_SAFE;
  void follow(int controller) RT_SAFE;
  void aim_gain() RT_SAFE;
  void aim_bend() RT_SAFE;
  void aim_vibrato() RT_SAFE;
  void aim(Glide& glide, float target) RT_SAFE {
    glide.aim(target);
    moves_ = true;
  }
  [[nodiscard]] std::array<Glide*, 9> glides() RT_SAFE {
    return {&gain_, &pan_, &width_, &bend_, &vibrato_, &pressure_, &bright_, &reverb_, &chorus_};
  }
  void hear() RT_SAFE;

  Expression heard_;
  Glide gain_;
  Glide pan_;
  Glide width_;
  Glide bend_;      // semitones
  Glide vibrato_;   // semitones
  Glide pressure_;  // 0..1
  Glide bright_;    // -1..1
  Glide reverb_;    // sends, linear, 0..1
  Glide chorus_;
  std::array<std::uint8_t, 128> values_{};  // of the controllers
  Registered registered_;
  std::array<float, kChannelParameters> parameters_{};
  std::array<float, 128> tuning_{};  // of the keys, semitones
  float bend_position_ = 0.0F;       // -1..1
  bool moves_ = true;                // a glide is under way
  float level_part_ = 1.0F;
  float pitch_part_ = 1.0F;
  double rate_hz_ = 48000.0;
  double turn_ = 0.0;  // of the vibrato
  double turns_per_tick_ = 0.0;
};

}  // namespace rtsynth
