/// The keyboard of a channel, beside its sound: keys, pedals, layers, and how its notes follow each
/// other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "controllers.h"
#include "layers.h"
#include "pedals.h"
#include "rt.h"

namespace rtsynth {

/// Voices does with it what MIDI asks.
struct Keyboard {
  static constexpr int kNone = -1;

  Pedals pedals;
  HeldKeys keys;
  Layers layers;
  bool mono = false;                       // one note at a time (126, 127)
  int last_key = kNone;                    // that was struck
  int portamento_from = kNone;             // of the next note alone (84)
  std::array<std::uint8_t, 128> caught{};  // by key: the channel of the sostenuto pedal, and 1
  std::array<bool, 128> ignored{};         // controllers that mean something else
  std::array<bool, 128> retuned{};         // keys whose notes follow a new tuning at the next tick

  [[nodiscard]] bool is_caught(int key) const RT_SAFE {
    return caught[static_cast<std::size_t>(key)] != 0;
  }
  /// [audio] The keys that are down now are held by the sostenuto pedal of a channel.
  void be_caught(int by) RT_SAFE {
    for (std::size_t i = 0; i < keys.count(); ++i) {
      std::uint8_t& key = caught[static_cast<std::size_t>(keys.at(i))];
      if (key == 0) key = static_cast<std::uint8_t>(by + 1);
    }
  }
  /// [audio] That pedal is up.
  void be_let_go(int by) RT_SAFE {
    const auto pedal = static_cast<std::uint8_t>(by + 1);
    for (std::uint8_t& key : caught) key = key == pedal ? std::uint8_t{0} : key;
  }
  /// [audio] Nothing is held, no pedal is down; layers and mode stay.
  void lift_all() RT_SAFE {
    lift_pedals();
    keys.lift_all();
    caught = {};
    last_key = kNone;
  }
  /// [audio]
  void lift_pedals() RT_SAFE {
    pedals = {};
    portamento_from = kNone;
  }
  /// [audio] Whether a controller was learned as something else. What ends notes stays what it is.
  [[nodiscard]] bool ignores(int controller) const RT_SAFE {
    return controller != kAllSoundOff && controller != kAllNotesOff &&
           ignored[static_cast<std::size_t>(controller)];
  }
  [[nodiscard]] bool one_note() const RT_SAFE { return mono || pedals.legato(); }
};

}  // namespace rtsynth
