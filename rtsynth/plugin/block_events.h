/// What a host sent, as events of the engine: notes, MIDI, and parameters by their homes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine.h"
#include "held_notes.h"
#include "host_parameters.h"
#include "instance.h"
#include "midi_in.h"
#include "rt.h"

namespace rtsynth::plugin {

/// Those of a block, or of a part of one. The server hears of all that is MIDI, or goes out as
/// such.
class BlockEvents {
 public:
  /// [main] The engine outlives it.
  explicit BlockEvents(Engine& engine) : engine_(engine), midi_(engine) {}

  /// [audio] Whether any event of the host finds room, whatever it means.
  [[nodiscard]] bool has_room() const RT_SAFE { return used_ + kMostOfOne <= events_.size(); }
  /// [audio] A note, or a MIDI message, that is due at a sample of the block.
  void add(const HostEvent& event, int due) RT_SAFE;
  /// [audio] A parameter that is set to a value in its range.
  void add_parameter(const HostParameter& parameter, double value, int due) RT_SAFE;
  /// [audio] What was played is over, and so are messages and notes that were added and not played
  /// yet. The server hears of it.
  void reset() RT_SAFE;
  /// [audio] The level in dB that the instrument asks for.
  void set_level_db(double level_db) RT_SAFE { level_db_ = level_db; }

  [[nodiscard]] std::span<Event> all() RT_SAFE { return {events_.data(), used_}; }
  [[nodiscard]] bool empty() const RT_SAFE { return used_ == 0; }
  void clear() RT_SAFE { used_ = 0; }

 private:
  static constexpr std::size_t kMostOfOne = 2 * HeldNotes::kMost;  // all notes are choked
  static constexpr std::size_t kSysexPiece = HeardMessages::kLongestSysex;
  static constexpr std::size_t kCapacity = 4 * kMostOfOne;

  void add_note_on(const HostEvent& event, int due) RT_SAFE;
  void add_expression(const HostEvent& event, int due) RT_SAFE;
  void say_of(int channel, int key, NoteField field, float value, int due) RT_SAFE;
  void add_note_off(const HostEvent& event, int due) RT_SAFE;
  void add_midi(int status, int data1, int data2, int due) RT_SAFE;
  void add_sysex(std::span<const std::uint8_t> bytes, int due) RT_SAFE;
  void add_registered(const HostParameter& parameter, double value, int due) RT_SAFE;
  void add_desk(const HostParameter& parameter, double value, int due) RT_SAFE;
  [[nodiscard]] Event& next(int due) RT_SAFE;
  [[nodiscard]] std::int64_t sample_of(int due) const RT_SAFE {
    return engine_.counters().clock_samples.get() + due;
  }

  Engine& engine_;
  MidiIn midi_;
  HeldNotes held_;
  double level_db_ = 0.0;
  std::size_t used_ = 0;
  std::array<Event, kCapacity> events_{};
};

}  // namespace rtsynth::plugin
