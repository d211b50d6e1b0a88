// One note: its first sample, pitch, bend, vibrato, velocity, release and pedal.
#include <doctest/doctest.h>

#include <algorithm>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// All layers of one key.
void put_key(Engine& engine, int key, TakeSpec spec = {}, int pages = 24) {
  spec.pages = pages;
  for (int layer = 0; layer < int{kVelocityLayers}; ++layer) {
    REQUIRE(put_take(engine.takes(), {0, key, layer}, spec));
  }
}

double sounding_db(Engine& engine, int samples = 4800) {
  return level_db(render(engine, samples), 0, static_cast<std::size_t>(samples));
}

}  // namespace

TEST_CASE("the first sample that is not zero is the one at which the note was due") {
  for (const std::int64_t due : {0, 1, 63, 64, 65, 1000, 4095}) {
    for (const TakeSpec& spec : {TakeSpec{}, dense_spec()}) {
      auto engine = make_engine();
      put_key(*engine, 69, spec, 2);
      REQUIRE(send(*engine, 0x90, 69, 100, due));
      CHECK(first_sound(render(*engine, 5000, 100)) == due);
      Trace::Row row;
      REQUIRE(engine->trace().read(row));
      CHECK(row.note == 69);
      CHECK(row.due == due);
      CHECK(row.first_sound == due);
      CHECK(row.first_own == due);
      CHECK_FALSE(engine->trace().read(row));
    }
  }
}

TEST_CASE("a pianissimo that begins too quietly to be heard sounds from its first sample") {
  TakeSpec slow;
  slow.level = [](int frame, std::size_t value) {
    const float rising = std::min(-100.0F + 10.0F * static_cast<float>(frame), 0.0F);
    return value == 0 ? rising : static_cast<float>(kFloorDb);
  };
  auto engine = make_engine();
  put_key(*engine, 69, slow, 2);
  REQUIRE(send(*engine, 0x90, 69, 8, 100));
  CHECK(first_sound(render(*engine, 5000, 100)) == 100);
}

TEST_CASE("a note begins without a click") {
  for (const std::int64_t due : {0, 63, 20}) {
    auto engine = make_engine();
    put_key(*engine, 45);
    REQUIRE(send(*engine, 0x90, 45, 127, due));
    const auto left = left_of(render(*engine, 9600));
    const float sine = largest_step(left, 4800, 4800);
    CHECK(largest_step(left, 0, 480) < 3.0F * sine);  // the attack itself rises within 1 ms
  }
}

TEST_CASE("pitch is exact within 0.1 cent, at any rate, on any partial") {
  for (const double rate_hz : {44100.0, 48000.0, 96000.0}) {
    for (const int key : {21, 45, 69, 100}) {
      for (const std::size_t partial : {std::size_t{1}, std::size_t{7}}) {
        TakeSpec spec;
        spec.inharmonicity_log10 = -3.5F;
        spec.level = [partial](int, std::size_t v) { return v + 1 == partial ? 0.0F : -100.0F; };
        auto engine = make_engine(64, rate_hz);
        put_key(*engine, key, spec);
        REQUIRE(send(*engine, 0x90, key, 127));
        const auto left = left_of(render(*engine, static_cast<int>(rate_hz * 2.0), 64));
        const double b = std::pow(10.0, -3.5);
        const double k = static_cast<double>(partial);
        const double wanted = k * key_hz(key) * std::sqrt((1.0 + b * k * k) / (1.0 + b));
        if (wanted > 0.4 * rate_hz) continue;
        const auto first = static_cast<std::size_t>(rate_hz * 0.2);
        const double hz =
            measure_hz(left, first, static_cast<std::size_t>(rate_hz * 1.6), wanted, rate_hz);
        CAPTURE(key);
        CHECK(std::abs(cents(hz, wanted)) < 0.1);
      }
    }
  }
}

TEST_CASE("levels are as stored: a partial's peak, a band's RMS") {
  for (const std::size_t value :
       {std::size_t{0}, std::size_t{5}, std::size_t{kPartials + 8}, std::size_t{kPartials + 25}}) {
    TakeSpec spec;
    spec.gain_db = -15.0F;
    spec.level = [value](int, std::size_t v) { return v == value ? -7.0F : -100.0F; };
    auto engine = make_engine();
    put_key(*engine, 60, spec, int{kTakePages} / 2);
    REQUIRE(send(*engine, 0xB0, kVolume, 127));
    REQUIRE(send(*engine, 0x90, 60, 127));
    const double db = level_db(render(*engine, 240000), 4800, 230000);
    const double wanted = -15.0 - 7.0 - (value < kPartials ? to_db(std::numbers::sqrt2) : 0.0);
    CAPTURE(value);
    CHECK(std::abs(db - wanted) < 0.2);
  }
}

