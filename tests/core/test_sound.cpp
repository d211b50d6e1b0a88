// Voices, trace and stats over longer play, and configuration limits.
#include <doctest/doctest.h>

#include <stdexcept>

#include "helpers.h"
#include "null_device.h"

using namespace rtsynth;

TEST_CASE("an engine refuses what it cannot do") {
  EngineConfig config;
  config.arena_bytes = 1 << 20;
  config.rate_hz = 4000.0;
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.rate_hz = std::nan("");
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.rate_hz = 48000.0;
  config.polyphony = 0;
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.polyphony = 4097;
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.polyphony = 1;
  for (const int threads : {-1, 5}) {
    config.render_threads = threads;
    CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  }
  config.render_threads = 0;
  config.variation = 1.5F;
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.variation = std::nanf("");
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.variation = 1.0F;
  config.arena_bytes = 1000;
  CHECK_THROWS_AS(std::make_unique<Engine>(config), std::invalid_argument);
  config.arena_bytes = 1 << 20;
  Engine engine(config);
  CHECK_THROWS_AS(NullDevice(engine, 0), std::invalid_argument);
}

TEST_CASE("events keep their order, and a full queue refuses") {
  auto engine = make_engine();
  int taken = 0;
  while (send(*engine, 0x90, 60, 0, 1000)) ++taken;
  CHECK(taken > 1000);
  CHECK(engine->events_dropped() == 1);
  render(*engine, 999);
  CHECK_FALSE(send(*engine, 0x90, 60, 0, 1000));
  render(*engine, 2);
  CHECK(send(*engine, 0x90, 60, 0, 1000));
}

TEST_CASE("what is played now does not wait for what is scheduled") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, dense_spec()));
  REQUIRE(send(*engine, 0x90, 60, 127, 10000));
  REQUIRE(send(*engine, 0x90, 60, 127));
  const auto out = render(*engine, 64);
  CHECK(rms(out, 0, out.size()) > 0.0);
  CHECK(engine->counters().notes.get() == 1);
  render(*engine, 10000);
  CHECK(engine->counters().notes.get() == 2);
}

TEST_CASE("extreme rates and keys stay finite and in tune") {
  for (const double rate_hz : {8000.0, 384000.0}) {
    auto engine = make_engine(16, rate_hz);
    REQUIRE(put_take(engine->takes(), {0, 21, 7}, dense_spec()));
    for (const int key : {0, 21, 60, 108, 127}) REQUIRE(send(*engine, 0x90, key, 127));
    const auto out = render(*engine, 20000);
    bool finite = true;
    for (const float x : out) finite = finite && std::isfinite(x);
    CHECK(finite);
    CHECK(rms(out, 0, out.size()) > 1e-4);
    CHECK(engine->counters().nonfinite.get() == 0);
  }
}

TEST_CASE("a fundamental that is bent beyond what can be played, and back, stays finite") {
  auto engine = make_engine(4, 11025.0);
  REQUIRE(put_take(engine->takes(), {0, 108, 7}, dense_spec()));
  Event range;
  range.kind = Event::Kind::kBendRange;
  range.value = 48.0F;
  REQUIRE(engine->send(range));
  REQUIRE(send(*engine, 0x90, 127, 127));
  for (int i = 0; i < 400; ++i) REQUIRE(send(*engine, 0xE0, 0, 64 + i % 40, 100 * i));
  render(*engine, 48000);
  CHECK(engine->counters().nonfinite.get() == 0);
}

TEST_CASE("the null device keeps up with its clock") {
  auto engine = make_engine();
  NullDevice device(*engine, 64);
  device.start();
  device.start();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  device.stop();
  const double elapsed_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto blocks = static_cast<double>(engine->counters().callbacks.get());
  CHECK(blocks <= elapsed_s * kRate / 64.0 + 1.0);
  CHECK(blocks > 0.3 * elapsed_s * kRate / 64.0);
  CHECK(engine->counters().clock_samples.get() == engine->counters().callbacks.get() * 64);
  device.start();  // once more
  device.stop();
}
