#include "vst3_parameters.h"

#include <algorithm>
#include <cmath>

#include "controllers.h"

namespace rtsynth::plugin {
namespace {

constexpr int kMidiChannels = 16;
constexpr int kNumbers = V3_CONTROLLER_PROGRAM + 1;
// Banks, and what turns timbres: carried out in Python, so not in kControllers (slots.py,
// turns.py).
constexpr std::array<int, 10> kOfPython = {0, 2, 16, 17, 18, 19, 32, 71, 72, 73};

/// Every number that the chart has a line for, in order, and where each stands; -1: it has none.
struct Chart {
  std::array<std::uint8_t, kNumbers> numbers{};
  std::array<int, kNumbers> places{};
  int count = 0;
};

constexpr Chart make_chart() {
  std::array<bool, kNumbers> known{};
  for (const ControllerInfo& each : kControllers) {
    known[static_cast<std::size_t>(each.number)] = true;
    if (each.low_half != ControllerInfo::kNone)
      known[static_cast<std::size_t>(each.low_half)] = true;
  }
  for (const int number : kOfPython) known[static_cast<std::size_t>(number)] = true;
  for (int number = V3_CONTROLLER_PRESSURE; number < kNumbers; ++number)
    known[static_cast<std::size_t>(number)] = true;
  Chart chart;
  for (std::size_t number = 0; number < known.size(); ++number) {
    chart.places[number] = known[number] ? chart.count : -1;
    if (known[number])
      chart.numbers[static_cast<std::size_t>(chart.count++)] = static_cast<std::uint8_t>(number);
  }
  return chart;
}

constexpr Chart kChart = make_chart();

int host_count() RT_SAFE { return static_cast<int>(host_parameters().size()); }

}  // namespace

int vst3_parameter_count() RT_SAFE { return host_count() + 2 + kMidiChannels * kChart.count; }

std::optional<Vst3Parameter> vst3_parameter_at(int place) RT_SAFE {
  using Kind = Vst3Parameter::Kind;
  if (place < 0 || place >= vst3_parameter_count()) return std::nullopt;
  if (place < host_count()) return Vst3Parameter{Kind::kHost, 0, 0, place, place};
  const bool last = place == vst3_parameter_count() - 1;
  if (place == host_count() || last)
    return Vst3Parameter{Kind::kPresets, 0, 0, last ? 1 : 0, host_count()};
  const int row = place - host_count() - 1;
  const auto number = kChart.numbers[static_cast<std::size_t>(row % kChart.count)];
  return Vst3Parameter{Kind::kMidi, static_cast<std::uint8_t>(row / kChart.count), number, 0,
                       place};
}

std::optional<Vst3Parameter> vst3_parameter_of(v3_param_id id) RT_SAFE {
  if (id == kPresetsId) return vst3_parameter_at(host_count());
  if (id == kLastPresetsId) return vst3_parameter_at(vst3_parameter_count() - 1);
  if (id >= kMidiIds && id < kMidiIds + kMidiChannels * 256) {
    const auto number = static_cast<std::size_t>(id & 0xFFU);
    const int row = number < kChart.places.size() ? kChart.places[number] : -1;
    if (row < 0) return std::nullopt;
    const auto channel = static_cast<int>((id - kMidiIds) >> 8);
    return vst3_parameter_at(host_count() + 1 + channel * kChart.count + row);
  }
  RT_TRUSTED_BEGIN  // looks through a table
      const std::optional<int>
          index = index_of(id);
  RT_TRUSTED_END
  return index ? vst3_parameter_at(*index) : std::nullopt;
}

v3_param_id vst3_id_of(const Vst3Parameter& parameter) RT_SAFE {
  if (parameter.kind == Vst3Parameter::Kind::kPresets)
    return parameter.index == 0 ? kPresetsId : kLastPresetsId;
  if (parameter.kind == Vst3Parameter::Kind::kHost)
    return host_parameters()[static_cast<std::size_t>(parameter.index)].id;
  return kMidiIds + (static_cast<v3_param_id>(parameter.channel) << 8) + parameter.number;
}

std::optional<v3_param_id> vst3_controller_id(int channel, int number) RT_SAFE {
  if (channel < 0 || channel >= kMidiChannels || number < 0 || number >= kNumbers)
    return std::nullopt;
  if (kChart.places[static_cast<std::size_t>(number)] < 0) return std::nullopt;
  return kMidiIds + (static_cast<v3_param_id>(channel) << 8) + static_cast<v3_param_id>(number);
}

int vst3_steps(const HostParameter& parameter) RT_SAFE {
  if (parameter.is_switch) return 1;
  return parameter.whole ? static_cast<int>(std::lround(parameter.high - parameter.low)) : 0;
}

double plain_of(const HostParameter& parameter, double normalised) RT_SAFE {
  const double part = normalised >= 0.0 ? std::min(normalised, 1.0) : 0.0;  // not a number, too
  const int steps = vst3_steps(parameter);
  if (steps == 0) return parameter.low + part * (parameter.high - parameter.low);
  return parameter.low + std::min(static_cast<double>(steps), std::floor(part * (steps + 1)));
}

double normalised_of(const HostParameter& parameter, double plain) RT_SAFE {
  const double part = (plain - parameter.low) / (parameter.high - parameter.low);
  return part >= 0.0 ? std::min(part, 1.0) : 0.0;
}

Vst3Values::Vst3Values()
    : values_(std::make_unique<std::atomic<double>[]>(
          static_cast<std::size_t>(vst3_parameter_count()))) {
  forget_messages();
  for (int place = 0; place < host_count(); ++place) {
    const HostParameter& each = host_parameters()[static_cast<std::size_t>(place)];
    set(place, normalised_of(each, each.preset));
  }
}

void Vst3Values::set(int place, double normalised) RT_SAFE {
  const double value = normalised >= 0.0 ? std::min(normalised, 1.0) : 0.0;
  if (static_cast<float>(value) == static_cast<float>(get(place))) return;
  values_[static_cast<std::size_t>(place)].store(value, std::memory_order_relaxed);
}

void Vst3Values::forget_messages() RT_SAFE {
  for (int place = host_count() + 1; place < vst3_parameter_count(); ++place)
    set(place, kNoMessage);
}

}  // namespace rtsynth::plugin
