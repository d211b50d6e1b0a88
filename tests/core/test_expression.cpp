// What pressure, controller 74 and vibrato do to notes, as it is heard.
#include <doctest/doctest.h>

#include <cstring>

#include "expression_helpers.h"

using namespace rtsynth;

namespace {

double partial_db(const std::vector<float>& left, std::size_t first, int partial, int key = 57) {
  const auto [re, im] = probe(left, first, 9600, partial * key_hz(key));
  return 10.0 * std::log10(re * re + im * im);
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("controller 74 tilts the spectrum by dB an octave, about the fundamental") {
  for (const int value : {127, 1}) {
    auto engine = engine_with(eight_partials());
    set(*engine, Parameter::kBrightTilt, 4.0F);
    REQUIRE(send(*engine, 0x90, 57, 127));
    const auto plain = left_of(render(*engine, 14400));
    REQUIRE(send(*engine, 0xB0, kBrightness, value));
    const auto tilted = left_of(render(*engine, 24000));
    const double tilt = value == 127 ? 4.0 : -4.0;
    for (const int partial : {1, 2, 4, 7, 8}) {
      CAPTURE(partial);
      const double moved = partial_db(tilted, 14400, partial) - partial_db(plain, 4800, partial);
      CHECK(moved == doctest::Approx(tilt * std::log2(partial)).epsilon(0.01).scale(10.0));
    }
  }
}

TEST_CASE("noise bands tilt with the partials, by where they lie above the fundamental") {
  TakeSpec spec;
  spec.gain_db = -30.0F;
  spec.level = [](int, std::size_t v) { return v == kPartials + 20 ? 0.0F : -100.0F; };
  double levels[2];
  for (const int value : {64, 127}) {
    auto engine = engine_with(spec);
    set(*engine, Parameter::kBrightTilt, 2.0F);
    REQUIRE(send(*engine, 0xB0, kBrightness, value));
    REQUIRE(send(*engine, 0x90, 57, 127));
    levels[value == 127] = level_db(render(*engine, 48000), 9600, 38400);
  }
  const double middle_hz = 0.5 * (noise_edge_hz(20) + noise_edge_hz(21));
  CHECK(levels[1] - levels[0] == doctest::Approx(2.0 * std::log2(middle_hz / 220.0)).epsilon(0.02));
}

TEST_CASE("without a tilt the samples are what they were, bit for bit") {
  std::vector<float> outs[2];
  for (const int value : {64, 127}) {
    auto engine = engine_with(lively_spec());
    set(*engine, Parameter::kBrightTilt, 0.0F);
    set(*engine, Parameter::kPressureTilt, 0.0F);
    set(*engine, Parameter::kPressureGain, 0.0F);
    REQUIRE(send(*engine, 0xB0, kBrightness, value));
    REQUIRE(send(*engine, 0xD0, value, 0));
    REQUIRE(send(*engine, 0x90, 57, 127));
    outs[value == 127] = render(*engine, 9600);
  }
  CHECK(same(outs[0], outs[1]));
}

TEST_CASE("a swept controller leaves no more beside the partials than a slow one") {
  // Beside the partials, within 300 ms of a sweep from end to end: all at once, and step by step.
  const auto beside = [](int steps) {
    auto engine = engine_with(eight_partials());
    set(*engine, Parameter::kBrightTilt, 6.0F);
    REQUIRE(send(*engine, 0xB0, kBrightness, 0));
    REQUIRE(send(*engine, 0x90, 57, 127));
    render(*engine, 19200);
    for (int i = 1; i <= steps; ++i)
      REQUIRE(send(*engine, 0xB0, kBrightness, 127 * i / steps, 19200 + 14400 * i / steps));
    const auto left = left_of(render(*engine, 16000));
    double sum = 0.0;
    for (double hz = 2500.0; hz < 20000.0; hz += 37.0) {
      const auto [re, im] = probe(left, 0, 16000, hz);
      sum += re * re + im * im;
    }
    return 10.0 * std::log10(sum);
  };
  const double slow = beside(127);
  CHECK(slow < -90.0);
  CHECK(beside(16) < slow + 6.0);
  CHECK(beside(1) < -70.0);
}

TEST_CASE("channel pressure lifts, brightens and shakes all notes of a channel") {
  auto engine = engine_with(eight_partials());
  set(*engine, Parameter::kPressureTilt, 3.0F);
  set(*engine, Parameter::kPressureGain, 6.0F);
  REQUIRE(send(*engine, 0x90, 57, 127));
  const auto plain = left_of(render(*engine, 14400));
  REQUIRE(send(*engine, 0xD0, 127, 0));
  const auto pressed = left_of(render(*engine, 24000));
  for (const int partial : {1, 4, 8}) {
    const double moved = partial_db(pressed, 14400, partial) - partial_db(plain, 4800, partial);
    CHECK(moved == doctest::Approx(6.0 + 3.0 * std::log2(partial)).epsilon(0.01));
  }
  set(*engine, Parameter::kPressureVibrato, 1.0F);
  const auto shaken = left_of(render(*engine, 24000));
  double lowest = 0.0, highest = 0.0;
  for (std::size_t at = 4800; at < 20000; at += 480) {
    const double moved = cents_of(shaken, at, 1600, 220.0);
    lowest = std::min(lowest, moved);
    highest = std::max(highest, moved);
  }
  CHECK(highest > 70.0);
  CHECK(lowest < -70.0);
}

TEST_CASE("key pressure reaches the notes of its key alone, and ends with controller 121") {
  auto engine = engine_with(eight_partials());
  set(*engine, Parameter::kPressureTilt, 0.0F);
  set(*engine, Parameter::kPressureGain, 12.0F);
  REQUIRE(send(*engine, 0x90, 57, 127));
  REQUIRE(send(*engine, 0x90, 64, 127));
  const auto plain = left_of(render(*engine, 14400));
  REQUIRE(send(*engine, 0xA0, 64, 127));
  const auto pressed = left_of(render(*engine, 24000));
  CHECK(std::abs(partial_db(pressed, 14400, 1) - partial_db(plain, 4800, 1)) < 0.05);
  CHECK(partial_db(pressed, 14400, 1, 64) - partial_db(plain, 4800, 1, 64) ==
        doctest::Approx(12.0).epsilon(0.01));
  REQUIRE(send(*engine, 0xB0, kResetControllers, 0));
  const auto after = left_of(render(*engine, 24000));
  CHECK(std::abs(partial_db(after, 14400, 1, 64) - partial_db(plain, 4800, 1, 64)) < 0.05);
}

TEST_CASE("a vibrato begins with each note, and waits where it is told to") {
  auto engine = engine_with(TakeSpec{});
  REQUIRE(send(*engine, 0xB0, kModulation, 127));
  REQUIRE(send(*engine, 0xB0, kVibratoDelay, 96));  // 1 s
  REQUIRE(send(*engine, 0x90, 69, 127));
  const auto first = left_of(render(*engine, 96000));
  for (std::size_t at = 2400; at < 44000; at += 2400)
    CHECK(std::abs(cents_of(first, at, 2400, 440.0)) < 0.5);
  double most = 0.0;
  for (std::size_t at = 70000; at < 92000; at += 800)
    most = std::max(most, std::abs(cents_of(first, at, 1600, 440.0)));
  CHECK(most > 40.0);
  REQUIRE(send(*engine, 0x80, 69, 0));
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  render(*engine, 4800);
  REQUIRE(send(*engine, 0x90, 69, 127));  // its own delay begins now
  const auto second = left_of(render(*engine, 48000));
  CHECK(std::abs(cents_of(second, 20000, 2400, 440.0)) < 0.5);
}
