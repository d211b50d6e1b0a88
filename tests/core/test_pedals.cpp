// Pedals: what they hold, how much of it, and what ends it.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr float kReleaseDbPerS = -60.0F;

std::unique_ptr<Engine> engine_with_keys() {
  auto engine = make_engine();
  TakeSpec spec = one_partial(1);
  spec.release_db_per_s = kReleaseDbPerS;
  for (int key = 60; key < 72; ++key) REQUIRE(put_take(engine->takes(), {0, key, 6}, spec));
  return engine;
}

void press(Engine& engine, int controller, int value, int channel = 0) {
  REQUIRE(send(engine, 0xB0 + channel, controller, value));
}

void strike(Engine& engine, int key, int channel = 0) {
  REQUIRE(send(engine, 0x90 + channel, key, 100));
  render(engine, 4800);
}

void let_go(Engine& engine, int key, int channel = 0) {
  REQUIRE(send(engine, 0x80 + channel, key, 0));
  render(engine, kTickSamples);
}

/// How the sound of a key falls from now on, dB a second.
double fall_db_per_s(Engine& engine, int key) {
  const auto left = left_of(render(engine, 24000));
  const auto level = [&left, key](std::size_t at) {
    const auto [re, im] = probe(left, at, 4800, key_hz(key));
    return to_db(std::hypot(re, im));
  };
  return (level(19200) - level(0)) / (19200.0 / kRate);
}

bool sounds(Engine& engine, int key) {
  render(engine, 96000);  // what is released has ended
  const auto left = left_of(render(engine, 24000));
  const auto [re, im] = probe(left, 0, left.size(), key_hz(key));
  return std::hypot(re, im) > 1e-3;
}

void panic(Engine& engine) {
  Event event;
  event.kind = Event::Kind::kPanic;
  REQUIRE(engine.send(event));
  render(engine, 4800);
}

void reset(Engine& engine) {
  Event event;
  event.kind = Event::Kind::kReset;
  REQUIRE(engine.send(event));
  render(engine, 4800);
}

void ignore(Engine& engine, int controller, bool on) {
  Event event;
  event.kind = Event::Kind::kIgnore;
  event.data1 = static_cast<std::uint8_t>(controller);
  event.value = on ? 1.0F : 0.0F;
  REQUIRE(engine.send(event));
}

}  // namespace

TEST_CASE("half pedal: a note that was let go falls faster than held, slower than released") {
  double before = 1.0;
  for (const int value : {127, 96, 80, 64, 48, 32, 0}) {
    auto engine = engine_with_keys();
    strike(*engine, 60);
    press(*engine, kSustain, value);
    let_go(*engine, 60);
    const double fall = fall_db_per_s(*engine, 60);
    CAPTURE(value);
    if (value >= Pedals::kDampersUp) CHECK(std::abs(fall) < 0.1);
    if (value <= Pedals::kDampersDown) CHECK(std::abs(fall - kReleaseDbPerS) < 1.0);
    if (value < Pedals::kDampersUp && value > 0 && value != 32) CHECK(fall < before - 2.0);
    before = fall;
  }
}

TEST_CASE("half pedal: the pedal that comes down again catches what still sounds") {
  auto engine = engine_with_keys();
  strike(*engine, 60);
  press(*engine, kSustain, 127);
  let_go(*engine, 60);
  CHECK(std::abs(fall_db_per_s(*engine, 60)) < 0.1);
  press(*engine, kSustain, 40);
  render(*engine, 9600);
  press(*engine, kSustain, 127);
  const double before = level_db(render(*engine, 4800), 0, 4800);
  CHECK(std::abs(fall_db_per_s(*engine, 60)) < 0.1);
  CHECK(before > -60.0);
  press(*engine, kSustain, 20);  // the dampers are down: it does not come back
  render(*engine, 640);
  press(*engine, kSustain, 127);
  CHECK(std::abs(fall_db_per_s(*engine, 60) - kReleaseDbPerS) < 1.0);
}

