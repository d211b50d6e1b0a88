/// What a MIDI channel's controllers are set to, gliding.
#pragma once

#include <cstdint>

#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// MIDI controller numbers (MIDI 1.0 detailed specification, table III).
enum Controller : int {
  kModulation = 1,
  kDataEntry = 6,
  kVolume = 7,
  kPan = 10,
  kExpression = 11,
  kDataEntryLow = 38,
  kSustain = 64,
  kNrpnLow = 98,
  kNrpnHigh = 99,
  kRpnLow = 100,
  kRpnHigh = 101,
  kAllSoundOff = 120,
  kResetControllers = 121,
  kAllNotesOff = 123,
};

/// One channel. Notes are not its business: Voices looks after sustain and the channel modes.
class Channel {
 public:
  /// [control, stopped] General MIDI's defaults.
  void prepare(double rate_hz);
  /// [control, stopped] Everything stays as it is set.
  void set_rate(double rate_hz);

  /// [audio] A controller of this channel, 0..127.
  void control(int controller, int value) RT_SAFE;
  /// [audio] 0..16383, 8192 is the centre.
  void bend(int value) RT_SAFE;
  /// [audio] Semitones to either side, 0..96.
  void set_bend_range(float semitones) RT_SAFE;
  /// [audio] Controller 121: all but volume and pan (recommended practice RP-015).
  void reset_controllers() RT_SAFE;
  /// [audio] Glides on; `now` is the clock.
  void tick(std::int64_t now) RT_SAFE;

  /// [audio] Linear, by the square law of volume and expression.
  [[nodiscard]] float gain() const RT_SAFE { return gain_.value(); }
  /// [audio] -1 left .. 1 right.
  [[nodiscard]] float pan() const RT_SAFE { return pan_.value(); }
  /// [audio] Bend and vibrato, in semitones.
  [[nodiscard]] float pitch() const RT_SAFE { return pitch_; }
  [[nodiscard]] bool sustain() const RT_SAFE { return sustain_; }

  int timbre = 0;  // [audio] slot of new notes

 private:
  static constexpr int kNoRpn = 0x7F7F;
  void aim_gain() RT_SAFE;
  void aim_bend() RT_SAFE;
  void data_entry(int controller, int value) RT_SAFE;

  Glide gain_;
  Glide pan_;
  Glide bend_;        // semitones
  Glide modulation_;  // semitones of vibrato
  float pitch_ = 0.0F;
  float bend_position_ = 0.0F;  // -1..1
  float bend_range_ = 2.0F;     // semitones
  int volume_ = 100;
  int expression_ = 127;
  int rpn_ = kNoRpn;
  bool sustain_ = false;
  float level_part_ = 1.0F;
  float pitch_part_ = 1.0F;
  double radians_per_sample_ = 0.0;
};

}  // namespace rtsynth
