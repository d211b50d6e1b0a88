// What tuning and MPE's zones do to notes, as it is heard.
#include <doctest/doctest.h>

#include "expression_helpers.h"

using namespace rtsynth;

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
