// Whatever is played, in any order: when all keys and pedals are up nothing sounds; the samples are
// finite, and the same in blocks of any size.
#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr int kSamples = 48000;

class Hands {
 public:
  Hands(Engine& engine, std::uint32_t seed) : engine_(engine), random_(seed) {}

  void play() {
    for (std::int64_t due = 5; due < kSamples; due += 1 + below(400)) act(due);
    for (int channel : kPlayed) {
      for (int key : kStruck) message(0x80, channel, key, 64, kSamples);
      for (int pedal : {int{kSustain}, int{kSostenuto}}) message(0xB0, channel, pedal, 0, kSamples);
    }
  }

 private:
  static constexpr std::array<int, 5> kPlayed = {0, 1, 2, 9, 15};
  static constexpr std::array<int, 5> kStruck = {55, 60, 62, 64, 72};

  void act(std::int64_t due) {
    const int channel = kPlayed[static_cast<std::size_t>(below(5))];
    const int key = kStruck[static_cast<std::size_t>(below(5))];
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        message(0x90, channel, key, 1 + below(127), due);
        break;
      case 4:
      case 5:
      case 6:
        message(0x80, channel, key, below(128), due);
        break;
      case 7:
        message(0xB0, channel, kPedals[static_cast<std::size_t>(below(10))], 32 * below(4), due);
        break;
      case 8:
        message(0xB0, channel, kOthers[static_cast<std::size_t>(below(12))], below(128), due);
        break;
      case 9:
        message(0xA0 + 0x10 * (below(2) == 0 ? 0 : 4), channel, key, below(128), due);
        break;
      case 10:
        if (below(8) == 0) zone(due);
        break;
      default:
        setting(channel, key, due);
        break;
    }
  }

  void zone(std::int64_t due) {
    const int manager = below(2) * (kChannels - 1);
    message(0xB0, manager, kRpnHigh, 0, due);
    message(0xB0, manager, kRpnLow, kRpnZone, due);
    message(0xB0, manager, kDataEntry, below(16), due);
  }

  void setting(int channel, int key, std::int64_t due) {
    Event event;
    event.status = static_cast<std::uint8_t>(channel);
    event.due = due;
    event.kind = below(2) == 0 ? Event::Kind::kTune : Event::Kind::kLayer;
    if (event.kind == Event::Kind::kTune) {
      event.data1 = static_cast<std::uint8_t>(key);
      event.data2 = static_cast<std::uint8_t>(below(2));
      event.value = below(6) == 0 ? -128.0F : 0.1F * static_cast<float>(below(40) - 20);
    } else {
      constexpr float kValues[kLayerFields] = {0.0F, 58.0F, 66.0F, 20.0F, 100.0F, 7.0F, 0.5F, 0.8F};
      event.data1 = static_cast<std::uint8_t>(below(kLayers));
      event.data2 = static_cast<std::uint8_t>(below(kLayerFields));
      event.value = kValues[event.data2];
      if (event.data2 == 0 && event.data1 != 0 && below(2) == 0) event.value = Layer::kOff;
    }
    REQUIRE(engine_.send(event));
  }

  void message(int status, int channel, int data1, int data2, std::int64_t due) {
    REQUIRE(send(engine_, status + channel, data1, data2, due));
  }
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint32_t>(count)); }

  static constexpr std::array<int, 10> kPedals = {
      kSustain, kSustain, kSostenuto, kSostenuto,  kLegato,
      kLegato,  kMono,    kPoly,      kPortamento, kPortamentoControl};
  static constexpr std::array<int, 12> kOthers = {
      kAllNotesOff, kResetControllers, kModulation, kReverbSend, kChorusSend,   kVolume,
      kPan,         kPortamentoTime,   kBrightness, kSoft,       kVibratoDelay, kAllSoundOff};

  Engine& engine_;
  std::mt19937 random_;
};

std::vector<float> played(std::uint32_t seed, int block) {
  auto engine = make_engine(9, kRate, 1, 1.0F);
  for (const int key : {55, 60, 64, 72}) {
    TakeSpec spec = lively_spec(-20.0F);
    spec.pages = 4;
    REQUIRE(put_take(engine->takes(), {0, key, 5}, spec));
  }
  Hands(*engine, seed).play();
  auto out = render(*engine, kSamples + kTickSamples, block);
  const auto rest = render(*engine, 4 * kSamples, block);
  CHECK(engine->counters().voices.get() == 0);
  CHECK(engine->counters().nonfinite.get() == 0);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

}  // namespace

TEST_CASE("random hands: nothing sticks, and blocks of any size give the same samples") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const auto reference = played(seed, 64);
    CHECK(rms(reference, 0, reference.size()) > 1e-4);
    const auto other = played(seed, seed % 2 == 0 ? 37 : 500);
    CHECK(std::memcmp(reference.data(), other.data(), reference.size() * sizeof(float)) == 0);
  }
}
