#include "host_parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "parameter_table.h"

namespace rtsynth::plugin {
namespace {

using Text = std::string_view;

/// Those that lean to a side are told by it.
bool has_sides(const HostParameter& parameter) {
  const Text name = parameter.name;
  return name == "pan" || name == "balance";
}

/// A number that has no unit is a part of a whole.
bool is_part(const HostParameter& parameter) {
  return Text(parameter.unit).empty() && !parameter.whole && !parameter.is_switch;
}

/// Digits behind the point: as fine as a hand can set it.
int digits_of(const HostParameter& parameter) {
  if (parameter.whole || is_part(parameter)) return 0;
  const bool coarse =
      parameter.high - parameter.low >= 50.0 || Text(parameter.unit).starts_with("dB");
  return coarse ? 1 : 2;
}

/// Without the locale, which belongs to the host.
std::string number_text(double value, int digits) {
  const double step = std::pow(10.0, digits);
  double rounded = std::round(value * step) / step;
  if (rounded == 0.0) rounded = 0.0;  // no minus before a zero
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), rounded,
                                          std::chars_format::fixed, digits);
  return error == std::errc() ? std::string(text.data(), end) : std::string();
}

std::string side_text(double value) {
  const std::string part = number_text(100.0 * std::abs(value), 0);
  if (part == "0") return "middle";
  return (value < 0.0 ? "left " : "right ") + part + " %";
}

Text trimmed(Text text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == Text::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The number that a text begins with; what follows it is a unit, known or not.
std::optional<double> number_of(Text text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::span<const HostParameter> host_parameters() RT_SAFE { return kHostParameters; }

std::optional<int> index_of(std::uint32_t id) noexcept {
  const auto found = std::ranges::find(kHostParameters, id, &HostParameter::id);
  if (found == kHostParameters.end()) return std::nullopt;
  return static_cast<int>(found - kHostParameters.begin());
}

std::optional<int> index_of(std::string_view name) noexcept {
  const auto found = std::ranges::find(kHostParameters, name,
                                       [](const HostParameter& each) { return Text(each.name); });
  if (found == kHostParameters.end()) return std::nullopt;
  return static_cast<int>(found - kHostParameters.begin());
}

double inside(const HostParameter& parameter, double value) RT_SAFE {
  if (!(value >= parameter.low)) return value != value ? parameter.preset : parameter.low;
  const double kept = value > parameter.high ? parameter.high : value;
  if (parameter.is_switch) return kept >= 0.5 ? 1.0 : 0.0;
  return parameter.whole ? std::round(kept) : kept;
}

std::string text_of(const HostParameter& parameter, double value) {
  value = inside(parameter, value);
  if (parameter.is_switch) return value != 0.0 ? "on" : "off";
  if (has_sides(parameter)) return side_text(value);
  if (is_part(parameter)) return number_text(100.0 * value, 0) + " %";
  const Text unit = parameter.unit;
  const std::string number = number_text(value, digits_of(parameter));
  return unit.empty() ? number : number + ' ' + std::string(unit);
}

std::optional<double> value_of(const HostParameter& parameter, std::string_view text) {
  text = trimmed(text);
  double sign = 1.0;
  if (parameter.is_switch && (text == "on" || text == "off")) return text == "on" ? 1.0 : 0.0;
  if (has_sides(parameter)) {
    if (text == "middle") return 0.0;
    if (text.starts_with("left")) sign = -1.0;
    if (text.starts_with("left") || text.starts_with("right")) {
      text.remove_prefix(text.find_first_of("t") + 1);
    }
  }
  const std::optional<double> number = number_of(text);
  if (!number) return std::nullopt;
  return inside(parameter, sign * (is_part(parameter) ? *number / 100.0 : *number));
}

}  // namespace rtsynth::plugin
