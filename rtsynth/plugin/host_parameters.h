/// What a host can automate: the parameters of the desk (rtsynth/parameters.py), and where each
/// goes. The rows are made from there: `python -m rtsynth.serve.parameter_table`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rt.h"

namespace rtsynth::plugin {

/// Who carries a value out; as `home` in rtsynth/parameters.py. kTurn goes out as a controller,
/// which the server follows; kDesk is the server's, but for the gain.
enum class Home : std::uint8_t { kController, kRegistered, kCore, kTurn, kDesk };

/// Channels' parameters are those of channel 1 (in MPE the manager's, so the zone's).
struct HostParameter {
  std::uint32_t id;   // never given to another one, in any later version
  const char* name;   // as presets write it
  const char* label;  // for people
  const char* group;
  const char* unit;
  double low;
  double high;
  double preset;
  Home home;
  std::uint8_t number;  // of the controller or registered parameter, or place in kParameters
  bool of_channel;
  bool is_switch;
  bool whole;
};

/// [any] All of them; an index is a place in here.
[[nodiscard]] std::span<const HostParameter> host_parameters() RT_SAFE;
/// The place of an id or a name; nothing: there is none.
[[nodiscard]] std::optional<int> index_of(std::uint32_t id) noexcept;
[[nodiscard]] std::optional<int> index_of(std::string_view name) noexcept;
/// [any] The value that is meant: within the range, whole where only whole numbers mean something.
[[nodiscard]] double inside(const HostParameter& parameter, double value) RT_SAFE;
/// A value as a player would write it, with its unit: "-6.0 dB", "35 %", "on".
[[nodiscard]] std::string text_of(const HostParameter& parameter, double value);
/// What such a text means; nothing: no number.
[[nodiscard]] std::optional<double> value_of(const HostParameter& parameter, std::string_view text);

}  // namespace rtsynth::plugin
