// What a key sets off: layers, splits, and the velocity curve.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr int kOther = 5;  // a slot whose takes have their third partial alone

void put_slots(Engine& engine, int key) {
  for (int layer = 0; layer < int{kVelocityLayers}; ++layer) {
    REQUIRE(put_take(engine.takes(), {0, key, layer}, one_partial(1)));
    REQUIRE(put_take(engine.takes(), {kOther, key, layer}, one_partial(3)));
  }
}

void set(Engine& engine, int layer, LayerField field, float value, int channel = 0) {
  Event event;
  event.kind = Event::Kind::kLayer;
  event.status = static_cast<std::uint8_t>(channel);
  event.data1 = static_cast<std::uint8_t>(layer);
  event.data2 = static_cast<std::uint8_t>(field);
  event.value = value;
  REQUIRE(engine.send(event));
}

void set_velocity(Engine& engine, int played, float sounding) {
  Event event;
  event.kind = Event::Kind::kVelocity;
  event.data1 = static_cast<std::uint8_t>(played);
  event.value = sounding;
  REQUIRE(engine.send(event));
}

/// Peak of a sinusoid in what is played from now on.
double amplitude(Engine& engine, double hz, std::size_t side = 0) {
  const auto out = render(engine, 14400);
  std::vector<float> one(out.size() / 2);
  for (std::size_t i = 0; i < one.size(); ++i) one[i] = out[2 * i + side];
  const auto [re, im] = probe(one, 4800, 9600, hz);
  return std::hypot(re, im);
}

std::int64_t voices(Engine& engine) {
  render(engine, 2 * kTickSamples);  // they are counted at ticks
  return engine.counters().voices.get();
}

}  // namespace

TEST_CASE("a layer sounds beside the channel's own timbre, mixed as it says") {
  auto engine = make_engine();
  put_slots(*engine, 60);
  put_slots(*engine, 67);
  REQUIRE(send(*engine, 0x90, 60, 127));
  const double own = amplitude(*engine, key_hz(60));
  CHECK(amplitude(*engine, 3.0 * key_hz(67)) < 1e-4 * own);
  set(*engine, 1, LayerField::kSlot, kOther);
  set(*engine, 1, LayerField::kTranspose, 7.0F);
  set(*engine, 1, LayerField::kGain, 0.5F);
  REQUIRE(send(*engine, 0x90, 60, 127));
  render(*engine, 48000);
  CHECK(voices(*engine) == 2);
  CHECK(engine->counters().notes.get() == 2);  // of keys
  CHECK(amplitude(*engine, key_hz(60)) == doctest::Approx(own).epsilon(0.02));
  CHECK(amplitude(*engine, 3.0 * key_hz(67)) == doctest::Approx(0.5 * own).epsilon(0.03));
  REQUIRE(send(*engine, 0x80, 60, 0));
  render(*engine, 96000);
  CHECK(voices(*engine) == 0);
}

TEST_CASE("a layer's pan and the key's add to the channel's") {
  auto engine = make_engine();
  put_slots(*engine, 64);
  set(*engine, 0, LayerField::kPan, -1.0F);
  set(*engine, 1, LayerField::kSlot, kOther);
  set(*engine, 1, LayerField::kPan, 1.0F);
  REQUIRE(send(*engine, 0x90, 64, 127));
  const double left = amplitude(*engine, key_hz(64), 0);
  CHECK(left > 0.01);
  CHECK(amplitude(*engine, key_hz(64), 1) < 1e-3 * left);
  CHECK(amplitude(*engine, 3.0 * key_hz(64), 0) < 1e-3 * left);
  CHECK(amplitude(*engine, 3.0 * key_hz(64), 1) > 0.5 * left);
}

TEST_CASE("a split: keys and velocities choose their layers, both ends included") {
  const auto count = [](int key, int velocity) {
    auto engine = make_engine();
    set(*engine, 0, LayerField::kHighKey, 59.0F);
    set(*engine, 1, LayerField::kSlot, kOther);
    set(*engine, 1, LayerField::kLowKey, 59.0F);
    set(*engine, 1, LayerField::kHighKey, 72.0F);
    set(*engine, 2, LayerField::kSlot, kOther);
    set(*engine, 2, LayerField::kLowVelocity, 100.0F);
    set(*engine, 2, LayerField::kHighVelocity, 120.0F);
    REQUIRE(send(*engine, 0x90, key, velocity));
    return voices(*engine);
  };
  CHECK(count(58, 99) == 1);
  CHECK(count(59, 99) == 2);
  CHECK(count(60, 99) == 1);
  CHECK(count(72, 99) == 1);
  CHECK(count(73, 99) == 0);
  CHECK(count(73, 100) == 1);
  CHECK(count(73, 120) == 1);
  CHECK(count(73, 121) == 0);
}

