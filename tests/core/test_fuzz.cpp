// Random events, random blocks, random arrivals: finite samples, and silence in the end.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// Anything that a generator could give: within the range, outside, or no number at all.
float any_value(int chance, float range) {
  if (chance == 0) return std::nanf("");
  if (chance < 3) return chance == 1 ? INFINITY : -INFINITY;
  return range * static_cast<float>(chance - 50) / 25.0F;
}

using Random = std::function<int(int limit)>;

/// An event beside MIDI, with a value that bind.cpp lets through.
Event any_setting(const Random& random) {
  Event event;
  event.kind = static_cast<Event::Kind>(1 + random(static_cast<int>(Event::Kind::kReset)));
  event.status = static_cast<std::uint8_t>(random(3));
  event.data1 = static_cast<std::uint8_t>(random(128));
  event.value = static_cast<float>(random(2));
  if (event.kind == Event::Kind::kParameter) {
    event.data1 = static_cast<std::uint8_t>(random(static_cast<int>(kParameters.size())));
    const ParameterInfo& info = kParameters[event.data1];
    event.value = info.low + (info.high - info.low) * static_cast<float>(random(101)) / 100.0F;
  } else if (event.kind == Event::Kind::kTune) {
    event.data2 = static_cast<std::uint8_t>(random(2));
    event.value = static_cast<float>(random(256) - 128);
  } else if (event.kind == Event::Kind::kVelocity) {
    event.value = static_cast<float>(1 + random(127));
  } else if (event.kind == Event::Kind::kLayer) {
    event.data1 = static_cast<std::uint8_t>(random(kLayers));
    event.data2 = static_cast<std::uint8_t>(random(kLayerFields));
    event.value = static_cast<float>(event.data2 == 0 ? random(3) - 1 : random(260) - 130);
  }
  return event;
}

}  // namespace

TEST_CASE("fuzzed events: finite, below 1, and nothing hangs after all sound off") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const double rates[] = {48000.0, 44100.0, 96000.0, 11025.0, 48000.0, 88200.0};
    auto engine = make_engine(seed % 2 == 0 ? 8 : 48, rates[seed], seed, 1.0F);
    std::uint64_t state = seed;
    const auto random = [&state](int limit) {
      state = hash_bits(state + 1);
      return static_cast<int>(state % static_cast<std::uint64_t>(limit));
    };
    std::vector<float> out(2 * 1024);
    float loudest = 0.0F;
    bool finite = true;
    for (int step = 0; step < 1500; ++step) {
      for (int i = random(5); i > 0; --i) {
        const int status = 0x80 + random(7) * 16 + random(3);
        const bool note = status < 0xA0;
        (void)send(
            *engine, status, note ? 30 + random(60) : random(128), random(128),
            random(3) == 0 ? Event::kNow : engine->counters().clock_samples.get() + random(700));
      }
      if (random(12) == 0) {
        TakeSpec spec = dense_spec(static_cast<float>(-random(60)));
        spec.pages = 1 + random(8);
        spec.gain_db = static_cast<float>(random(40) - 30);
        spec.release_db_per_s = static_cast<float>(-random(900));
        spec.width = any_value(random(100), 1.0F);
        for (float& cents : spec.detune_cents) cents = any_value(random(100), 400.0F);
        spec.cents = [&random](int) { return any_value(random(100), 120.0F); };
        (void)put_take(engine->takes(), {random(2), 30 + random(60), random(8)}, spec);
      }
      if (random(200) == 0) engine->takes().drop_timbre(random(2));
      if (random(40) == 0) (void)engine->send(any_setting(random));
      const int samples = random(4) == 0 ? random(1024) : 64;
      engine->render(out.data(), samples);
      for (int i = 0; i < 2 * samples; ++i) {
        const float x = out[static_cast<std::size_t>(i)];
        finite = finite && std::isfinite(x);
        loudest = std::max(loudest, std::abs(x));
      }
      for (Request r; engine->requests().read(r);) {
      }
    }
    CAPTURE(seed);
    CHECK(finite);
    CHECK(loudest > 0.0F);
    CHECK(loudest <= 1.0F);
    CHECK(engine->counters().nonfinite.get() == 0);
    render(*engine, 1000);  // past the last that is scheduled
    for (int channel = 0; channel < 16; ++channel) {
      REQUIRE(send(*engine, 0xB0 + channel, kAllSoundOff, 0));
    }
    render(*engine, static_cast<int>(rates[seed] / 10.0));
    CHECK(engine->counters().voices.get() == 0);
    for (int timbre = 0; timbre < int{kTimbreSlots}; ++timbre)
      CHECK(engine->takes().drop_timbre(timbre) == 0);
    CHECK(engine->takes().used_bytes() == 0);
  }
}
