// Live events keep the distances at which they arrived.
#include <doctest/doctest.h>

#include "helpers.h"
#include "live_clock.h"

using namespace rtsynth;

TEST_CASE("an event is placed at the offset it had in the block before") {
  LiveClock clock;
  clock.prepare(48000.0);
  LiveWindow window;
  std::int64_t now = 1'000'000'000;
  for (int i = 0; i < 100; ++i) window = clock.next(now += 1'333'333, 64);
  CHECK(window.offset(now - 1'333'333 - 500'000) == 0);  // older than the window: at once
  CHECK(std::abs(window.offset(now - 660'000) - 32) <= 1);
  CHECK(window.offset(now + 200'000) == kNotInThisBlock);
  std::int64_t last = 0;
  for (std::int64_t t = now - 2'000'000; t < now; t += 1000) {
    const std::int64_t offset = window.offset(t);
    if (offset == kNotInThisBlock) break;
    CHECK(offset >= last);
    CHECK(offset < 64);
    last = offset;
  }
}

TEST_CASE("jitter of the callbacks shows little in the windows") {
  LiveClock clock;
  clock.prepare(48000.0);
  double worst = 0.0;
  for (int i = 0; i < 5000; ++i) {
    const auto ideal = static_cast<std::int64_t>(1e9 + i * 64 / 48000.0 * 1e9);
    const auto jitter =
        static_cast<std::int64_t>(hash_bits(static_cast<std::uint64_t>(i)) % 400'000);
    const LiveWindow window = clock.next(ideal + jitter, 64);
    if (i > 500)
      worst = std::max(worst, std::abs(static_cast<double>(window.end_ns - ideal) - 200'000.0));
  }
  CHECK(worst < 80'000.0);  // of 400 us of jitter; 4 samples
}

TEST_CASE("after a long gap the clock starts again") {
  LiveClock clock;
  clock.prepare(48000.0);
  std::int64_t now = 1'000'000'000;
  for (int i = 0; i < 10; ++i) clock.next(now += 1'333'333, 64);
  now += 2'000'000'000;
  CHECK(clock.next(now, 64).end_ns == now);
}

TEST_CASE("blocks that are asked for late are counted by how late they are") {
  LiveClock clock;
  clock.prepare(48000.0);
  for (int i = 0; i < 1000; ++i) {
    const auto ideal = static_cast<std::int64_t>(1e9 + i * 64 / 48000.0 * 1e9);
    const std::int64_t late = i == 500 ? 1'100'000 : i == 700 ? 15'000'000 : 0;
    clock.next(ideal + late, 64);
  }
  std::int64_t blocks = 0;
  for (std::size_t step = 0; step < LiveClock::kLateSteps; ++step)
    blocks += clock.late_blocks(step);
  CHECK(blocks == 999);  // the first one says when the others are due
  CHECK(clock.late_blocks(4) == 1);
  CHECK(clock.late_blocks(LiveClock::kLateSteps - 1) == 1);
}

TEST_CASE("the spacing of live notes is kept to the sample") {
  auto engine = make_engine();
  TakeSpec spec = dense_spec();
  spec.pages = 4;
  REQUIRE(put_take(engine->takes(), {0, 60, 6}, spec));
  std::vector<float> out(2 * 64);
  std::int64_t now = 5'000'000'000;
  std::int64_t next_note = now + 300'000'000;
  int sent = 0;
  for (int block = 0; block < 3000; ++block) {
    now += 1'333'333;
    for (; next_note < now; next_note += 9'123'456, ++sent) {
      Event event;
      event.status = 0x90;
      event.data1 = static_cast<std::uint8_t>(40 + sent % 60);
      event.data2 = 100;
      event.live_ns = next_note;
      REQUIRE(engine->send(event));
    }
    engine->render(out.data(), 64, engine->live_clock().next(now, 64));
  }
  std::int64_t first = -1;
  Trace::Row row;
  int count = 0;
  for (; engine->trace().read(row); ++count) {
    CHECK(row.first_sound == row.due);
    if (count == 0) first = row.due;
    const double wanted = static_cast<double>(first) + count * 9.123456e-3 * kRate;
    CHECK(std::abs(static_cast<double>(row.due) - wanted) <= 1.5);
  }
  CHECK(count > 300);
}
