// An engine that starts again: the same events give the same samples, whatever went before.
#include <doctest/doctest.h>

#include "expression_helpers.h"

using namespace rtsynth;

namespace {

std::unique_ptr<Engine> lively_engine() {
  auto engine = make_engine(64, kRate, 1, 1.0F);
  TakeSpec spec = lively_spec();
  spec.pages = 16;
  for (int key = 45; key < 85; ++key) REQUIRE(put_take(engine->takes(), {0, key, 7}, spec));
  return engine;
}

std::unique_ptr<Engine> busy_engine() {
  auto engine = lively_engine();
  for (const auto& [controller, value] : {std::pair{91, 90}, {93, 60}, {7, 110}, {1, 40}})
    REQUIRE(send(*engine, 0xB0, controller, value));
  (void)render(*engine, 64);  // it is set
  return engine;
}

std::vector<float> song(Engine& engine, std::int64_t at) {
  for (int i = 0; i < 6; ++i) {
    REQUIRE(send(engine, 0x90, 50 + 3 * i, 100, at + 700 * i));
    REQUIRE(send(engine, 0x80, 50 + 3 * i, 64, at + 700 * i + 5000));
  }
  return render(engine, 24000, 100);
}

}  // namespace

TEST_CASE("a song after other playing is the song of a fresh engine, at any place of the clock") {
  for (const std::int64_t place : {0, 64 * 700, 48000 * 60 + 37}) {
    CAPTURE(place);
    auto fresh = busy_engine();
    fresh->restart(place);
    const auto wanted = song(*fresh, place);
    auto used = busy_engine();
    for (int i = 0; i < 30; ++i) REQUIRE(send(*used, 0x90, 50 + i, 90));
    REQUIRE(send(*used, 0xB0, 64, 127));
    (void)render(*used, 7777);
    REQUIRE(send(*used, 0xB0, 64, 0));
    (void)render(*used, 1);
    used->restart(place);
    CHECK(used->counters().voices.get() == 0);
    CHECK(used->counters().clock_samples.get() == place);
    CHECK(song(*used, place) == wanted);
  }
}

TEST_CASE("what is sent from a song's first note on is sent as if it had always been") {
  const auto set = [](Engine& engine) {
    for (const int controller : {91, 93, 7}) REQUIRE(send(engine, 0xB0, controller, 90));
  };
  auto set_before = lively_engine();
  set(*set_before);
  (void)render(*set_before, 64);
  set_before->restart(0);
  auto set_with = lively_engine();
  set_with->restart(0);
  set(*set_with);
  CHECK(song(*set_with, 0) == song(*set_before, 0));
}

TEST_CASE("starting again gives back what voices read") {
  auto engine = busy_engine();
  REQUIRE(send(*engine, 0x90, 60, 127));
  (void)render(*engine, 640);
  CHECK(engine->takes().drop_timbre(0) == 1);
  engine->restart(0);
  CHECK(engine->takes().drop_timbre(0) == 0);
  CHECK(engine->takes().used_bytes() == 0);
}
