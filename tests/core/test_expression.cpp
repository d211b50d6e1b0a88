// What pressure, controller 74, vibrato, tuning and zones do to notes, as it is heard.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// Partials 1 to 8 at the same level.
TakeSpec eight_partials() {
  TakeSpec spec;
  spec.gain_db = -30.0F;
  spec.level = [](int, std::size_t v) { return v < 8 ? 0.0F : -100.0F; };
  return spec;
}

/// With takes of 2.7 s for the keys 45 to 84.
std::unique_ptr<Engine> engine_with(TakeSpec spec) {
  auto engine = make_engine();
  spec.pages = 16;
  for (int key = 45; key < 85; ++key) REQUIRE(put_take(engine->takes(), {0, key, 7}, spec));
  return engine;
}

void set(Engine& engine, Parameter parameter, float value, int channel = 0) {
  Event event;
  event.kind = Event::Kind::kParameter;
  event.status = static_cast<std::uint8_t>(channel);
  event.data1 = static_cast<std::uint8_t>(parameter);
  event.value = value;
  REQUIRE(engine.send(event));
}

void tune(Engine& engine, int key, float semitones, bool live, int channel = 0) {
  Event event;
  event.kind = Event::Kind::kTune;
  event.status = static_cast<std::uint8_t>(channel);
  event.data1 = static_cast<std::uint8_t>(key);
  event.data2 = live ? 1 : 0;
  event.value = semitones;
  REQUIRE(engine.send(event));
}

void set_registered(Engine& engine, int channel, int number, int high, int low = 0) {
  REQUIRE(send(engine, 0xB0 + channel, kRpnHigh, 0));
  REQUIRE(send(engine, 0xB0 + channel, kRpnLow, number));
  REQUIRE(send(engine, 0xB0 + channel, kDataEntry, high));
  REQUIRE(send(engine, 0xB0 + channel, kDataEntryLow, low));
}

double partial_db(const std::vector<float>& left, std::size_t first, int partial, int key = 57) {
  const auto [re, im] = probe(left, first, 9600, partial * key_hz(key));
  return 10.0 * std::log10(re * re + im * im);
}

double cents_of(const std::vector<float>& left, std::size_t first, std::size_t count, double hz) {
  return cents(measure_hz(left, first, count, hz), hz);
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

TEST_CASE("fine and coarse tuning move what sounds, and new notes begin in tune") {
  auto engine = engine_with(TakeSpec{});
  REQUIRE(send(*engine, 0x90, 69, 127));
  render(*engine, 9600);
  set_registered(*engine, 0, kRpnCoarseTuning, 64 + 3);
  set_registered(*engine, 0, kRpnFineTuning, 96, 0);
  const double wanted_hz = 440.0 * std::exp2(3.5 / 12.0);
  const auto moved = left_of(render(*engine, 24000));
  CHECK(std::abs(cents_of(moved, 4800, 14400, wanted_hz)) < 0.1);
  CHECK(largest_step(moved, 0, 4800) < 1.05F * largest_step(moved, 9600, 9600));
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  render(*engine, 4800);
  const auto hits = engine->counters().cache_hits.get();
  REQUIRE(send(*engine, 0x90, 69, 127));
  const auto anew = left_of(render(*engine, 24000));
  CHECK(std::abs(cents_of(anew, 480, 4800, wanted_hz)) < 0.3);
  CHECK(engine->counters().cache_hits.get() == hits + 1);  // of key 72 or 73
}

TEST_CASE("a tuned key: live notes glide there, else only new ones have it") {
  for (const bool live : {false, true}) {
    auto engine = engine_with(TakeSpec{});
    REQUIRE(send(*engine, 0x90, 69, 127));
    render(*engine, 9600);
    tune(*engine, 69, -0.5F, live);
    tune(*engine, 70, 0.3F, true);
    const auto left = left_of(render(*engine, 24000));
    CHECK(std::abs(cents_of(left, 4800, 14400, 440.0 * std::exp2(live ? -0.5 / 12.0 : 0.0))) < 0.1);
    REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
    render(*engine, 4800);
    REQUIRE(send(*engine, 0x90, 69, 127));
    const auto anew = left_of(render(*engine, 24000));
    CHECK(std::abs(cents_of(anew, 4800, 14400, 440.0 * std::exp2(-0.5 / 12.0))) < 0.1);
  }
}

TEST_CASE("a note plays the take of the key nearest to its tuned pitch, and the ends play theirs") {
  auto engine = make_engine();
  TakeSpec bright = eight_partials();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, bright));
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, TakeSpec{}));
  REQUIRE(put_take(engine->takes(), {0, kKeyHigh, 7}, TakeSpec{}));
  tune(*engine, 60, 3.6F, true);
  tune(*engine, 61, 60.0F, true);
  REQUIRE(send(*engine, 0x90, 60, 127));
  const auto left = left_of(render(*engine, 24000));
  const double hz = key_hz(60) * std::exp2(3.6 / 12.0);
  CHECK(std::abs(cents_of(left, 4800, 14400, hz)) < 0.2);
  const auto [re, im] = probe(left, 4800, 9600, 5.0 * hz);
  CHECK(to_db(std::hypot(re, im)) > -60.0);  // the bright one
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  render(*engine, 4800);
  REQUIRE(send(*engine, 0x90, 61, 127));
  const auto high = left_of(render(*engine, 24000));
  CHECK(engine->counters().cache_misses.get() == 0);
  CHECK(std::abs(cents_of(high, 4800, 9600, key_hz(121))) < 0.2);
}

