/// The room that channels send to (controller 91).
#pragma once

#include <array>
#include <cstdint>

#include "delay_network.h"
#include "diffuser.h"
#include "envelope.h"
#include "gate.h"
#include "mix.h"
#include "parameters.h"
#include "rt.h"

namespace rtsynth {

/// As in kParameters.
struct ReverbSettings {
  float time_s = info_of(Parameter::kReverbTime).preset;
  float size = info_of(Parameter::kReverbSize).preset;
  float damping = info_of(Parameter::kReverbDamping).preset;
  float delay_ms = info_of(Parameter::kReverbDelay).preset;
  float level = info_of(Parameter::kReverbLevel).preset;
};

/// A pre-delay and diffusion on each side, then a feedback delay network. A steady sound comes out
/// as loud as it went in, however long the reverberation. Costs nothing while nothing is sent and
/// the tail, which ends at -180 dB, is over.
class Reverb {
 public:
  /// [control, stopped] Silent; takes all memory that any setting needs.
  void prepare(double rate_hz, const ReverbSettings& settings);
  /// [audio] Glides or fades there.
  void set(const ReverbSettings& settings) RT_SAFE;
  /// [audio] Silent within 5 ms, and deaf until what is kept is gone, for a third of a second.
  void silence() RT_SAFE {
    if (active_) gate_.close();  // else nothing is kept, and what comes next would be shut out
  }
  /// [audio] At multiples of kTickSamples, before render().
  void tick() RT_SAFE;
  /// [audio] Adds to the mix; `index` counts from the tick.
  void render(MixBuses& mix, int index, int samples) RT_SAFE;
  /// [audio] Whether a tail is left.
  [[nodiscard]] bool active() const RT_SAFE { return active_; }

 private:
  using Block = Diffuser::Block;
  [[nodiscard]] Decay decay() const RT_SAFE;
  void process(const Bus& in, Bus& out, int index, int samples) RT_SAFE;

  std::array<Diffuser, 2> diffusers_;
  DelayNetwork network_;
  Gate gate_;
  Glide time_;  // log2 of seconds
  Glide damping_;
  Glide level_;
  float size_ = 0.0F;
  float delay_s_ = 0.0F;
  GainRamp in_;  // gains
  GainRamp out_;
  float glide_part_ = 1.0F;
  int longest_ticks_ = 0;  // that anything is kept
  int quiet_ticks_ = 0;    // since anything was
  bool kept_ = false;      // anything, since the tick
  bool active_ = false;
};

}  // namespace rtsynth