TEST_CASE("velocities that the curve gives choose layers without a hole between them") {
  for (const float sounding : {63.0F, 63.4F, 63.6F, 64.0F}) {
    auto engine = make_engine();
    set(*engine, 0, LayerField::kHighVelocity, 63.0F);
    set(*engine, 1, LayerField::kSlot, kOther);
    set(*engine, 1, LayerField::kLowVelocity, 64.0F);
    set_velocity(*engine, 80, sounding);
    REQUIRE(send(*engine, 0x90, 60, 80));
    CHECK(voices(*engine) == 1);
  }
}

TEST_CASE("what is transposed off the keyboard is not played; a layer that is off is silent") {
  auto engine = make_engine();
  set(*engine, 0, LayerField::kTranspose, 12.0F);
  REQUIRE(send(*engine, 0x90, 115, 100));
  CHECK(voices(*engine) == 1);
  REQUIRE(send(*engine, 0x91, 116, 100));
  CHECK(voices(*engine) == 2);  // another channel has its own layers
  REQUIRE(send(*engine, 0x90, 116, 100));
  CHECK(voices(*engine) == 2);
  set(*engine, 0, LayerField::kSlot, -1.0F);
  REQUIRE(send(*engine, 0x90, 60, 100));
  CHECK(voices(*engine) == 2);
}

TEST_CASE("layers play new notes; the first follows the channel's timbre, the others do not") {
  auto engine = make_engine();
  put_slots(*engine, 60);
  REQUIRE(send(*engine, 0x90, 60, 127));
  const double own = amplitude(*engine, key_hz(60));
  set(*engine, 0, LayerField::kSlot, 0.0F);
  Event timbre;
  timbre.kind = Event::Kind::kTimbre;
  timbre.value = kOther;
  REQUIRE(engine->send(timbre));
  CHECK(amplitude(*engine, key_hz(60)) == doctest::Approx(own).epsilon(0.02));
  REQUIRE(send(*engine, 0x90, 60, 127));
  render(*engine, 48000);
  CHECK(amplitude(*engine, key_hz(60)) < 1e-3 * own);
  CHECK(amplitude(*engine, 3.0 * key_hz(60)) == doctest::Approx(own).epsilon(0.05));
}

TEST_CASE("polyphony counts voices, and the voices of a key are stolen together") {
  auto engine = make_engine(4);
  for (const int key : {60, 62, 64}) put_slots(*engine, key);
  set(*engine, 1, LayerField::kSlot, kOther);
  set(*engine, 1, LayerField::kGain, 0.001F);  // alone it would be missed least
  REQUIRE(send(*engine, 0x90, 60, 40));
  REQUIRE(send(*engine, 0x90, 62, 127));
  render(*engine, 9600);
  CHECK(voices(*engine) == 4);
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 9600);
  CHECK(voices(*engine) == 4);
  CHECK(engine->counters().stolen.get() == 2);
  CHECK(amplitude(*engine, 3.0 * key_hz(62)) > 1e-5);
  const double kept = amplitude(*engine, key_hz(62));
  CHECK(amplitude(*engine, key_hz(60)) < 2e-3 * kept);
}

TEST_CASE("a key of more layers than there are voices takes what there is") {
  auto engine = make_engine(2);
  for (int layer = 1; layer < kLayers; ++layer) set(*engine, layer, LayerField::kSlot, kOther);
  for (int i = 0; i < 5; ++i) REQUIRE(send(*engine, 0x90, 60 + i, 100, 4800 * i));
  render(*engine, 24000);
  CHECK(voices(*engine) == 2);
  CHECK(engine->counters().stolen.get() == 8);
}

TEST_CASE("a key that is struck again strikes all its layers again") {
  auto engine = make_engine();
  put_slots(*engine, 60);
  for (int layer = 1; layer < kLayers; ++layer) set(*engine, layer, LayerField::kSlot, kOther);
  for (int i = 0; i < 3; ++i) REQUIRE(send(*engine, 0x90, 60, 100, 24000 * i));
  render(*engine, 72000);
  CHECK(voices(*engine) == 4);
}

TEST_CASE("the velocity curve: loudness and take are those of the velocity that sounds") {
  const auto level = [](int velocity, float sounding) {
    auto engine = make_engine();
    for (int layer = 0; layer < int{kVelocityLayers}; ++layer) {
      TakeSpec spec = one_partial(1);
      spec.gain_db = -20.0F - static_cast<float>(layer);
      REQUIRE(put_take(engine->takes(), {0, 60, layer}, spec));
    }
    if (sounding > 0.0F) set_velocity(*engine, velocity, sounding);
    REQUIRE(send(*engine, 0x90, 60, velocity));
    return level_db(render(*engine, 14400), 4800, 9600);
  };
  CHECK(level(30, 0.0F) == doctest::Approx(level(80, 30.0F)));
  CHECK(level(100, 0.0F) == doctest::Approx(level(1, 100.0F)));
  CHECK(level(100, 100.5F) - level(100, 0.0F) ==
        doctest::Approx(40.0 * std::log10(100.5 / 100.0)).epsilon(0.05));
}
