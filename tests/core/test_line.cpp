// One note at a time, legato, glides, and the soft pedal: how a channel's notes follow each other.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr int kShort = 4800;

std::unique_ptr<Engine> engine_with_keys() {
  auto engine = make_engine();
  for (int key = 55; key < 80; ++key)
    REQUIRE(put_take(engine->takes(), {0, key, 6}, one_partial(1)));
  return engine;
}

void press(Engine& engine, int controller, int value, int channel = 0) {
  REQUIRE(send(engine, 0xB0 + channel, controller, value));
}

void strike(Engine& engine, int key, int channel = 0) {
  REQUIRE(send(engine, 0x90 + channel, key, 100));
  render(engine, kShort);
}

void let_go(Engine& engine, int key, int channel = 0) {
  REQUIRE(send(engine, 0x80 + channel, key, 0));
  render(engine, 3 * kShort);
}

bool sounds(const std::vector<float>& left, int key) {
  const auto [re, im] = probe(left, 0, left.size(), key_hz(key));
  return std::hypot(re, im) > 1e-3;
}

/// The keys that sound, after what was let go has ended.
std::vector<int> sounding(Engine& engine) {
  render(engine, 48000);
  const auto left = left_of(render(engine, 24000));
  std::vector<int> keys;
  for (int key = 55; key < 80; ++key) {
    if (sounds(left, key)) keys.push_back(key);
  }
  return keys;
}

using Keys = std::vector<int>;

/// Notes that began with an attack, since the last call.
int attacks(Engine& engine) {
  int count = 0;
  for (Trace::Row row; engine.trace().read(row);) ++count;
  return count;
}

}  // namespace

