/// The pedals and switches of a channel, and the keys that are down.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "controllers.h"
#include "rt.h"

namespace rtsynth {

/// Where controllers 64 to 68 stand.
class Pedals {
 public:
  /// A sustain pedal moves the dampers between these two.
  static constexpr int kDampersDown = 32;
  static constexpr int kDampersUp = 96;

  /// [audio] kSustain..kLegato, 0..127.
  void control(int controller, int value) RT_SAFE {
    values_[static_cast<std::size_t>(controller - kSustain)] = static_cast<std::uint8_t>(value);
  }
  /// [audio] How much of its release a note falls by whose key is up: 0 none, 1 all of it. Half way
  /// down the dampers touch the strings lightly.
  [[nodiscard]] float damping() const RT_SAFE {
    const int value = at(kSustain);
    if (value <= kDampersDown) return 1.0F;
    if (value >= kDampersUp) return 0.0F;
    const float part = static_cast<float>(kDampersUp - value) / (kDampersUp - kDampersDown);
    return part * part;
  }
  [[nodiscard]] bool sostenuto() const RT_SAFE { return is_on(kSostenuto); }
  [[nodiscard]] bool portamento() const RT_SAFE { return is_on(kPortamento); }
  [[nodiscard]] bool legato() const RT_SAFE { return is_on(kLegato); }
  /// [audio] How far the soft pedal is down, 0..1.
  [[nodiscard]] float soft() const RT_SAFE { return static_cast<float>(at(kSoft)) / 127.0F; }

 private:
  [[nodiscard]] int at(int controller) const RT_SAFE {
    return values_[static_cast<std::size_t>(controller - kSustain)];
  }
  [[nodiscard]] bool is_on(int controller) const RT_SAFE { return at(controller) >= 64; }

  std::array<std::uint8_t, kLegato - kSustain + 1> values_{};
};

/// The keys that are down, in the order in which they were struck.
class HeldKeys {
 public:
  /// [audio] It comes last, also where it was down.
  void press(int key, float velocity) RT_SAFE {
    lift(key);
    keys_[count_++] = static_cast<std::uint8_t>(key);
    velocities_[static_cast<std::size_t>(key)] = velocity;
  }
  /// [audio]
  void lift(int key) RT_SAFE {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (keys_[i] != key) keys_[kept++] = keys_[i];
    }
    count_ = kept;
  }
  /// [audio]
  void lift_all() RT_SAFE { count_ = 0; }

  [[nodiscard]] std::size_t count() const RT_SAFE { return count_; }
  [[nodiscard]] int at(std::size_t place) const RT_SAFE { return keys_[place]; }
  /// [audio] The one struck last; there is one.
  [[nodiscard]] int last() const RT_SAFE { return keys_[count_ - 1]; }
  /// [audio] As it sounds, of a key that is down.
  [[nodiscard]] float velocity(int key) const RT_SAFE {
    return velocities_[static_cast<std::size_t>(key)];
  }

 private:
  std::array<std::uint8_t, 128> keys_{};
  std::array<float, 128> velocities_{};
  std::size_t count_ = 0;
};

}  // namespace rtsynth