TEST_CASE("the velocity of a note off: slower or faster than the take's release, within bounds") {
  const auto fall = [](int status, int velocity) {
    auto engine = engine_with_keys();
    strike(*engine, 60);
    REQUIRE(send(*engine, status, 60, velocity));
    render(*engine, kTickSamples);
    const auto left = left_of(render(*engine, 9600));
    const auto level = [&left](std::size_t at) {
      const auto [re, im] = probe(left, at, 2400, key_hz(60));
      return to_db(std::hypot(re, im));
    };
    return (level(4800) - level(0)) / 0.1;
  };
  CHECK(fall(0x80, 64) == doctest::Approx(kReleaseDbPerS).epsilon(0.02));
  CHECK(fall(0x80, 0) == doctest::Approx(kReleaseDbPerS).epsilon(0.02));
  CHECK(fall(0x90, 0) == doctest::Approx(kReleaseDbPerS).epsilon(0.02));
  CHECK(fall(0x80, 127) == doctest::Approx(3.0 * kReleaseDbPerS).epsilon(0.02));
  CHECK(fall(0x80, 1) == doctest::Approx(kReleaseDbPerS / 3.0).epsilon(0.02));
  CHECK(fall(0x80, 90) < 1.2 * kReleaseDbPerS);
  CHECK(fall(0x80, 30) > 0.8 * kReleaseDbPerS);
}

TEST_CASE("sostenuto holds the keys that were down when it was pressed, and no other") {
  auto engine = engine_with_keys();
  strike(*engine, 60);
  strike(*engine, 61);
  let_go(*engine, 61);
  press(*engine, kSostenuto, 127);
  strike(*engine, 62);
  let_go(*engine, 60);
  let_go(*engine, 62);
  CHECK(sounds(*engine, 60));
  CHECK_FALSE(sounds(*engine, 61));
  CHECK_FALSE(sounds(*engine, 62));
  strike(*engine, 60);  // its damper is still held up
  let_go(*engine, 60);
  CHECK(sounds(*engine, 60));
  strike(*engine, 63, 1);  // another channel
  let_go(*engine, 63, 1);
  CHECK_FALSE(sounds(*engine, 63));
  press(*engine, kSostenuto, 100);  // still down: catches nothing new
  press(*engine, kSostenuto, 0);
  CHECK_FALSE(sounds(*engine, 60));
}

TEST_CASE("sustain and sostenuto together: each holds its own") {
  auto engine = engine_with_keys();
  strike(*engine, 60);
  press(*engine, kSostenuto, 127);
  press(*engine, kSustain, 127);
  strike(*engine, 64);
  let_go(*engine, 60);
  let_go(*engine, 64);
  CHECK(sounds(*engine, 60));
  CHECK(sounds(*engine, 64));
  press(*engine, kSustain, 0);
  CHECK(sounds(*engine, 60));
  CHECK_FALSE(sounds(*engine, 64));
  press(*engine, kSustain, 127);
  press(*engine, kSostenuto, 0);
  CHECK(sounds(*engine, 60));
  press(*engine, kSustain, 0);
  CHECK_FALSE(sounds(*engine, 60));
}

TEST_CASE("all notes off under a pedal: held until it is lifted") {
  for (const int pedal : {int{kSustain}, int{kSostenuto}}) {
    for (const int mode : {int{kAllNotesOff}, int{kOmniOff}, int{kOmniOn}, int{kPoly}}) {
      auto engine = engine_with_keys();
      strike(*engine, 60);
      press(*engine, pedal, 127);
      press(*engine, mode, 0);
      CHECK(sounds(*engine, 60));
      press(*engine, pedal, 0);
      CHECK_FALSE(sounds(*engine, 60));
      CHECK(engine->counters().voices.get() == 0);
    }
  }
}

TEST_CASE("reset of controllers lifts the pedals of its channel; keys that are down sound on") {
  auto engine = engine_with_keys();
  for (const int channel : {0, 1}) {
    press(*engine, kSustain, 127, channel);
    strike(*engine, 60 + channel, channel);
    strike(*engine, 64 + channel, channel);
    press(*engine, kSostenuto, 127, channel);
    let_go(*engine, 60 + channel, channel);
  }
  press(*engine, kResetControllers, 0);
  CHECK_FALSE(sounds(*engine, 60));
  CHECK(sounds(*engine, 64));
  CHECK(sounds(*engine, 61));
  CHECK(sounds(*engine, 65));
  let_go(*engine, 64);
  CHECK_FALSE(sounds(*engine, 64));
}

