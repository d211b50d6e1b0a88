/// Registered parameters of a channel: which one data entry means, and what they are set to.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "controllers.h"
#include "rt.h"

namespace rtsynth {

/// 14 bits each. What has no meaning here is left alone: other parameters, and all that are not
/// registered.
class Registered {
 public:
  static constexpr int kMiddle = 8192;
  static constexpr int kMostBendSemitones = 96;

  /// [audio] General MIDI's: 2 semitones of bend, in tune, 50 cents of vibrato.
  void reset() RT_SAFE {
    selected_ = kRpnNull;
    values_ = {2 << 7, kMiddle, kMiddle, 0, 0, 64};
  }
  /// [audio] Controllers 6, 38 and 96..101 mean something here. Returns the parameter that it set,
  /// or kRpnNull.
  int control(int controller, int value) RT_SAFE {
    switch (controller) {
      case kRpnHigh:
        selected_ = (selected_ & 0x7F) | value << 8;
        return kRpnNull;
      case kRpnLow:
        selected_ = (selected_ & 0x7F00) | value;
        return kRpnNull;
      case kNrpnLow:
      case kNrpnHigh:
        selected_ = kRpnNull;
        return kRpnNull;
      case kDataEntry:
      case kDataEntryLow:
      case kDataIncrement:
      case kDataDecrement:
        return enter(controller, value);
      default:
        return kRpnNull;
    }
  }
  /// [audio] In hundredths of a semitone, 0..9600.
  void set_bend_range(int cents) RT_SAFE {
    const int kept = std::clamp(cents, 0, 100 * kMostBendSemitones);
    values_[kRpnBendRange] = static_cast<std::uint16_t>(kept / 100 << 7 | kept % 100);
  }
  [[nodiscard]] float bend_range() const RT_SAFE {
    return std::min(static_cast<float>(bend_cents()) / 100.0F, float{kMostBendSemitones});
  }
  /// [audio] Coarse and fine tuning, semitones. The coarse one has no low byte.
  [[nodiscard]] float tuned() const RT_SAFE {
    const int coarse = (values_[kRpnCoarseTuning] >> 7) - 64;
    const int fine = values_[kRpnFineTuning] - kMiddle;
    return static_cast<float>(coarse) + static_cast<float>(fine) / float{kMiddle};
  }
  /// [audio] Semitones of a whole vibrato; its low byte counts 128ths (General MIDI 2).
  [[nodiscard]] float vibrato_range() const RT_SAFE {
    return static_cast<float>(values_[kRpnVibratoRange]) / 128.0F;
  }

 private:
  static constexpr std::size_t kCount = 6;
  static constexpr int kMost = 16383;

  int enter(int controller, int value) RT_SAFE {
    if (selected_ == kRpnZone) return controller == kDataEntry ? selected_ : int{kRpnNull};
    if (selected_ >= static_cast<int>(kCount)) return kRpnNull;
    std::uint16_t& it = values_[static_cast<std::size_t>(selected_)];
    if (controller == kDataEntry) {
      it = static_cast<std::uint16_t>(value << 7);
    } else if (controller == kDataEntryLow) {
      it = static_cast<std::uint16_t>((it & ~0x7F) | value);
    } else {
      step(controller == kDataIncrement ? 1 : -1);
    }
    return selected_;
  }
  /// By the recommended practice RP-018: the coarse tuning by a semitone, the bend range by a cent,
  /// the others by their smallest step.
  void step(int direction) RT_SAFE {
    if (selected_ == kRpnBendRange) return set_bend_range(bend_cents() + direction);
    std::uint16_t& it = values_[static_cast<std::size_t>(selected_)];
    const int size = selected_ == kRpnCoarseTuning ? 128 : 1;
    it = static_cast<std::uint16_t>(std::clamp(it + direction * size, 0, kMost));
  }
  [[nodiscard]] int bend_cents() const RT_SAFE {
    const int value = values_[kRpnBendRange];
    return 100 * (value >> 7) + std::min(value & 0x7F, 99);
  }

  int selected_ = kRpnNull;
  std::array<std::uint16_t, kCount> values_{};
};

}  // namespace rtsynth
