/// What each channel sends to the effects.
#pragma once

#include <array>
#include <cstddef>

#include "mix.h"
#include "parameters.h"
#include "rt.h"

namespace rtsynth {

/// Levels that are known a tick ahead, and straight lines between.
class Sends {
 public:
  /// [audio] At multiples of kTickSamples: what a channel sends at the next.
  void aim(int channel, const SendLevels& levels) RT_SAFE {
    const auto c = static_cast<std::size_t>(channel);
    lines_[c] = {line(next_[c].reverb, levels.reverb), line(next_[c].chorus, levels.chorus)};
    next_[c] = levels;
  }
  /// [audio] What a channel on which nothing sounds sends from now on, without a line to it.
  void set(int channel, const SendLevels& levels) RT_SAFE {
    const auto c = static_cast<std::size_t>(channel);
    next_[c] = levels;
    lines_[c] = {line(levels.reverb, levels.reverb), line(levels.chorus, levels.chorus)};
  }
  /// [audio] At the next tick.
  [[nodiscard]] const SendLevels& next(std::size_t channel) const RT_SAFE { return next_[channel]; }
  /// [audio] Since the last tick.
  [[nodiscard]] const SendLines& lines(std::size_t channel) const RT_SAFE {
    return lines_[channel];
  }

 private:
  [[nodiscard]] static GainRamp line(float from, float to) RT_SAFE {
    return {from, (to - from) / static_cast<float>(kTickSamples)};
  }

  std::array<SendLevels, kChannels> next_{};
  std::array<SendLines, kChannels> lines_{};
};

}  // namespace rtsynth
