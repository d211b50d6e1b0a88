// The tap: frames come with the sample of the clock at which they were played, whatever was lost.
#include <doctest/doctest.h>

#include <vector>

#include "helpers.h"
#include "tap.h"

using namespace rtsynth;

namespace {

/// A tap whose left channel counts samples of the clock.
struct Clocked {
  Counters counters;
  Tap tap;
  std::int64_t clock = 0;

  Clocked() { tap.prepare(8000.0, counters); }

  void play(int samples) {
    std::vector<float> left(static_cast<std::size_t>(samples)), right(left.size(), 0.5F);
    for (std::size_t i = 0; i < left.size(); ++i) {
      left[i] = static_cast<float>(clock + static_cast<std::int64_t>(i));
    }
    tap.write(left.data(), right.data(), samples, clock);
    clock += samples;
  }

  /// Reads all; every frame is the one that its sample says. Returns how many.
  std::int64_t read_all(std::size_t at_once) {
    std::vector<float> out(2 * at_once);
    std::int64_t sample = 0, total = 0;
    while (const std::size_t count = tap.read(out.data(), at_once, sample)) {
      for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(out[2 * i] == static_cast<float>(sample + static_cast<std::int64_t>(i)));
        REQUIRE(out[2 * i + 1] == 0.5F);
      }
      total += static_cast<std::int64_t>(count);
    }
    return total;
  }
};

}  // namespace

TEST_CASE("the tap begins where it was turned on, each time") {
  Clocked it;
  it.play(100);
  CHECK(it.read_all(20) == 0);
  it.tap.turn(true);
  it.play(50);
  it.play(7);
  CHECK(it.read_all(20) == 57);
  it.play(5);  // nobody reads these
  it.tap.turn(false);
  it.play(1000);
  it.tap.turn(true);
  it.play(30);
  CHECK(it.read_all(64) == 30);
  it.tap.turn(false);
  it.tap.turn(true);  // nothing was played meanwhile
  it.play(9);
  CHECK(it.read_all(64) == 9);
  CHECK(it.counters.tap_dropped.get() == 0);
}

TEST_CASE("behind frames that were lost the tap says which sample it is") {
  for (const int block : {64, 1000, 40000}) {
    Clocked it;
    it.tap.turn(true);
    while (it.clock < 100'000) it.play(block);  // it holds 32768
    std::int64_t found = it.read_all(512);
    while (it.clock < 200'000) it.play(block);
    found += it.read_all(512);
    CHECK(it.counters.tap_dropped.get() > 0);
    CHECK(found + it.counters.tap_dropped.get() == it.clock);
  }
}

TEST_CASE("a reader that is always late loses frames, and never mistakes their place") {
  Clocked it;
  it.tap.turn(true);
  std::vector<float> out(2 * 16);
  std::int64_t sample = 0, found = 0;
  for (int i = 0; i < 20'000; ++i) {
    it.play(40);
    const std::size_t count = it.tap.read(out.data(), 16, sample);
    if (count > 0) REQUIRE(out[0] == static_cast<float>(sample));
    found += static_cast<std::int64_t>(count);
  }
  found += it.read_all(100);
  CHECK(found + it.counters.tap_dropped.get() == it.clock);
}
