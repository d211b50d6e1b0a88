/// The sums of a segment: what is heard at once, and what goes to the effects first.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "envelope.h"
#include "fold.h"
#include "rt.h"

namespace rtsynth {

/// Two sides of up to kTickSamples.
struct Bus {
  alignas(kAlign) std::array<float, kTickSamples> left;
  alignas(kAlign) std::array<float, kTickSamples> right;
  bool used = false;  // else it is silent

  /// [audio]
  void clear(int samples) RT_SAFE {
    std::fill_n(left.begin(), samples, 0.0F);
    std::fill_n(right.begin(), samples, 0.0F);
    used = false;
  }
  /// [audio]
  void add(const float* more_left, const float* more_right, int samples) RT_SAFE {
    for (int k = 0; k < samples; ++k) left[static_cast<std::size_t>(k)] += more_left[k];
    for (int k = 0; k < samples; ++k) right[static_cast<std::size_t>(k)] += more_right[k];
    used = true;
  }
  /// [audio] The same times a straight line; `index` is the first sample's in it.
  void add(const float* more_left, const float* more_right, const GainRamp& gain, int index,
           int samples) RT_SAFE {
    for (int k = 0; k < samples; ++k) {
      const float now = gain.at(index + k);
      left[static_cast<std::size_t>(k)] += now * more_left[k];
      right[static_cast<std::size_t>(k)] += now * more_right[k];
    }
    used = true;
  }
};

/// How much goes to each effect, linear.
struct SendLevels {
  float reverb = 0.0F;
  float chorus = 0.0F;
};

/// The same in straight lines.
struct SendLines {
  GainRamp reverb;
  GainRamp chorus;

  /// [audio] From where they are at `index` to the levels in `samples`.
  void aim(int index, const SendLevels& levels, int samples) RT_SAFE {
    reverb.aim(index, levels.reverb, samples);
    chorus.aim(index, levels.chorus, samples);
  }
};

/// What a segment adds up to.
struct MixBuses {
  Bus dry;
  Bus reverb;
  Bus chorus;

  /// [audio]
  void clear(int samples) RT_SAFE {
    dry.clear(samples);
    reverb.clear(samples);
    chorus.clear(samples);
  }
  /// [audio] A sound, and what it sends; `index` is the first sample's in the lines.
  void add(const float* left, const float* right, const SendLines& sends, int index,
           int samples) RT_SAFE {
    const auto open = [](const GainRamp& line)
                          RT_SAFE { return line.start != 0.0F || line.step != 0.0F; };
    dry.add(left, right, samples);
    if (open(sends.reverb)) reverb.add(left, right, sends.reverb, index, samples);
    if (open(sends.chorus)) chorus.add(left, right, sends.chorus, index, samples);
  }
};

}  // namespace rtsynth
