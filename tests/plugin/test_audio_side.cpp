// An instance's part in the host's audio thread: blocks, and what hosts do between them.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "audio_side.h"
#include "plugin_helpers.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

constexpr int kSamples = 256;

struct Side {
  ParameterValues values;
  std::unique_ptr<AudioSide> audio =
      std::make_unique<AudioSide>(values, 48000.0, std::size_t{8} << 20);
  std::array<float, kSamples> left{};
  std::array<float, kSamples> right{};

  void process(int samples, const std::vector<HostEvent>& events = {}) {
    audio->process({left.data(), right.data(), 1}, samples, events);
  }
};

}  // namespace

TEST_CASE("a host may reset as often as it likes between two blocks of samples") {
  Side side;
  const std::size_t volume = place_of("volume");
  side.values.set(volume, 0.25);
  for (int i = 0; i < 40000; ++i) {
    side.audio->reset();
    if (i % 2 == 0) side.process(0);
  }
  CHECK(side.values.get(volume) == 0.25);
  side.process(kSamples);
  CHECK_FALSE(side.audio->sounds());
}

TEST_CASE("values that come with blocks without samples find room, and the last one holds") {
  Side side;
  const std::size_t master = place_of("master_volume");
  for (int i = 0; i < 40000; ++i) {
    side.values.set(master, 1.0 - i / 80000.0);
    side.values.wait(master);
    side.process(0, {parameter_event(*index_of("volume"), i / 40000.0)});
  }
  side.process(kSamples);
  side.process(kSamples);
  CHECK(side.values.get(master) == 1.0 - 39999 / 80000.0);
  CHECK(side.values.get(place_of("volume")) > 0.1);
  side.process(kSamples, {note_on(60, 1.0)});
  CHECK(side.audio->sounds());
}
