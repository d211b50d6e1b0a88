#include "lv2_ports.h"

#include <charconv>
#include <optional>

namespace rtsynth::plugin {
namespace {

constexpr double kRounding = 1e-5;  // of the range: files keep eight digits behind the point

/// The next word of a text, which it is taken from.
std::string_view next_word(std::string_view& text) {
  const auto first = std::min(text.find_first_not_of(" \n"), text.size());
  const auto last = std::min(text.find_first_of(" \n", first), text.size());
  const std::string_view word = text.substr(first, last - first);
  text.remove_prefix(last);
  return word;
}

}  // namespace

Lv2Ports::Lv2Ports() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    ports_[i].heard.store(static_cast<float>(kHostParameters[i].preset));
  }
}

void Lv2Ports::connect(std::size_t index, const float* value) RT_SAFE {
  if (index < ports_.size()) ports_[index].value = value;
}

void Lv2Ports::read(Lv2Events& events) RT_SAFE {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    Port& port = ports_[i];
    if (port.value == nullptr) continue;
    const float value = *port.value;
    if (value == port.heard.load(std::memory_order_relaxed) || std::isnan(value)) continue;
    port.heard.store(value, std::memory_order_relaxed);
    const float expected = port.expected.exchange(kNowhere, std::memory_order_relaxed);
    if (near(kHostParameters[i], value, expected)) continue;
    events.add_parameter(static_cast<int>(i),
                         inside(kHostParameters[i], static_cast<double>(value)));
  }
}

bool Lv2Ports::near(const HostParameter& parameter, float a, float b) RT_SAFE {
  const double apart = std::abs(static_cast<double>(a) - static_cast<double>(b));
  return apart <= kRounding * (parameter.high - parameter.low);  // not where one is no number
}

std::string Lv2Ports::save() const {
  std::string text;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    std::array<char, 32> number{};
    const auto [end, error] =
        std::to_chars(number.data(), number.data() + number.size(), ports_[i].heard.load());
    if (error != std::errc()) continue;
    text += std::string(kHostParameters[i].name) + ' ' + std::string(number.data(), end) + '\n';
  }
  return text;
}

void Lv2Ports::expect(std::string_view saved) {
  while (true) {
    const std::optional<int> index = index_of(next_word(saved));
    const std::string_view word = next_word(saved);
    if (word.empty()) return;
    float value = 0.0F;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (index && error == std::errc()) {
      ports_[static_cast<std::size_t>(*index)].expected.store(value);
    }
  }
}

}  // namespace rtsynth::plugin
