// Values as text and back; what identifies a parameter does so alone.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "host_parameters.h"

using namespace rtsynth::plugin;

namespace {

const HostParameter& named(const char* name) {
  const auto index = index_of(name);
  REQUIRE(index);
  return host_parameters()[static_cast<std::size_t>(*index)];
}

}  // namespace

TEST_CASE("ids, names and labels are each parameter's own") {
  std::set<std::uint32_t> ids;
  std::set<std::string> names, labels;
  int index = 0;
  for (const HostParameter& each : host_parameters()) {
    CHECK(ids.insert(each.id).second);
    CHECK(names.insert(each.name).second);
    CHECK(labels.insert(each.label).second);
    CHECK(index_of(each.id) == index);
    CHECK(index_of(each.name) == index++);
    CHECK(each.low < each.high);
    CHECK(inside(each, each.preset) == each.preset);
  }
  CHECK_FALSE(index_of(0U));
  CHECK_FALSE(index_of("no such parameter"));
}

TEST_CASE("values are written as a player would") {
  CHECK(text_of(named("gain"), -6.0) == "-6.0 dB");
  CHECK(text_of(named("gain"), -0.01) == "0.0 dB");
  CHECK(text_of(named("volume"), 0.354) == "35 %");
  CHECK(text_of(named("legato"), 1.0) == "on");
  CHECK(text_of(named("legato"), 0.2) == "off");
  CHECK(text_of(named("pan"), -0.5) == "left 50 %");
  CHECK(text_of(named("pan"), 0.001) == "middle");
  CHECK(text_of(named("reverb_time"), 1.8) == "1.80 s");
  CHECK(text_of(named("transpose"), -12.4) == "-12 semitones");
  CHECK(text_of(named("gain"), std::nan("")) == "0.0 dB");
  CHECK(text_of(named("gain"), 1e300) == "24.0 dB");
}

TEST_CASE("text is read as it is written, with a unit or without one") {
  CHECK(*value_of(named("gain"), "-6.0 dB") == doctest::Approx(-6.0));
  CHECK(*value_of(named("gain"), "  +3") == doctest::Approx(3.0));
  CHECK(*value_of(named("gain"), "900 dB") == 24.0);
  CHECK(*value_of(named("volume"), "35 %") == doctest::Approx(0.35));
  CHECK(*value_of(named("pan"), "left 50 %") == doctest::Approx(-0.5));
  CHECK(*value_of(named("pan"), "middle") == 0.0);
  CHECK(*value_of(named("legato"), "on") == 1.0);
  for (const char* bad : {"", " ", "loud", "nan", "inf", "-", "%", "1e999", "left"}) {
    CAPTURE(bad);
    CHECK_FALSE(value_of(named("pan"), bad));
  }
}

TEST_CASE("text, value and text again: the same text") {
  for (const HostParameter& each : host_parameters()) {
    for (int step = 0; step <= 20; ++step) {
      const double value = each.low + step / 20.0 * (each.high - each.low);
      const std::string text = text_of(each, value);
      const auto back = value_of(each, text);
      CAPTURE(text);
      REQUIRE(back);
      CHECK(text_of(each, *back) == text);
    }
  }
}