TEST_CASE("nothing sticks after panic, whatever pedals were down, and none is down any more") {
  auto engine = engine_with_keys();
  for (int channel = 0; channel < 16; ++channel) {
    strike(*engine, 60, channel);
    press(*engine, kSostenuto, 127, channel);
    press(*engine, kSustain, channel % 2 == 0 ? 127 : 64, channel);
    let_go(*engine, 60, channel);
    strike(*engine, 62, channel);
  }
  panic(*engine);
  CHECK(engine->counters().voices.get() == 0);
  for (const int key : {60, 62, 64}) strike(*engine, key, 4);
  for (const int key : {60, 62, 64}) let_go(*engine, key, 4);
  for (const int key : {60, 62, 64}) CHECK_FALSE(sounds(*engine, key));
}

TEST_CASE("all sound off goes through pedals, and leaves them down") {
  auto engine = engine_with_keys();
  press(*engine, kSustain, 127);
  strike(*engine, 60);
  press(*engine, kAllSoundOff, 0);
  render(*engine, 4800);
  CHECK(engine->counters().voices.get() == 0);
  strike(*engine, 61);
  let_go(*engine, 61);
  CHECK(sounds(*engine, 61));
}

TEST_CASE("a General MIDI reset: no note, no pedal, and controllers as at the start") {
  auto engine = engine_with_keys();
  strike(*engine, 60);
  const double as_at_start = level_db(render(*engine, 9600), 4800, 4800);
  press(*engine, kSustain, 127);
  press(*engine, kMono, 1);
  press(*engine, kVolume, 1);
  press(*engine, kPan, 127);
  REQUIRE(send(*engine, 0xE0, 0, 127));
  reset(*engine);
  CHECK(engine->counters().voices.get() == 0);
  render(*engine, 9600);
  strike(*engine, 60);
  CHECK(level_db(render(*engine, 9600), 4800, 4800) == doctest::Approx(as_at_start).epsilon(0.01));
  strike(*engine, 62);
  CHECK(sounds(*engine, 60));  // not mono
  let_go(*engine, 60);
  CHECK_FALSE(sounds(*engine, 60));
}

TEST_CASE("a reset or a panic does not lift the volume of what it ends") {
  for (const int controller : {int{kVolume}, int{kExpression}}) {
    for (const Event::Kind end : {Event::Kind::kReset, Event::Kind::kPanic}) {
      auto engine = engine_with_keys();
      strike(*engine, 60);
      press(*engine, controller, 0);
      render(*engine, 9600);
      Event event;
      event.kind = end;
      REQUIRE(engine->send(event));
      const auto out = render(*engine, 4800);
      CHECK(to_db(rms(out, 0, out.size())) < -100.0);
    }
  }
}

TEST_CASE("a learned controller has no meaning of its own, save for what ends notes") {
  auto engine = engine_with_keys();
  press(*engine, kSustain, 127);
  strike(*engine, 60);
  let_go(*engine, 60);
  ignore(*engine, kSustain, true);
  CHECK_FALSE(sounds(*engine, 60));  // its pedal cannot be lifted any more
  press(*engine, kSustain, 127);
  strike(*engine, 60);
  let_go(*engine, 60);
  CHECK_FALSE(sounds(*engine, 60));
  ignore(*engine, kSustain, false);
  press(*engine, kSustain, 127);
  strike(*engine, 60);
  let_go(*engine, 60);
  CHECK(sounds(*engine, 60));
  for (const int controller : {int{kAllSoundOff}, int{kAllNotesOff}}) {
    ignore(*engine, controller, true);
    strike(*engine, 65);
    press(*engine, kSustain, 0);
    press(*engine, controller, 0);
    CHECK_FALSE(sounds(*engine, 65));
  }
}