TEST_CASE("velocity, volume and expression follow the square law; velocity 0 ends the note") {
  const auto play = [](int velocity, int volume, int expression) {
    auto engine = make_engine();
    put_key(*engine, 69);
    REQUIRE(send(*engine, 0xB0, kVolume, volume));
    REQUIRE(send(*engine, 0xB0, kExpression, expression));
    render(*engine, 9600);
    REQUIRE(send(*engine, 0x90, 69, velocity));
    render(*engine, 4800);
    return sounding_db(*engine);
  };
  const double full = play(127, 127, 127);
  CHECK(play(64, 127, 127) - full ==
        doctest::Approx(40.0 * std::log10(64.0 / 127.0)).epsilon(0.01));
  CHECK(play(127, 50, 127) - full ==
        doctest::Approx(40.0 * std::log10(50.0 / 127.0)).epsilon(0.01));
  CHECK(play(127, 127, 30) - full ==
        doctest::Approx(40.0 * std::log10(30.0 / 127.0)).epsilon(0.01));

  auto engine = make_engine();
  put_key(*engine, 69);
  REQUIRE(send(*engine, 0x90, 69, 100));
  render(*engine, 4800);
  REQUIRE(send(*engine, 0x90, 69, 0));
  render(*engine, 96000);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("release begins at its sample and falls at the take's rate") {
  auto engine = make_engine();
  TakeSpec spec;
  spec.release_db_per_s = -120.0F;
  put_key(*engine, 81, spec);
  REQUIRE(send(*engine, 0x90, 81, 127));
  REQUIRE(send(*engine, 0x80, 81, 0, 12007));
  const auto out = render(*engine, 60000);
  const double before = level_db(out, 11007, 1000);
  CHECK(std::abs(level_db(out, 12007 + 12000 - 500, 1000) - (before - 30.0)) < 0.3);
  CHECK(std::abs(level_db(out, 12007 + 24000 - 500, 1000) - (before - 60.0)) < 0.5);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("a sustain pedal holds what is let go until it is lifted") {
  auto engine = make_engine();
  put_key(*engine, 69);
  REQUIRE(send(*engine, 0x90, 69, 100));
  render(*engine, 4800);
  const double held = sounding_db(*engine);
  REQUIRE(send(*engine, 0xB0, kSustain, 127));
  REQUIRE(send(*engine, 0x80, 69, 0));
  REQUIRE(send(*engine, 0xB0, kAllNotesOff, 0));  // respects the pedal
  render(*engine, 24000);
  CHECK(sounding_db(*engine) == doctest::Approx(held).epsilon(0.01));
  REQUIRE(send(*engine, 0xB0, kSustain, 0));
  render(*engine, 60000);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("bend reaches its range, which RPN 0 sets, and back") {
  const auto bent_cents = [](int low, int high, int semitones, int fine) {
    auto engine = make_engine();
    put_key(*engine, 69, {}, 40);
    if (semitones > 0) {
      REQUIRE(send(*engine, 0xB0, kRpnHigh, 0));
      REQUIRE(send(*engine, 0xB0, kRpnLow, 0));
      REQUIRE(send(*engine, 0xB0, kDataEntry, semitones));
      REQUIRE(send(*engine, 0xB0, kDataEntryLow, fine));
      REQUIRE(send(*engine, 0xB0, kRpnLow, 127));
      REQUIRE(send(*engine, 0xB0, kDataEntry, 1));  // no parameter: ignored
    }
    REQUIRE(send(*engine, 0xE0, low, high));
    REQUIRE(send(*engine, 0x90, 69, 100));
    const auto left = left_of(render(*engine, 100000));
    const double guess = 440.0 * std::exp2((semitones > 0 ? semitones + fine / 100.0 : 2.0) *
                                           ((low | high << 7) - 8192) / 8192.0 / 12.0);
    return cents(measure_hz(left, 9600, 76800, guess), 440.0);
  };
  CHECK(std::abs(bent_cents(0, 64, 0, 0)) < 0.1);
  CHECK(std::abs(bent_cents(127, 127, 0, 0) - 200.0) < 0.1);
  CHECK(std::abs(bent_cents(0, 0, 0, 0) + 200.0) < 0.1);
  CHECK(std::abs(bent_cents(127, 127, 12, 50) - 1250.0) < 0.1);
}

TEST_CASE("modulation is vibrato of up to 50 cents") {
  auto engine = make_engine();
  put_key(*engine, 69);
  REQUIRE(send(*engine, 0xB0, kModulation, 127));
  REQUIRE(send(*engine, 0x90, 69, 100));
  const auto left = left_of(render(*engine, 48000));
  double lowest = 1e9, highest = -1e9;
  for (std::size_t at = 4800; at < 40000; at += 96) {
    const double c = cents(measure_hz(left, at, 960, 440.0), 440.0);
    lowest = std::min(lowest, c);
    highest = std::max(highest, c);
  }
  CHECK(highest > 42.0);  // the window smooths a little
  CHECK(highest < 53.0);
  CHECK(lowest < -42.0);
  CHECK(lowest > -53.0);
}

TEST_CASE("controllers glide: no step is larger than the sound's own") {
  for (const auto& [controller, value] :
       {std::pair{kVolume, 10}, std::pair{kPan, 127}, std::pair{kExpression, 0}}) {
    auto engine = make_engine();
    put_key(*engine, 57);
    REQUIRE(send(*engine, 0x90, 57, 127));
    REQUIRE(send(*engine, 0xB0, controller, value, 20011));
    const auto left = left_of(render(*engine, 24000));
    CHECK(largest_step(left, 20000, 4000) < 1.05F * largest_step(left, 10000, 9000));
  }
}

TEST_CASE("pan is of constant power, and 0 and 127 are one side alone") {
  const auto sides = [](int pan) {
    auto engine = make_engine();
    put_key(*engine, 64);
    REQUIRE(send(*engine, 0xB0, kPan, pan));
    render(*engine, 9600);
    REQUIRE(send(*engine, 0x90, 64, 100));
    const auto out = render(*engine, 9600);
    double left = 0.0, right = 0.0;
    for (std::size_t i = 0; i < out.size(); i += 2) {
      left += static_cast<double>(out[i]) * out[i];
      right += static_cast<double>(out[i + 1]) * out[i + 1];
    }
    return std::pair{left, right};
  };
  const auto [l64, r64] = sides(64);
  const auto [l0, r0] = sides(0);
  const auto [l127, r127] = sides(127);
  CHECK(l64 == doctest::Approx(r64).epsilon(1e-4));
  CHECK(l0 + r0 == doctest::Approx(l64 + r64).epsilon(1e-3));
  CHECK(r0 < 1e-9 * l0);
  CHECK(l127 < 1e-9 * r127);
}
