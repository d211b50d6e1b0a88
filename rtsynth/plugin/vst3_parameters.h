/// The parameters of VST3: those that hosts automate, MIDI's controllers for each channel (hidden:
/// VST3 brings them in no other way), programs for each channel, and the list of presets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host_parameters.h"
#include "rt.h"
#include "vst3_more.h"

namespace rtsynth::plugin {

/// What a parameter of VST3 means.
struct Vst3Parameter {
  enum class Kind : std::uint8_t {
    kHost,     // index: of host_parameters()
    kMidi,     // channel; number: a controller, or a place of v3_controller_number
    kPresets,  // the place in the list; 0: as the project has it; index: 1 at the list's end
  };
  Kind kind = Kind::kHost;
  std::uint8_t channel = 0;
  std::uint8_t number = 0;
  int index = 0;
  int place = 0;  // of its value
};

/// The number of a project's automation lane for the list of presets. It stands before the hidden
/// ones, and, hidden, behind them under a number of its own: of the parameters that change programs
/// JUCE takes the first one for the plugin's list, and Ardour the last one.
inline constexpr v3_param_id kPresetsId = 0x50520000;
inline constexpr v3_param_id kLastPresetsId = 0x50520001;
/// Hidden ones have numbers from here on: channel * 256 + controller.
inline constexpr v3_param_id kMidiIds = 0x4D490000;
/// A hidden parameter stands here until it is moved, and a point that is exactly here means
/// nothing: no data byte is (63.5 / 127). Else a host that sends every parameter's value, as some
/// do at the start, would end all notes and change the modes of all channels.
inline constexpr double kNoMessage = 0.5;

/// [any] How many there are.
[[nodiscard]] int vst3_parameter_count() RT_SAFE;
/// [any] The one at a place in the list; nothing: there is none.
[[nodiscard]] std::optional<Vst3Parameter> vst3_parameter_at(int place) RT_SAFE;
/// [any] The one with a number.
[[nodiscard]] std::optional<Vst3Parameter> vst3_parameter_of(v3_param_id id) RT_SAFE;
[[nodiscard]] v3_param_id vst3_id_of(const Vst3Parameter& parameter) RT_SAFE;
/// [any] The hidden one that takes a controller of a channel; nothing: it means nothing here.
[[nodiscard]] std::optional<v3_param_id> vst3_controller_id(int channel, int number) RT_SAFE;

/// [any] A part of the range (0..1) as a value in it, and back: steps as the standard rounds them.
[[nodiscard]] double plain_of(const HostParameter& parameter, double normalised) RT_SAFE;
[[nodiscard]] double normalised_of(const HostParameter& parameter, double plain) RT_SAFE;

/// [any] Steps between the ends of a range; 0: none.
[[nodiscard]] int vst3_steps(const HostParameter& parameter) RT_SAFE;

/// The values that the host's controller sees, 0..1, all of them.
class Vst3Values {
 public:
  Vst3Values();
  /// [any]
  [[nodiscard]] double get(int place) const RT_SAFE {
    return values_[static_cast<std::size_t>(place)].load(std::memory_order_relaxed);
  }
  /// [any] Within 0..1. Hosts that keep values as floats give them back rounded: what is the same
  /// as a float moves nothing.
  void set(int place, double normalised) RT_SAFE;
  /// [any] Hidden ones stand where they mean nothing.
  void forget_messages() RT_SAFE;

 private:
  std::unique_ptr<std::atomic<double>[]> values_;
};

}  // namespace rtsynth::plugin
