/// What all channels share behind the mix: a chorus and a reverb, and their settings.
#pragma once

#include "chorus.h"
#include "mix.h"
#include "parameters.h"
#include "reverb.h"
#include "rt.h"

namespace rtsynth {

/// Calls come at multiples of kTickSamples (tick) and at event borders (all others).
class Effects {
 public:
  /// [control, stopped] Silent, settings stay.
  void prepare(double rate_hz) {
    reverb_.prepare(rate_hz, room_);
    chorus_.prepare(rate_hz, ensemble_);
  }
  /// [audio] One of the reverb's or the chorus's parameters; all others are ignored.
  void set(Parameter parameter, float value) RT_SAFE {
    float* setting = find(parameter);
    if (setting == nullptr) return;
    *setting = value;
    reverb_.set(room_);
    chorus_.set(ensemble_);
  }
  /// [audio] Whether anything is left to be heard.
  [[nodiscard]] bool active() const RT_SAFE { return reverb_.active() || chorus_.active(); }
  /// [audio] Silence within 5 ms.
  void silence() RT_SAFE {
    reverb_.silence();
    chorus_.silence();
  }
  /// [audio]
  void tick() RT_SAFE {
    reverb_.tick();
    chorus_.tick();
  }
  /// [audio] Adds what comes back to the mix; `index` counts from the tick.
  void render(MixBuses& mix, int index, int samples) RT_SAFE {
    reverb_.render(mix, index, samples);
    chorus_.render(mix, index, samples);
  }

 private:
  [[nodiscard]] float* find(Parameter parameter) RT_SAFE {
    switch (parameter) {
      case Parameter::kReverbTime:
        return &room_.time_s;
      case Parameter::kReverbSize:
        return &room_.size;
      case Parameter::kReverbDamping:
        return &room_.damping;
      case Parameter::kReverbDelay:
        return &room_.delay_ms;
      case Parameter::kReverbLevel:
        return &room_.level;
      case Parameter::kChorusRate:
        return &ensemble_.rate_hz;
      case Parameter::kChorusDepth:
        return &ensemble_.depth_ms;
      case Parameter::kChorusLevel:
        return &ensemble_.level;
      default:
        return nullptr;
    }
  }

  ReverbSettings room_;
  ChorusSettings ensemble_;
  Reverb reverb_;
  Chorus chorus_;
};

}  // namespace rtsynth
