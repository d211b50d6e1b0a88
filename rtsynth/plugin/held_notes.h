/// The notes that a host holds down, by its own numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rt.h"

namespace rtsynth::plugin {

/// A key of a channel is held once, as in MIDI: struck again it has its new number.
class HeldNotes {
 public:
  static constexpr int kChannels = 16;
  static constexpr int kKeys = 128;
  static constexpr std::size_t kMost = std::size_t{kChannels} * kKeys;

  /// [control, stopped]
  HeldNotes() { lift_all(); }

  /// [audio] `number` as the host counts; any that is less than 0 is none.
  void press(int channel, int key, std::int32_t number) RT_SAFE {
    at(channel, key) = number < 0 ? kUnnumbered : number;
  }
  /// [audio]
  void lift(int channel, int key) RT_SAFE { at(channel, key) = kUp; }
  /// [audio]
  void lift_all() RT_SAFE { notes_.fill(kUp); }

  /// [audio] Calls `each(channel, key)` for the notes that are meant; -1 stands for any.
  template <class Each>
  void find(int channel, int key, std::int32_t number, const Each& each) const RT_SAFE {
    const int first = channel < 0 ? 0 : channel;
    const int last = channel < 0 ? kChannels - 1 : channel;
    for (int c = first; c <= last; ++c) {
      if (key >= 0) {
        if (is_meant(at(c, key), number)) each(c, key);
        continue;
      }
      for (int k = 0; k < kKeys; ++k) {
        if (is_meant(at(c, k), number)) each(c, k);
      }
    }
  }

 private:
  static constexpr std::int32_t kUp = -2;
  static constexpr std::int32_t kUnnumbered = -1;

  static bool is_meant(std::int32_t held, std::int32_t number) RT_SAFE {
    return held != kUp && (number < 0 || held == kUnnumbered || held == number);
  }
  [[nodiscard]] std::int32_t& at(int channel, int key) RT_SAFE {
    return notes_[static_cast<std::size_t>(channel * kKeys + key)];
  }
  [[nodiscard]] const std::int32_t& at(int channel, int key) const RT_SAFE {
    return notes_[static_cast<std::size_t>(channel * kKeys + key)];
  }

  std::array<std::int32_t, kMost> notes_{};
};

}  // namespace rtsynth::plugin
