// The samples are the same, bit for bit, however the host cuts its blocks.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// A busy second and a half: chords, pedal, bend, vibrato, steals, misses, retriggers, releases.
void play(Engine& engine) {
  const auto at = [&engine](std::int64_t due, int status, int data1, int data2) {
    REQUIRE(send(engine, status, data1, data2, due));
  };
  at(3, 0x90, 60, 100);
  at(3, 0x90, 64, 90);
  at(777, 0x91, 67, 110);
  at(1000, 0xB0, kSustain, 127);
  at(5001, 0xE0, 0, 100);
  at(7003, 0xB0, kModulation, 127);
  at(9000, 0xB1, kPan, 20);
  at(9001, 0xB0, kVolume, 60);
  at(9100, 0xB1, kExpression, 90);
  at(9200, 0xB0, kReverbSend, 90);
  at(9333, 0xB1, kReverbSend, 30);
  at(10001, 0xB1, kChorusSend, 127);
  at(12000, 0x80, 60, 0);
  at(12345, 0x90, 60, 127);
  for (int i = 0; i < 20; ++i) at(15000 + 37 * i, 0x90, 50 + i, 40 + 4 * i);
  at(20000, 0xB0, kSustain, 0);
  set(engine, Parameter::kReverbSize, 0.2F, 20500);
  set(engine, Parameter::kReverbTime, 5.0F, 21007);
  set(engine, Parameter::kReverbLevel, 0.3F, 22017);
  set(engine, Parameter::kReverbDelay, 80.0F, 23003);
  set(engine, Parameter::kChorusDepth, 6.0F, 24001);
  set(engine, Parameter::kVolume, 0.7F, 25001);
  at(26000, 0x81, 67, 0);
  for (int i = 0; i < 20; ++i) at(30000 + 101 * i, 0x80, 50 + i, 0);
  at(40000, 0xB1, kAllSoundOff, 0);
  at(40001, 0x91, 72, 100);
  at(42000, 0xB2, kMono, 1);
  at(42001, 0xB2, kPortamento, 127);
  at(42002, 0xB2, kPortamentoTime, 60);
  at(42010, 0x92, 60, 100);
  at(44003, 0x92, 64, 100);
  at(47001, 0x92, 72, 90);
  at(50000, 0x82, 72, 0);
  at(52007, 0xB2, kSustain, 70);
  at(52100, 0x82, 60, 0);
  at(53100, 0x82, 64, 20);
  at(56001, 0xB2, kSustain, 90);
  at(60011, 0xB2, kSustain, 30);
}

std::vector<float> played(int block, double rate_hz, std::uint64_t seed = 1,
                          FrameFormat frames = FrameFormat::kFine) {
  auto engine = make_engine(12, rate_hz, seed, 1.0F, frames);
  for (const int key : {60, 64, 72}) {  // of the three, one has no width and no vibrato
    for (const int layer : {5, 7}) {
      const TakeSpec spec = key == 64 ? dense_spec(-30.0F) : lively_spec(-30.0F);
      REQUIRE(put_take(engine->takes(), {0, key, layer}, spec));
    }
  }
  TakeSpec short_take = dense_spec();
  short_take.pages = 1;  // runs out
  REQUIRE(put_take(engine->takes(), {0, 67, 6}, short_take));
  play(*engine);
  const auto out = render(*engine, 72000, block);
  CHECK(engine->counters().stolen.get() > 0);
  CHECK(engine->counters().late_frames.get() > 0);
  CHECK(engine->counters().cache_misses.get() > 0);
  return out;
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("blocks of any size give the same samples") {
  for (const double rate_hz : {48000.0, 44100.0}) {
    const auto reference = played(64, rate_hz);
    CHECK(rms(reference, 0, reference.size()) > 1e-3);
    for (const int block : {1, 7, 192, 500, 72000}) {
      CAPTURE(block);
      CAPTURE(rate_hz);
      CHECK(same(reference, played(block, rate_hz)));
    }
  }
}

TEST_CASE("blocks of any size give the same samples from coarse frames") {
  const auto reference = played(64, kRate, 1, FrameFormat::kCoarse);
  CHECK_FALSE(same(reference, played(64, kRate)));
  for (const int block : {1, 7, 500}) {
    CAPTURE(block);
    CHECK(same(reference, played(block, kRate, 1, FrameFormat::kCoarse)));
  }
}

TEST_CASE("the same seed gives the same samples, another seed gives others") {
  const auto one = played(64, kRate, 1);
  CHECK(same(one, played(64, kRate, 1)));
  CHECK_FALSE(same(one, played(64, kRate, 2)));
}

TEST_CASE("a block of no samples changes nothing") {
  auto engine = make_engine();
  float none = 7.0F;
  engine->render(&none, 0);
  engine->render(nullptr, 0);
  CHECK(none == 7.0F);
  CHECK(engine->counters().clock_samples.get() == 0);
}
