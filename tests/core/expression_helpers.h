// Engines and messages for the tests of expression and tuning.
#pragma once

#include <doctest/doctest.h>

#include "helpers.h"

namespace rtsynth {

/// Partials 1 to 8 at the same level.
inline TakeSpec eight_partials() {
  TakeSpec spec;
  spec.gain_db = -30.0F;
  spec.level = [](int, std::size_t v) { return v < 8 ? 0.0F : -100.0F; };
  return spec;
}

/// With takes of 2.7 s for the keys 45 to 84.
inline std::unique_ptr<Engine> engine_with(TakeSpec spec) {
  auto engine = make_engine();
  spec.pages = 16;
  for (int key = 45; key < 85; ++key) REQUIRE(put_take(engine->takes(), {0, key, 7}, spec));
  return engine;
}

inline void tune(Engine& engine, int key, float semitones, bool live, int channel = 0) {
  Event event;
  event.kind = Event::Kind::kTune;
  event.status = static_cast<std::uint8_t>(channel);
  event.data1 = static_cast<std::uint8_t>(key);
  event.data2 = live ? 1 : 0;
  event.value = semitones;
  REQUIRE(engine.send(event));
}

inline void set_registered(Engine& engine, int channel, int number, int high, int low = 0) {
  REQUIRE(send(engine, 0xB0 + channel, kRpnHigh, 0));
  REQUIRE(send(engine, 0xB0 + channel, kRpnLow, number));
  REQUIRE(send(engine, 0xB0 + channel, kDataEntry, high));
  REQUIRE(send(engine, 0xB0 + channel, kDataEntryLow, low));
}

inline double cents_of(const std::vector<float>& left, std::size_t first, std::size_t count,
                       double hz) {
  return cents(measure_hz(left, first, count, hz), hz);
}

}  // namespace rtsynth