TEST_CASE("mono: the last note has priority, and the key that is still held takes over again") {
  auto engine = engine_with_keys();
  press(*engine, kMono, 1);
  for (const int key : {60, 64, 67}) {
    strike(*engine, key);
    CHECK(sounding(*engine) == Keys{key});
  }
  let_go(*engine, 64);  // not the one that sounds
  CHECK(sounding(*engine) == Keys{67});
  let_go(*engine, 67);
  CHECK(sounding(*engine) == Keys{60});
  let_go(*engine, 60);
  CHECK(sounding(*engine).empty());
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("mono: notes that overlap have one attack, others each their own") {
  auto engine = engine_with_keys();
  press(*engine, kMono, 1);
  strike(*engine, 60);
  CHECK(attacks(*engine) == 1);
  strike(*engine, 62);
  let_go(*engine, 60);
  strike(*engine, 64);
  let_go(*engine, 62);
  CHECK(attacks(*engine) == 0);
  CHECK(engine->counters().notes.get() == 3);
  CHECK(engine->counters().voices.get() == 1);
  let_go(*engine, 64);
  strike(*engine, 65);
  CHECK(attacks(*engine) == 1);
  strike(*engine, 65);  // the same key once more
  CHECK(attacks(*engine) == 1);
  CHECK(sounding(*engine) == Keys{65});
}

TEST_CASE("mono: the sustain pedal holds one note, the next one ends it") {
  auto engine = engine_with_keys();
  press(*engine, kMono, 1);
  press(*engine, kSustain, 127);
  strike(*engine, 60);
  let_go(*engine, 60);
  CHECK(sounding(*engine) == Keys{60});
  strike(*engine, 64);
  let_go(*engine, 64);
  CHECK(sounding(*engine) == Keys{64});
  press(*engine, kSustain, 0);
  CHECK(sounding(*engine).empty());
}

TEST_CASE("mono and poly end what is down, and hold for their channel alone") {
  auto engine = engine_with_keys();
  strike(*engine, 60);
  strike(*engine, 60, 1);
  press(*engine, kMono, 1);
  CHECK(engine->counters().voices.get() == 2);
  CHECK(sounding(*engine) == Keys{60});  // the other channel's
  for (const int key : {62, 64}) strike(*engine, key, 1);
  CHECK(sounding(*engine) == Keys{60, 62, 64});
  press(*engine, kAllSoundOff, 0, 1);
  strike(*engine, 70);
  press(*engine, kPoly, 0);
  CHECK(sounding(*engine).empty());
  for (const int key : {70, 72}) strike(*engine, key);
  CHECK(sounding(*engine) == Keys{70, 72});
}

TEST_CASE("the legato pedal ties notes while it is down") {
  auto engine = engine_with_keys();
  for (const int key : {60, 64}) strike(*engine, key);
  press(*engine, kLegato, 127);
  CHECK(sounding(*engine) == Keys{60, 64});
  CHECK(attacks(*engine) == 2);
  strike(*engine, 67);
  CHECK(attacks(*engine) == 0);
  CHECK(sounding(*engine) == Keys{67});
  press(*engine, kLegato, 0);
  strike(*engine, 72);
  CHECK(attacks(*engine) == 1);
  CHECK(sounding(*engine) == Keys{67, 72});
  for (const int key : {60, 64, 67, 72}) let_go(*engine, key);
  CHECK(sounding(*engine).empty());
}

TEST_CASE("a slur moves the layers that both keys are in, ends the others and begins new ones") {
  auto engine = engine_with_keys();
  const auto set = [&engine](int layer, LayerField field, float value) {
    Event event;
    event.kind = Event::Kind::kLayer;
    event.data1 = static_cast<std::uint8_t>(layer);
    event.data2 = static_cast<std::uint8_t>(field);
    event.value = value;
    REQUIRE(engine->send(event));
  };
  set(1, LayerField::kSlot, 0.0F);
  set(1, LayerField::kTranspose, 12.0F);
  set(1, LayerField::kHighKey, 62.0F);
  set(2, LayerField::kSlot, 0.0F);
  set(2, LayerField::kTranspose, 7.0F);
  set(2, LayerField::kLowKey, 62.0F);
  press(*engine, kMono, 1);
  strike(*engine, 60);
  CHECK(sounding(*engine) == Keys{60, 72});
  CHECK(attacks(*engine) == 2);
  strike(*engine, 62);
  CHECK(attacks(*engine) == 1);
  CHECK(sounding(*engine) == Keys{62, 69, 74});
  strike(*engine, 65);
  CHECK(attacks(*engine) == 0);
  CHECK(sounding(*engine) == Keys{65, 72});
  let_go(*engine, 65);
  CHECK(attacks(*engine) == 1);
  CHECK(sounding(*engine) == Keys{62, 69, 74});
  for (const int key : {62, 60}) let_go(*engine, key);
  render(*engine, 48000);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("portamento: a note begins at the pitch of the one before it, and glides to its own") {
  auto engine = engine_with_keys();
  const auto pitch = [&engine](int samples, double near_hz) {
    return measure_hz(left_of(render(*engine, samples)), 0, static_cast<std::size_t>(samples),
                      near_hz);
  };
  press(*engine, kPortamento, 127);
  press(*engine, kPortamentoTime, 100);
  strike(*engine, 60);  // nothing came before it
  CHECK(std::abs(cents(pitch(kShort, key_hz(60)), key_hz(60))) < 1.0);
  let_go(*engine, 60);
  render(*engine, 48000);
  REQUIRE(send(*engine, 0x90, 67, 100));
  CHECK(std::abs(cents(pitch(960, key_hz(60)), key_hz(60))) < 60.0);
  render(*engine, 96000);
  CHECK(std::abs(cents(pitch(9600, key_hz(67)), key_hz(67))) < 1.0);
  let_go(*engine, 67);
  render(*engine, 48000);
  press(*engine, kPortamento, 0);
  REQUIRE(send(*engine, 0x90, 64, 100));
  render(*engine, 480);
  CHECK(std::abs(cents(pitch(9600, key_hz(64)), key_hz(64))) < 1.0);
}

TEST_CASE("portamento control: the next note alone glides from the key that it names") {
  auto engine = engine_with_keys();
  const auto begins_at = [&engine](int key, int from) {
    REQUIRE(send(*engine, 0x90, key, 100));
    const auto left = left_of(render(*engine, 960));
    const double hz = measure_hz(left, 0, 960, key_hz(from));
    render(*engine, 96000);
    return std::abs(cents(hz, key_hz(from))) < 60.0;
  };
  press(*engine, kPortamentoTime, 100);
  press(*engine, kPortamentoControl, 72);
  CHECK(begins_at(67, 72));
  CHECK(sounding(*engine) == Keys{67});
  let_go(*engine, 67);
  render(*engine, 48000);
  CHECK(begins_at(60, 60));
  let_go(*engine, 60);
  render(*engine, 48000);
  attacks(*engine);
  strike(*engine, 60);
  CHECK(attacks(*engine) == 1);
  press(*engine, kPortamentoControl, 60);  // it sounds: it goes over, without an attack
  CHECK(begins_at(64, 60));
  CHECK(attacks(*engine) == 0);
  CHECK(sounding(*engine) == Keys{64});
  let_go(*engine, 60);  // that sound has another key now
  CHECK(sounding(*engine) == Keys{64});
  let_go(*engine, 64);
  CHECK(sounding(*engine).empty());
}

TEST_CASE("the soft pedal: what is struck while it is down is softer and duller") {
  const auto played = [](int value, bool before) {
    auto engine = make_engine();
    TakeSpec spec = one_partial(1);
    spec.level = [](int, std::size_t v) { return v == 0 || v == 7 ? 0.0F : -100.0F; };
    for (int layer = 0; layer < int{kVelocityLayers}; ++layer)
      REQUIRE(put_take(engine->takes(), {0, 60, layer}, spec));
    if (before) press(*engine, kSoft, value);
    strike(*engine, 60);
    if (!before) press(*engine, kSoft, value);
    const auto left = left_of(render(*engine, 19200));
    const auto level = [&left](int partial) {
      const auto [re, im] = probe(left, 9600, 9600, partial * key_hz(60));
      return to_db(std::hypot(re, im));
    };
    return std::pair{level(1), level(8)};
  };
  const auto [low, high] = played(0, true);
  const auto [half_low, half_high] = played(64, true);
  const auto [soft_low, soft_high] = played(127, true);
  CHECK(half_low < low - 0.5);
  CHECK(soft_low < half_low - 0.5);
  CHECK(soft_low > low - 12.0);
  CHECK(soft_high - soft_low < high - low - 2.0);  // three octaves higher
  CHECK(half_high - half_low < high - low - 1.0);
  const auto [same_low, same_high] = played(127, false);
  CHECK(std::abs(same_low - low) < 0.1);
  CHECK(std::abs(same_high - high) < 0.1);
}
