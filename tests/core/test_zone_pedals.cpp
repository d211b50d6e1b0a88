// MPE: what pedals and endings on a manager's channel do to the notes of its members.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr int kManager = 0;
constexpr int kMember = 2;
constexpr int kOutside = 8;

void press(Engine& engine, int controller, int value, int channel) {
  REQUIRE(send(engine, 0xB0 + channel, controller, value));
}

void configure(Engine& engine, int members) {
  press(engine, kRpnHigh, 0, kManager);
  press(engine, kRpnLow, kRpnZone, kManager);
  press(engine, kDataEntry, members, kManager);
}

/// A lower zone of five members.
std::unique_ptr<Engine> engine_with_zone() {
  auto engine = make_engine();
  for (int key = 60; key < 72; ++key)
    REQUIRE(put_take(engine->takes(), {0, key, 6}, one_partial(1)));
  configure(*engine, 5);
  return engine;
}

void strike(Engine& engine, int key, int channel) {
  REQUIRE(send(engine, 0x90 + channel, key, 100));
  render(engine, 4800);
}

void let_go(Engine& engine, int key, int channel) { REQUIRE(send(engine, 0x80 + channel, key, 0)); }

/// After what was let go has ended.
std::int64_t voices(Engine& engine) {
  render(engine, 96000);
  return engine.counters().voices.get();
}

}  // namespace

TEST_CASE("a manager's sustain pedal holds its members' notes, a member's its own alone") {
  auto engine = engine_with_zone();
  press(*engine, kSustain, 127, kManager);
  for (const int channel : {kMember, kMember + 1, kOutside}) strike(*engine, 60 + channel, channel);
  for (const int channel : {kMember, kMember + 1, kOutside}) let_go(*engine, 60 + channel, channel);
  CHECK(voices(*engine) == 2);
  press(*engine, kSustain, 127, kMember);
  press(*engine, kSustain, 0, kManager);
  CHECK(voices(*engine) == 1);
  press(*engine, kSustain, 0, kMember);
  CHECK(voices(*engine) == 0);
}

TEST_CASE("a manager's sostenuto pedal catches its members' keys") {
  auto engine = engine_with_zone();
  strike(*engine, 60, kMember);
  strike(*engine, 62, kOutside);
  press(*engine, kSostenuto, 127, kManager);
  strike(*engine, 64, kMember + 1);
  let_go(*engine, 60, kMember);
  let_go(*engine, 62, kOutside);
  let_go(*engine, 64, kMember + 1);
  CHECK(voices(*engine) == 1);
  press(*engine, kSostenuto, 0, kManager);
  CHECK(voices(*engine) == 0);
}

TEST_CASE("what ends notes on a manager ends its members' notes, and no other") {
  for (const int controller : {int{kAllSoundOff}, int{kAllNotesOff}}) {
    auto engine = engine_with_zone();
    for (const int channel : {kManager, kMember, kOutside}) strike(*engine, 60, channel);
    press(*engine, controller, 0, kMember);
    CHECK(voices(*engine) == 2);
    strike(*engine, 60, kMember);
    press(*engine, controller, 0, kManager);
    CHECK(voices(*engine) == 1);
    let_go(*engine, 60, kOutside);
    CHECK(voices(*engine) == 0);
  }
}

TEST_CASE("reset of controllers on a manager lifts its members' pedals, too") {
  auto engine = engine_with_zone();
  for (const int channel : {kManager, kMember, kOutside}) {
    press(*engine, kSustain, 127, channel);
    strike(*engine, 60, channel);
    press(*engine, kSostenuto, 127, channel);
    let_go(*engine, 60, channel);
  }
  CHECK(voices(*engine) == 3);
  press(*engine, kResetControllers, 0, kManager);
  CHECK(voices(*engine) == 1);
}

TEST_CASE("members play the layers of their manager") {
  auto engine = engine_with_zone();
  Event event;
  event.kind = Event::Kind::kLayer;
  event.status = kManager;
  event.data1 = 1;
  REQUIRE(engine->send(event));  // slot 0
  strike(*engine, 60, kMember);
  CHECK(voices(*engine) == 2);
  strike(*engine, 60, kOutside);
  CHECK(voices(*engine) == 3);
}

TEST_CASE("nothing sticks where the zone is taken away under its pedals") {
  auto engine = engine_with_zone();
  press(*engine, kSustain, 127, kManager);
  strike(*engine, 60, kMember);
  press(*engine, kSostenuto, 127, kManager);
  strike(*engine, 62, kMember + 1);
  let_go(*engine, 60, kMember);
  configure(*engine, 0);
  CHECK(voices(*engine) == 0);
  strike(*engine, 64, kMember);
  let_go(*engine, 64, kMember);
  strike(*engine, 64, kManager);
  let_go(*engine, 64, kManager);
  CHECK(voices(*engine) == 0);
}
