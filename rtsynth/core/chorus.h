/// The chorus that channels send to (controller 93).
#pragma once

#include <array>
#include <cstddef>

#include "delay_line.h"
#include "envelope.h"
#include "gate.h"
#include "mix.h"
#include "parameters.h"
#include "rt.h"

namespace rtsynth {

/// As in kParameters.
struct ChorusSettings {
  float rate_hz = info_of(Parameter::kChorusRate).preset;
  float depth_ms = info_of(Parameter::kChorusDepth).preset;
  float level = info_of(Parameter::kChorusLevel).preset;
};

/// Three taps of a delay line on each side whose delays swing, a third of a turn apart, so that
/// their detunes add up to none; the sides are a sixth of a turn apart. No feedback. Costs nothing
/// while nothing is sent (J. Dattorro, "Effect design, part 2", J. Audio Eng. Soc. 45, 1997).
class Chorus {
 public:
  static constexpr std::size_t kTaps = 3;

  /// [control, stopped] Silent; takes all memory that any setting needs.
  void prepare(double rate_hz, const ChorusSettings& settings);
  /// [audio] Glides there.
  void set(const ChorusSettings& settings) RT_SAFE;
  /// [audio] Silent within 5 ms, and deaf until what is kept is gone.
  void silence() RT_SAFE {
    if (active_) gate_.close();  // else nothing is kept, and what comes next would be shut out
  }
  /// [audio] At multiples of kTickSamples, before render().
  void tick() RT_SAFE;
  /// [audio] Adds to the mix; `index` counts from the tick.
  void render(MixBuses& mix, int index, int samples) RT_SAFE;
  /// [audio] Whether anything is left to be heard.
  [[nodiscard]] bool active() const RT_SAFE { return active_; }

 private:
  using Block = std::array<float, kTickSamples>;

  /// A delay from tick to tick: the cubic that has its values and slopes at both ends, for straight
  /// lines would be heard as a buzz of the ticks.
  struct Swing {
    float value = 0.0F;  // at the next tick, samples; the slope a tick
    float slope = 0.0F;
    std::array<float, 4> cubic{};
    void aim(float to, float to_slope) RT_SAFE;
    [[nodiscard]] float at(int index) const RT_SAFE;
  };
  struct Side {
    DelayLine line;
    std::array<Swing, kTaps> swings;
  };

  void swing() RT_SAFE;
  void process(const Bus& in, Bus& out, int index, int samples) RT_SAFE;
  void add_taps(const Side& side, Block& out, int index, int samples) const RT_SAFE;

  std::array<Side, 2> sides_;
  SincTable table_;
  Gate gate_;
  Glide speed_;  // Hz
  Glide depth_;  // samples
  Glide level_;
  GainRamp in_;  // gains
  GainRamp out_;
  std::array<int, kTaps> base_{};  // shortest delays, samples
  double phase_ = 0.0;             // turns
  double rate_hz_ = 48000.0;
  float glide_part_ = 1.0F;
  int longest_ticks_ = 0;  // that anything is kept
  int quiet_ticks_ = 0;    // since anything was
  bool kept_ = false;      // anything, since the tick
  bool active_ = false;
};

}  // namespace rtsynth
