/// Closes a sound that has a memory, until the memory is gone.
#pragma once

#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// Open; closing within 5 ms, from the next tick on; shut for as many samples as are kept.
class Gate {
 public:
  /// [control, stopped] Open.
  void prepare(int kept_samples, double rate_hz) {
    shut_ticks_ = kept_samples / kTickSamples + 2;
    step_ = static_cast<float>(kTickSamples / (kCloseS * rate_hz));
    open_ = 1.0F;
    ticks_ = 0;
    closing_ = false;
  }
  /// [audio]
  void close() RT_SAFE { closing_ = ticks_ == 0; }
  /// [audio] At ticks.
  void tick() RT_SAFE {
    if (ticks_ > 0) {
      if (--ticks_ == 0) open_ = 1.0F;
      return;
    }
    if (!closing_) return;
    if (open_ <= 0.0F) {
      ticks_ = shut_ticks_;
      closing_ = false;
    } else {
      open_ = open_ > step_ ? open_ - step_ : 0.0F;
    }
  }
  /// [audio] The gain at the next tick.
  [[nodiscard]] float open() const RT_SAFE { return open_; }
  /// [audio] Silent: what is kept is to be forgotten.
  [[nodiscard]] bool shut() const RT_SAFE { return ticks_ > 0; }

 private:
  static constexpr double kCloseS = 0.005;
  int shut_ticks_ = 1;
  int ticks_ = 0;  // that it is shut for
  float step_ = 1.0F;
  float open_ = 1.0F;
  bool closing_ = false;
};

}  // namespace rtsynth