TEST_CASE("bends of members are heard beside each other, with their manager's") {
  auto engine = engine_with(TakeSpec{});
  set_registered(*engine, 0, kRpnZone, 4);
  REQUIRE(send(*engine, 0xE1, 0, 80));  // before the note: no glide from where it was
  REQUIRE(send(*engine, 0x91, 60, 127));
  REQUIRE(send(*engine, 0x92, 60, 127));
  const auto at = [](int value) { return 48.0 * (value - 64) / (8191.0 / 128.0); };
  const auto both = left_of(render(*engine, 24000));
  const double bent_hz = key_hz(60) * std::exp2(at(80) / 12.0);
  const auto [re, im] = probe(both, 96, 9600, bent_hz);
  CHECK(std::hypot(re, im) > 0.01);
  CHECK(std::abs(cents_of(both, 4800, 14400, bent_hz)) < 1.0);
  CHECK(std::abs(cents_of(both, 4800, 14400, key_hz(60))) < 1.0);
  REQUIRE(send(*engine, 0xE0, 127, 127));
  const auto up = left_of(render(*engine, 24000));
  CHECK(std::abs(cents_of(up, 4800, 14400, bent_hz * std::exp2(2.0 / 12.0))) < 1.0);
  CHECK(std::abs(cents_of(up, 4800, 14400, key_hz(62))) < 1.0);
}

TEST_CASE("a note that a member let go does not follow the next one's bend") {
  TakeSpec slow;
  slow.release_db_per_s = -6.0F;
  auto engine = engine_with(slow);
  set_registered(*engine, 0, kRpnZone, 4);
  REQUIRE(send(*engine, 0x91, 60, 127));
  render(*engine, 9600);
  REQUIRE(send(*engine, 0x81, 60, 0));
  REQUIRE(send(*engine, 0xE1, 0, 80));
  REQUIRE(send(*engine, 0x91, 67, 127));
  const auto left = left_of(render(*engine, 24000));
  CHECK(std::abs(cents_of(left, 4800, 14400, key_hz(60))) < 1.0);
  const double bent = 48.0 * 16.0 * 128.0 / 8191.0;
  CHECK(std::abs(cents_of(left, 4800, 14400, key_hz(67) * std::exp2(bent / 12.0))) < 1.0);
}

TEST_CASE("a configuration message ends the notes of the channels that it moves") {
  auto engine = engine_with(TakeSpec{});
  REQUIRE(send(*engine, 0x91, 60, 127));
  REQUIRE(send(*engine, 0x98, 67, 127));
  render(*engine, 9600);
  set_registered(*engine, 0, kRpnZone, 4);
  render(*engine, 4800);
  CHECK(engine->counters().voices.get() == 1);
  REQUIRE(send(*engine, 0x99, 60, 127));  // no member: drums
  render(*engine, 640);
  CHECK(engine->counters().voices.get() == 1);
  set_registered(*engine, 0, kRpnZone, 9);
  REQUIRE(send(*engine, 0x99, 60, 127));
  render(*engine, 640);
  CHECK(engine->counters().voices.get() == 1);
}
