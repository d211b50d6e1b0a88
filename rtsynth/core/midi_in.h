/// MIDI that a JACK client or a plugin has with a block, as events of the engine; and what was
/// played on its way to Python, which follows it.
///
/// For every message that is carried out at a sample: take(bytes, clock + due, event), and where
/// that is true set the event's `due` (samples from the block's first) and give it to the engine
/// with the block (BlockInput::events), in the order of the samples. What a host sets by automation
/// and MIDI has a controller for goes the same way: then Python follows it as it follows a
/// keyboard.
#pragma once

#include <cstdint>
#include <span>

#include "engine.h"
#include "heard.h"
#include "rt.h"

namespace rtsynth {

/// A program change is carried out here where Python has said which slot it brings (Programs); else
/// Python follows it a little later.
class MidiIn {
 public:
  /// [control, stopped] The engine outlives it; one a time feeds an engine.
  explicit MidiIn(Engine& engine) : engine_(engine) {}

  /// [audio] A message, whole, or a piece of system exclusive, which is played at `sample` of the
  /// clock. Python hears of it. False: nothing for the engine.
  [[nodiscard]] bool take(std::span<const unsigned char> bytes, std::int64_t sample,
                          Event& event) RT_SAFE;

 private:
  [[nodiscard]] bool take_sysex(std::span<const unsigned char> bytes, std::int64_t sample) RT_SAFE;
  void change_program(Event& event, Heard& heard) RT_SAFE;

  Engine& engine_;
  bool in_sysex_ = false;  // [audio] its last byte has not come yet
};

}  // namespace rtsynth
