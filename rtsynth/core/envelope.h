/// Glides of controllers and of pitch, and a note's attack, release and fade.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "rt.h"

namespace rtsynth {

/// A value that approaches its target exponentially, once a tick.
class Glide {
 public:
  /// [audio] At once.
  void set(float value) RT_SAFE { value_ = target_ = value; }
  /// [audio] From the next tick on.
  void aim(float target) RT_SAFE { target_ = target; }
  /// [audio] `part` of the way (0..1); a millionth of full scale from the target it is there.
  void tick(float part) RT_SAFE {
    value_ += part * (target_ - value_);
    if (std::abs(target_ - value_) < 1e-6F) value_ = target_;
  }
  [[nodiscard]] float value() const RT_SAFE { return value_; }
  [[nodiscard]] float target() const RT_SAFE { return target_; }
  [[nodiscard]] bool still() const RT_SAFE { return value_ == target_; }

 private:
  float value_ = 0.0F;
  float target_ = 0.0F;
};

/// [any] The part of the way that a glide of time constant `seconds` goes in a tick.
[[nodiscard]] inline float glide_part(double seconds, double rate_hz) {
  return static_cast<float>(1.0 - std::exp(-kTickSamples / (seconds * rate_hz)));
}

/// A line over samples, known by their index.
struct Ramp {
  float begin = 0.0F;
  float step = 0.0F;
  [[nodiscard]] float at(int index) const RT_SAFE {
    return begin + step * static_cast<float>(index);
  }
};

/// A straight line between two ticks, evaluated by its index: the result does not depend on where
/// a block ends. Sample i (from 0) lies (i + 1) steps above the start, the last on the target.
struct GainRamp {
  float start = 0.0F;
  float step = 0.0F;

  /// [audio] From the value `index` samples into the ramp to `target` in `samples`.
  void aim(int index, float target, int samples) RT_SAFE {
    start += step * static_cast<float>(index);
    step = (target - start) / static_cast<float>(samples);
  }
  [[nodiscard]] float at(int index) const RT_SAFE {
    return start + step * static_cast<float>(index + 1);
  }
  /// [audio] The same with indices from 1.
  [[nodiscard]] Ramp line() const RT_SAFE { return {start, step}; }
};

/// A straight line between two samples of the clock; before and behind them it is flat.
class Line {
 public:
  /// [audio] At once, and from here on.
  void set(float value) RT_SAFE {
    from_ = to_ = value;
    begin_ = end_ = 0.0;
  }
  /// [audio] From where it is at `now` to `target` at `end`.
  void aim(float target, std::int64_t now, std::int64_t end) RT_SAFE {
    from_ = at(static_cast<double>(now));
    to_ = target;
    begin_ = static_cast<double>(now);
    end_ = static_cast<double>(end);
  }
  [[nodiscard]] bool flat() const RT_SAFE { return from_ == to_; }
  /// [audio] Where it leads to, and when it is there.
  [[nodiscard]] float target() const RT_SAFE { return to_; }
  [[nodiscard]] double end() const RT_SAFE { return end_; }
  [[nodiscard]] float at(double time) const RT_SAFE {
    if (time >= end_ || flat()) return to_;
    const auto part = static_cast<float>((time - begin_) / (end_ - begin_));
    return from_ + std::max(part, 0.0F) * (to_ - from_);
  }

 private:
  float from_ = 0.0F;
  float to_ = 0.0F;
  double begin_ = 0.0;  // samples of the clock, exact up to 2^53
  double end_ = 0.0;
};

/// Attack, release and fade of one note: a function of time alone.
class NoteEnvelope {
 public:
  /// [control, stopped]
  void prepare(double rate_hz) {
    rate_hz_ = rate_hz;
    attack_samples_ = static_cast<float>(kAttackS * rate_hz);
  }
  /// [audio] All times are samples of the engine's clock.
  void start(std::int64_t now) RT_SAFE {
    onset_ = now;
    released_ = false;
    fading_ = false;
    release_db_ = 0.0F;
    release_slope_ = 0.0F;
  }
  /// [audio] Falls by `db_per_s` (0: no further; never above) from `now`, on top of an earlier
  /// fall.
  void damp(std::int64_t now, float db_per_s) RT_SAFE {
    release_db_ = release_db(now);
    release_slope_ = db_per_s / static_cast<float>(rate_hz_);
    release_since_ = now;
  }
  /// [audio] The same, and for good.
  void release(std::int64_t now, float db_per_s) RT_SAFE {
    damp(now, db_per_s);
    released_ = true;
  }
  /// [audio] To nothing in `seconds`, however loud it is.
  void fade(std::int64_t now, double seconds) RT_SAFE {
    if (fading_) return;
    fading_ = true;
    fade_since_ = now;
    fade_samples_ = static_cast<float>(seconds * rate_hz_);
  }
  [[nodiscard]] bool released() const RT_SAFE { return released_; }
  [[nodiscard]] bool fading() const RT_SAFE { return fading_; }
  /// [audio] Linear gain of release and fade at `now`: never rises.
  [[nodiscard]] float fall(std::int64_t now) const RT_SAFE {
    const float fade = fading_ ? 1.0F - since(now, fade_since_) / fade_samples_ : 1.0F;
    if (release_db_ == 0.0F && release_slope_ == 0.0F) return std::max(fade, 0.0F);
    constexpr float kLog2PerDb = 0.166096405F;
    return std::max(fade, 0.0F) * std::exp2(kLog2PerDb * release_db(now));
  }
  /// [audio] Linear gain at `now`, the attack included.
  [[nodiscard]] float gain(std::int64_t now) const RT_SAFE {
    return std::min(since(now, onset_) / attack_samples_, 1.0F) * fall(now);
  }

 private:
  static constexpr double kAttackS = 0.001;  // long enough not to click, too short to be heard
  static constexpr float kLeastDb = -300.0F;

  static float since(std::int64_t now, std::int64_t then) RT_SAFE {
    return static_cast<float>(now - then);
  }
  [[nodiscard]] float release_db(std::int64_t now) const RT_SAFE {
    if (release_slope_ == 0.0F) return release_db_;
    return std::max(release_db_ + release_slope_ * since(now, release_since_), kLeastDb);
  }

  double rate_hz_ = 48000.0;
  float attack_samples_ = 48.0F;
  std::int64_t onset_ = 0;
  std::int64_t release_since_ = 0;
  std::int64_t fade_since_ = 0;
  float release_db_ = 0.0F;
  float release_slope_ = 0.0F;  // dB a sample
  float fade_samples_ = 1.0F;
  bool released_ = false;
  bool fading_ = false;
};

}  // namespace rtsynth
