// What a block costs grows with the voices that sound, not with those that there are.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// Voices looked at while `notes` notes are struck, held, bent and released.
std::int64_t visits(int polyphony, int notes) {
  auto engine = make_engine(polyphony);
  for (int i = 0; i < notes; ++i) REQUIRE(put_take(engine->takes(), {0, 40 + i, 7}, TakeSpec()));
  for (int i = 0; i < notes; ++i) REQUIRE(send(*engine, 0x90, 40 + i, 127, 100 * i));
  REQUIRE(send(*engine, 0xB0, kVolume, 90, 3000));
  REQUIRE(send(*engine, 0xE0, 0, 90, 4000));
  for (int i = 0; i < notes; ++i) REQUIRE(send(*engine, 0x80, 40 + i, 0, 6000 + 100 * i));
  render(*engine, 9600);
  CHECK(engine->counters().notes.get() == notes);
  CHECK(engine->counters().voices.get() == notes);
  return engine->voices().visits();
}

}  // namespace

TEST_CASE("eight notes cost the same at a polyphony of 16 and of 4,096") {
  const std::int64_t few = visits(16, 8);
  CHECK(few > 8 * 9600 / kTickSamples);
  CHECK(visits(4096, 8) == few);
  CHECK(visits(4096, 4) < few);
}

TEST_CASE("without notes no voice is looked at") {
  auto engine = make_engine(4096);
  REQUIRE(send(*engine, 0xB0, kVolume, 90));
  REQUIRE(send(*engine, 0x80, 60, 0));
  render(*engine, 6400);
  CHECK(engine->voices().visits() == 0);
}

TEST_CASE("4,096 notes sound at once, and end") {
  EngineConfig config;
  config.polyphony = kMostPolyphony;
  config.arena_bytes = std::size_t{4} << 20;
  Engine engine(config);
  TakeSpec spec;
  spec.gain_db = -80.0F;
  spec.pages = 4;
  for (int key = 0; key < 128; ++key) REQUIRE(put_take(engine.takes(), {0, key, 7}, spec));
  for (int i = 0; i < 5000; ++i) {  // beyond 15 * 128 keys are struck again
    REQUIRE(send(engine, 0x90 + sounding_channel(i), i / kSounding % 128, 127));
  }
  render(engine, 128);
  CHECK(engine.counters().notes.get() == 5000);
  CHECK(engine.counters().stolen.get() == 5000 - kMostPolyphony);
  CHECK(engine.counters().voices.get() == 5000);  // the stolen ones fade in the spare voices
  Event panic;
  panic.kind = Event::Kind::kPanic;
  REQUIRE(engine.send(panic));
  render(engine, 640);
  CHECK(engine.counters().voices.get() == 0);
}

TEST_CASE("a scale for all keys of all channels looks at each voice once, not once for each key") {
  const auto visits_of = [](int keys) {
    auto engine = make_engine();
    for (int i = 0; i < 32; ++i) REQUIRE(send(*engine, 0x90, 40 + i, 100));
    render(*engine, kTickSamples);
    const std::int64_t before = engine->voices().visits();
    Event event;
    event.kind = Event::Kind::kTune;
    event.data2 = 1;
    event.value = 0.3F;
    for (int channel = 0; channel < kChannels; ++channel) {
      for (int key = 0; key < keys; ++key) {
        event.status = static_cast<std::uint8_t>(channel);
        event.data1 = static_cast<std::uint8_t>(key);
        REQUIRE(engine->send(event));
      }
    }
    for (int i = 0; i < 500; ++i) {
      REQUIRE(send(*engine, 0xB0, kRpnHigh, 0));
      REQUIRE(send(*engine, 0xB0, kRpnLow, kRpnFineTuning));
      REQUIRE(send(*engine, 0xB0, kDataEntry, i % 128));
    }
    render(*engine, 4 * kTickSamples);
    CHECK(engine->counters().voices.get() == 32);
    return engine->voices().visits() - before;
  };
  CHECK(visits_of(128) == visits_of(1));
}
