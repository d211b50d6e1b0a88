// render() takes no memory, not even for the first note; and the counter that says so counts.
#include <doctest/doctest.h>

#include "helpers.h"
#include "pa_callback.h"

using namespace rtsynth;

#if !defined(RTSYNTH_SANITIZED)
TEST_CASE("the allocation counter counts") {
  const long before = allocation_count();
  auto* number = new int(1);
  CHECK(allocation_count() == before + 1);
  delete number;
  CHECK(allocation_count() == before + 2);
  std::vector<double> values(10);
  CHECK(allocation_count() == before + 3);
}
#endif

TEST_CASE("render never allocates: first note, misses, steals, controllers, arrival") {
  auto engine = make_engine(8, kRate, 1, 1.0F);
  engine->tap().turn(true);
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, lively_spec(-20.0F)));
  std::vector<float> block(2 * 256);
  long allocated = 0;
  const auto run = [&](int blocks) {
    const long before = allocation_count();
    for (int i = 0; i < blocks; ++i) engine->render(block.data(), 256);
    allocated += allocation_count() - before;
  };
  run(2);
  REQUIRE(send(*engine, 0x90, 60, 120));
  run(4);
  for (int key = 40; key < 60; ++key) REQUIRE(send(*engine, 0x91, key, 90));
  run(10);
  REQUIRE(put_take(engine->takes(), {0, 59, 5}, dense_spec()));
  REQUIRE(send(*engine, 0xB1, kModulation, 100));
  REQUIRE(send(*engine, 0xE1, 0, 127));
  REQUIRE(send(*engine, 0xB1, kReverbSend, 127));
  REQUIRE(send(*engine, 0xB1, kChorusSend, 127));
  REQUIRE(send(*engine, 0xB1, kSustain, 127));
  run(2500);  // past the end of a take
  REQUIRE(send(*engine, 0xB1, kAllSoundOff, 0));
  run(10);
  CHECK(allocated == 0);
  CHECK(engine->counters().stolen.get() > 0);

  const long before = allocation_count();
  pa_callback(nullptr, block.data(), 256, nullptr, 0x4, engine.get());
  CHECK(allocation_count() == before);
  CHECK(engine->counters().xruns.get() == 1);
}
