/// What a key sets off: the layers of a channel, and the velocity curve.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "contract.h"
#include "parameters.h"
#include "rt.h"

namespace rtsynth {

inline constexpr int kHighestKey = 127;

/// One sound of a channel: where on the keyboard it lies, and how it is mixed.
struct Layer {
  static constexpr int kOff = -1;
  static constexpr float kMostGain = 16.0F;  // 24 dB

  int slot = kOff;
  int low_key = 0;
  int high_key = kHighestKey;
  int low_velocity = 1;
  int high_velocity = 127;
  int transpose = 0;  // semitones
  float gain = 1.0F;  // linear
  float pan = 0.0F;   // -1..1, added to the channel's

  /// [audio] Whether a key as it is played, at a velocity as it sounds, has a note here.
  [[nodiscard]] bool plays(int key, float velocity) const RT_SAFE {
    const int whole = static_cast<int>(velocity + 0.5F);
    const int sounding = key + transpose;
    return slot != kOff && key >= low_key && key <= high_key && whole >= low_velocity &&
           whole <= high_velocity && sounding >= 0 && sounding <= kHighestKey;
  }
};

/// The layers of a channel. The first is on, and plays the channel's own timbre.
class Layers {
 public:
  Layers() noexcept { layers_[0].slot = 0; }

  /// [audio] What lies outside its range (parameters.h) is taken into it.
  void set(int layer, LayerField field, float value) RT_SAFE {
    Layer& it = layers_[static_cast<std::size_t>(layer)];
    switch (field) {
      case LayerField::kSlot:
        it.slot = whole(value, Layer::kOff, int{kTimbreSlots} - 1);
        break;
      case LayerField::kLowKey:
        it.low_key = whole(value, 0, kHighestKey);
        break;
      case LayerField::kHighKey:
        it.high_key = whole(value, 0, kHighestKey);
        break;
      case LayerField::kLowVelocity:
        it.low_velocity = whole(value, 1, 127);
        break;
      case LayerField::kHighVelocity:
        it.high_velocity = whole(value, 1, 127);
        break;
      case LayerField::kTranspose:
        it.transpose = whole(value, -kHighestKey, kHighestKey);
        break;
      case LayerField::kGain:
        it.gain = std::clamp(value, 0.0F, Layer::kMostGain);
        break;
      case LayerField::kPan:
        it.pan = std::clamp(value, -1.0F, 1.0F);
        break;
    }
  }
  [[nodiscard]] const Layer& at(int layer) const RT_SAFE {
    return layers_[static_cast<std::size_t>(layer)];
  }

 private:
  static int whole(float value, int low, int high) RT_SAFE {
    return static_cast<int>(std::clamp(value, static_cast<float>(low), static_cast<float>(high)));
  }

  std::array<Layer, kLayers> layers_{};
};

/// What a velocity sounds like: at first itself.
class VelocityCurve {
 public:
  VelocityCurve() noexcept {
    for (std::size_t i = 0; i < points_.size(); ++i) points_[i] = static_cast<float>(i);
  }
  /// [audio] `played` is 0..127; `sounding` is taken into 1..127.
  void set(int played, float sounding) RT_SAFE {
    points_[static_cast<std::size_t>(played)] = std::clamp(sounding, 1.0F, 127.0F);
  }
  [[nodiscard]] float at(int played) const RT_SAFE {
    return points_[static_cast<std::size_t>(played)];
  }

 private:
  std::array<float, 128> points_{};
};

}  // namespace rtsynth
