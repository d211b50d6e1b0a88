// Where partials lie: the frames' pitch, and each partial's own detune.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// One note of a take, the left side.
std::vector<float> played(const TakeSpec& spec, int key, int samples, int bend = 8192) {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, key, 7}, spec));
  REQUIRE(send(*engine, 0xE0, bend & 0x7F, bend >> 7));
  REQUIRE(send(*engine, 0x90, key, 127));
  return left_of(render(*engine, samples));
}

}  // namespace

TEST_CASE("a frame's pitch moves every partial by its cents, on top of the bend") {
  for (const float deviation : {-120.0F, -37.5F, 0.0F, 1.25F, 120.0F}) {
    for (const std::size_t partial : {std::size_t{1}, std::size_t{9}}) {
      TakeSpec spec = one_partial(partial);
      spec.cents = [deviation](int) { return deviation; };
      for (const int bend : {8192, 16383}) {
        const double wanted_hz = static_cast<double>(partial) * key_hz(57) *
                                 std::exp2(deviation / 1200.0 + (bend == 8192 ? 0.0 : 2.0 / 12.0));
        const auto left = played(spec, 57, 72000, bend);
        CAPTURE(deviation);
        CHECK(std::abs(cents(measure_hz(left, 9600, 48000, wanted_hz), wanted_hz)) < 0.1);
      }
    }
  }
}

TEST_CASE("the pitch follows the frames in straight lines") {
  TakeSpec spec = one_partial(1, 32);
  spec.cents = [](int frame) { return std::min(0.5F * static_cast<float>(frame), 100.0F); };
  const auto left = played(spec, 81, 72000);
  for (const std::size_t at : {9600, 24000, 40000}) {
    const double middle_s = (static_cast<double>(at) + 960.0) / kRate;
    const double wanted = 0.5 * middle_s * kFrameRateHz;
    const double wanted_hz = 880.0 * std::exp2(wanted / 1200.0);
    CHECK(std::abs(cents(measure_hz(left, at, 1920, wanted_hz), wanted_hz)) < 0.3);
  }
  CHECK(std::abs(cents(measure_hz(left, 60000, 9600, 932.0), 880.0) - 100.0) < 0.1);
}

TEST_CASE("a vibrato in the frames is heard as one, without a rattle of its steps") {
  TakeSpec spec = one_partial(1, 32);
  spec.cents = [](int frame) {
    return 50.0F * std::sin(2.0F * std::numbers::pi_v<float> * 6.0F * static_cast<float>(frame) /
                            static_cast<float>(kFrameRateHz));
  };
  const auto left = played(spec, 83, 60000);
  double lowest = 1e9, highest = -1e9;
  for (std::size_t at = 4800; at < 48000; at += 96) {
    const double c = cents(measure_hz(left, at, 960, key_hz(83)), key_hz(83));
    lowest = std::min(lowest, c);
    highest = std::max(highest, c);
  }
  CHECK(highest == doctest::Approx(49.0).epsilon(0.06));  // the window smooths a little
  CHECK(lowest == doctest::Approx(-49.0).epsilon(0.06));
  const double level = to_db(rms(left, 8000, 48000) * std::numbers::sqrt2);
  for (const double step_hz : {750.0, 1500.0, 3000.0, 6000.0}) {  // of 64, 32, 16 and 8 samples
    double spurious = 0.0;
    for (int side = -20; side <= 20; ++side) {
      const auto [re, im] = probe(left, 8000, 48000, key_hz(83) + step_hz + 6.0 * side);
      spurious += re * re + im * im;
    }
    CAPTURE(step_hz);
    CHECK(10.0 * std::log10(spurious) - level < -75.0);
  }
}

TEST_CASE("the pitch glides from a substitute's to the note's own") {
  auto engine = make_engine();
  TakeSpec high = one_partial(1), low = one_partial(1);
  high.cents = [](int) { return 100.0F; };
  low.cents = [](int) { return -100.0F; };
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, high));
  REQUIRE(send(*engine, 0x90, 59, 127));
  const auto before = left_of(render(*engine, 24000));
  REQUIRE(put_take(engine->takes(), {0, 59, 7}, low));
  const auto after = left_of(render(*engine, 24000));
  CHECK(std::abs(cents(measure_hz(before, 4800, 14400, key_hz(60)), key_hz(60))) < 0.1);
  CHECK(std::abs(cents(measure_hz(after, 4800, 14400, key_hz(58)), key_hz(58))) < 0.1);
  CHECK(largest_step(after, 0, 4800) < 1.05F * largest_step(before, 4800, 14400));
  const double half_way = cents(measure_hz(after, 0, 1024, key_hz(59)), key_hz(59));
  CHECK(half_way > -80.0);
  CHECK(half_way < 80.0);
}

TEST_CASE("a detuned partial lies where its detune puts it, the others do not move") {
  TakeSpec spec;
  spec.inharmonicity_log10 = -4.0F;
  spec.detune_cents[0] = 50.0F;  // partial 1 is never detuned
  spec.detune_cents[1] = 386.25F;
  spec.detune_cents[6] = -211.5F;
  spec.detune_cents[31] = -400.0F;
  const double b = 1e-4;
  for (const auto& [partial, detune] :
       {std::pair{1, 0.0}, std::pair{2, 386.25}, std::pair{3, 0.0}, std::pair{7, -211.5},
        std::pair{32, -400.0}, std::pair{33, 0.0}}) {
    const double k = partial;
    const double wanted =
        k * key_hz(40) * std::sqrt((1.0 + b * k * k) / (1.0 + b)) * std::exp2(detune / 1200.0);
    const TakeSpec one = one_partial(static_cast<std::size_t>(partial));
    spec.pages = one.pages;
    spec.level = one.level;
    CAPTURE(partial);
    CHECK(std::abs(cents(measure_hz(played(spec, 40, 72000), 9600, 48000, wanted), wanted)) < 0.1);
  }
}

TEST_CASE("a partial that is detuned above the top is left out, and bends stay finite") {
  auto engine = make_engine(64, 16000.0);
  TakeSpec spec = one_partial(16);
  spec.detune_cents[15] = 400.0F;
  spec.cents = [](int frame) { return frame % 2 == 0 ? 120.0F : -120.0F; };
  REQUIRE(put_take(engine->takes(), {0, 69, 7}, spec));  // 16 * 440 Hz lies below 0.45 of the rate
  REQUIRE(send(*engine, 0x90, 69, 127));
  const auto out = render(*engine, 8000);
  CHECK(level_db(out, 1000, 7000) < -90.0);
  CHECK(engine->counters().nonfinite.get() == 0);
}
