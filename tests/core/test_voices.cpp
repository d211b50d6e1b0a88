// Many voices: polyphony, stealing, striking a key again, and the limiter.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

void put_keys(Engine& engine, int low, int high, float release_db_per_s = -100.0F,
              float gain_db = -20.0F) {
  TakeSpec spec;
  spec.pages = 12;
  spec.gain_db = gain_db;
  spec.release_db_per_s = release_db_per_s;
  for (int key = low; key <= high; ++key) REQUIRE(put_take(engine.takes(), {0, key, 7}, spec));
}

}  // namespace

TEST_CASE("a stolen voice fades: no step is larger than the sounds' own") {
  auto engine = make_engine(4);
  put_keys(*engine, 40, 60);
  for (int i = 0; i < 4; ++i) REQUIRE(send(*engine, 0x90, 40 + i, 120, i));
  for (int i = 0; i < 8; ++i) REQUIRE(send(*engine, 0x90, 50 + i, 120, 9600 + 1237 * i));
  const auto left = left_of(render(*engine, 24000));
  const float before = largest_step(left, 4800, 4800);
  CHECK(largest_step(left, 9600, 14000) < 2.5F * before);  // higher keys, and their attacks
  CHECK(engine->counters().stolen.get() == 8);
  CHECK(engine->counters().voices.get() == 4);
}

TEST_CASE("the new note sounds at its sample though all voices were taken") {
  auto engine = make_engine(2);
  put_keys(*engine, 60, 64);
  REQUIRE(send(*engine, 0x90, 60, 127));
  REQUIRE(send(*engine, 0x90, 61, 127));
  REQUIRE(send(*engine, 0x90, 62, 127, 5003));
  render(*engine, 9600);
  Trace::Row row;
  for (int i = 0; i < 3; ++i) REQUIRE(engine->trace().read(row));
  CHECK(row.first_sound == 5003);
  CHECK(row.first_own == 5003);
}

TEST_CASE("released and quiet voices are stolen first") {
  auto engine = make_engine(3);
  put_keys(*engine, 60, 66, -10.0F);
  REQUIRE(send(*engine, 0x90, 60, 120));
  REQUIRE(send(*engine, 0x90, 61, 120));
  REQUIRE(send(*engine, 0x90, 62, 120));
  REQUIRE(send(*engine, 0x80, 61, 0, 4000));
  REQUIRE(send(*engine, 0x90, 63, 120, 9600));
  const auto left = left_of(render(*engine, 38400));
  const auto amplitude = [&left](int key) {
    const auto [re, im] = probe(left, 14400, 24000, key_hz(key));
    return std::hypot(re, im);
  };
  CHECK(amplitude(60) > 0.01);
  CHECK(amplitude(62) > 0.01);
  CHECK(amplitude(63) > 0.01);
  CHECK(amplitude(61) < 1e-4);
}

TEST_CASE("a key that is struck again lets the old sound go quickly, without a click") {
  auto engine = make_engine();
  put_keys(*engine, 45, 45, -5.0F);
  REQUIRE(send(*engine, 0x90, 45, 127));
  REQUIRE(send(*engine, 0x90, 45, 127, 9601));
  const auto left = left_of(render(*engine, 48000));
  CHECK(largest_step(left, 9600, 2000) < 2.2F * largest_step(left, 4800, 4800));
  CHECK(engine->counters().voices.get() == 1);
  CHECK(engine->counters().stolen.get() == 0);
}

TEST_CASE("all sound off fades within 5 ms and leaves no voice") {
  auto engine = make_engine();
  put_keys(*engine, 40, 60);
  for (int i = 0; i < 20; ++i) REQUIRE(send(*engine, 0x90, 40 + i, 120));
  REQUIRE(send(*engine, 0xB0, kSustain, 127));
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0, 9600));
  const auto out = render(*engine, 14400);
  CHECK(level_db(out, 9600 + 240 + kTickSamples, 4000) < -200.0);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("the limiter: transparent below -1 dBFS, below 1 above it") {
  for (const float gain_db : {-20.0F, 20.0F}) {
    auto engine = make_engine();
    put_keys(*engine, 40, 60, -100.0F, -13.0F);
    Event event;
    event.kind = Event::Kind::kGain;
    event.value = std::pow(10.0F, gain_db / 20.0F);
    REQUIRE(engine->send(event));
    for (int i = 0; i < 20; ++i) REQUIRE(send(*engine, 0x90, 40 + i, 127));
    const auto out = render(*engine, 48000);
    const float highest = std::abs(*std::max_element(
        out.begin(), out.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
    CHECK(highest < 1.0F);
    CHECK(highest > 0.001F);
    CHECK((engine->counters().limited.get() > 0) == (gain_db > 0.0F));
    CHECK(std::max(engine->peaks().get(0), engine->peaks().get(1)) == highest);
    engine->peaks().reset();
    CHECK(engine->peaks().get(0) == 0.0F);
  }
}

TEST_CASE("a value that is not finite becomes 0 and is counted") {
  Counters counters;
  OutputStage stage;
  Peaks peaks;
  stage.prepare(kRate, counters, peaks);
  stage.tick();
  float left[4] = {0.5F, std::nanf(""), INFINITY, -0.25F};
  float right[4] = {0.5F, 0.1F, -INFINITY, 0.0F};
  stage.render(left, right, 4);
  CHECK(left[0] == 0.5F);
  CHECK(left[1] == 0.0F);
  CHECK(left[2] == 0.0F);
  CHECK(left[3] == -0.25F);
  CHECK(right[2] == 0.0F);
  CHECK(counters.nonfinite.get() == 3);
}

TEST_CASE("the master gain glides") {
  auto engine = make_engine();
  put_keys(*engine, 57, 57);
  REQUIRE(send(*engine, 0x90, 57, 127));
  Event event;
  event.kind = Event::Kind::kGain;
  event.value = 0.0F;
  event.due = 20011;
  REQUIRE(engine->send(event));
  const auto left = left_of(render(*engine, 48000));
  CHECK(largest_step(left, 20000, 4000) < 1.05F * largest_step(left, 10000, 9000));
  CHECK(rms(left, 40000, 4000) < 1e-6);
}
