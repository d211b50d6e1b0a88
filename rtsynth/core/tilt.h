/// A spectrum that is tilted about its fundamental.
#pragma once

#include "kernels.h"
#include "rt.h"

namespace rtsynth {

/// Adds so many dB an octave to a note's levels: a partial lies as many octaves above the first as
/// its number says, a noise band as its middle does. In the level domain, in the steps of frames.
class Tilt {
 public:
  /// [control, stopped]
  void prepare(const Kernels& kernels);

  /// [audio] Begins with the note `f0_hz`, whose own weights `shade` are there until the next.
  void start(const Amplitudes& shade, double f0_hz) RT_SAFE {
    shade_ = &shade;
    f0_hz_ = f0_hz;
    made_for_ = 0.0F;
  }
  /// [audio] From the next weights() on.
  void set(float db_per_octave) RT_SAFE { db_per_octave_ = db_per_octave; }
  /// [audio] The note's weights with the tilt, linear: without one its own.
  [[nodiscard]] const float* weights() RT_SAFE {
    if (db_per_octave_ == 0.0F) return shade_->data();
    if (db_per_octave_ != made_for_) make();
    return tilted_.data();
  }

 private:
  void make() RT_SAFE;

  alignas(kAlign) Amplitudes tilted_{};
  const Amplitudes* shade_ = nullptr;
  const Amplitudes* octaves_ = nullptr;  // of partials above the first, of bands above 1 Hz
  const Kernels* kernels_ = nullptr;
  double f0_hz_ = 440.0;
  float db_per_octave_ = 0.0F;
  float made_for_ = 0.0F;  // 0: not made
};

}  // namespace rtsynth
