// An engine that goes on at another sample rate.
#include <doctest/doctest.h>

#include <stdexcept>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr double kA4Hz = 440.0;

std::unique_ptr<Engine> engine_with_a4() {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {3, 69, 6}, TakeSpec()));
  return engine;
}

void send_value(Engine& engine, Event::Kind kind, int channel, float value) {
  Event event;
  event.kind = kind;
  event.status = static_cast<std::uint8_t>(channel);
  event.value = value;
  REQUIRE(engine.send(event));
}

}  // namespace

TEST_CASE("after another rate: takes, timbres, controllers, gain and clock are as before") {
  const auto play = [](Engine& engine) {
    send_value(engine, Event::Kind::kTimbre, 0, 3.0F);
    send_value(engine, Event::Kind::kGain, 0, 0.5F);
    REQUIRE(send(engine, 0xB0, kVolume, 64));
    REQUIRE(send(engine, 0xB0, kSustain, 127));
    REQUIRE(send(engine, 0x90, 69, 100));
    render(engine, 5000);  // in the middle of a tick
  };
  for (const double rate_hz : {44100.0, 96000.0}) {
    auto engine = engine_with_a4();
    play(*engine);
    engine->set_rate(rate_hz);
    CHECK(engine->config().rate_hz == rate_hz);
    CHECK(engine->counters().voices.get() == 0);
    CHECK(first_sound(render(*engine, 2000)) == -1);  // sounding notes ended
    CHECK(engine->counters().clock_samples.get() == 7000);

    REQUIRE(send(*engine, 0x90, 69, 100, 7101));
    REQUIRE(send(*engine, 0x80, 69, 0, 7200));  // the pedal is still down
    const auto count = static_cast<std::size_t>(rate_hz);
    const auto left = left_of(render(*engine, 101 + int(count)));
    CHECK(left[100] == 0.0F);
    CHECK(left[101] != 0.0F);
    CHECK(engine->counters().cache_hits.get() == 2);
    CHECK(measure_hz(left, count / 4, count / 2, kA4Hz, rate_hz) ==
          doctest::Approx(kA4Hz).epsilon(1e-5));

    auto fresh = make_engine(64, rate_hz);  // as loud as one that never had another rate
    REQUIRE(put_take(fresh->takes(), {3, 69, 6}, TakeSpec()));
    play(*fresh);
    const auto expected = left_of(render(*fresh, int(count)));
    CHECK(rms(left, count / 4, count / 2) ==
          doctest::Approx(rms(expected, count / 4, count / 2)).epsilon(1e-3));
  }
}

TEST_CASE("another rate gives back every take that was read") {
  auto engine = engine_with_a4();
  send_value(*engine, Event::Kind::kTimbre, 0, 3.0F);
  REQUIRE(send(*engine, 0x90, 69, 100));
  render(*engine, 640);
  engine->set_rate(44100.0);
  CHECK(engine->takes().drop_timbre(3) == 0);
  CHECK(engine->takes().used_bytes() == 0);
}

TEST_CASE("a rate that cannot be leaves the engine as it was") {
  auto engine = engine_with_a4();
  send_value(*engine, Event::Kind::kTimbre, 0, 3.0F);
  REQUIRE(send(*engine, 0x90, 69, 100));
  render(*engine, 640);
  for (const double rate_hz : {0.0, 7999.0, 400000.0, std::nan("")}) {
    CHECK_THROWS_AS(engine->set_rate(rate_hz), std::invalid_argument);
  }
  CHECK(engine->config().rate_hz == kRate);
  CHECK(first_sound(render(*engine, 64)) == 0);
}

TEST_CASE("after a restart the same is played to the last bit, whatever was played before") {
  const auto play = [](Engine& engine, std::int64_t clock) {
    REQUIRE(send(engine, 0x90, 60, 100, clock + 100));
    REQUIRE(send(engine, 0xB0, kReverbSend, 100, clock + 300));
    REQUIRE(send(engine, 0x90, 62, 70, clock + 900));
    REQUIRE(send(engine, 0x80, 60, 0, clock + 2000));
    return render(engine, 20000);
  };
  for (const std::int64_t clock : {std::int64_t{0}, std::int64_t{48000 * 64 + 17}}) {
    std::vector<std::vector<float>> played;
    for (int before = 0; before < 3; ++before) {
      auto engine = make_engine(16, kRate, 1, 1.0F);
      for (const int key : {60, 62}) {
        REQUIRE(put_take(engine->takes(), {0, key, 6}, lively_spec()));
        REQUIRE(put_take(engine->takes(), {0, key, 4}, lively_spec()));
      }
      set(*engine, Parameter::kVolume, 0.5F);
      for (int round = 0; round < before; ++round) {
        for (int key = 50; key < 80; ++key) REQUIRE(send(*engine, 0x90, key, 90));
        REQUIRE(send(*engine, 0xB0, kSustain, 127));
        REQUIRE(send(*engine, 0xE0, 0, 100));
        render(*engine, 7777);
      }
      engine->restart(clock);
      CHECK(engine->counters().voices.get() == 0);
      played.push_back(play(*engine, clock));
    }
    CHECK(first_sound(played[0]) == 100);
    CHECK(played[1] == played[0]);
    CHECK(played[2] == played[0]);
  }
}
