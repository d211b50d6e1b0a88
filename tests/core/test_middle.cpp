// Takes from the middle: what held notes go over to while their timbre moves.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr TakeId kId = {0, 60, 5};
constexpr std::size_t kPageBytes = kPageValues * sizeof(std::int16_t);

TakeSpec at_level(int pages, float level_db, float tail_db_per_s = 0.0F) {
  TakeSpec spec;
  spec.pages = pages;
  spec.tail_db_per_s = tail_db_per_s;
  spec.level = [level_db](int, std::size_t value) { return value == 0 ? level_db : -100.0F; };
  return spec;
}

void play_pages(Engine& engine, double pages) {
  render(engine, static_cast<int>(pages * kPageFrames * kRate / kFrameRateHz));
}

double level(Engine& engine) { return level_db(render(engine, 4800), 2400, 2400); }

}  // namespace

TEST_CASE("a middle take begins at any page, goes on, and begins anew") {
  OwnTakes takes;
  takes.prepare(20 * kPageBytes);
  const TakeId middle = kId.middle();
  CHECK(put_take(takes, middle, at_level(2, -10.0F), 7));
  CHECK(takes.pages_of(middle) == 9);
  CHECK(takes.pages_of(kId) == 0);
  CHECK(takes.used_bytes() == 2 * static_cast<std::int64_t>(kPageBytes));
  CHECK(put_take(takes, middle, at_level(1, -10.0F), 9));
  CHECK(takes.used_bytes() == 3 * static_cast<std::int64_t>(kPageBytes));
  const int take = takes.pin(middle);
  CHECK(takes.first_page(take) == 7);
  CHECK(put_take(takes, middle, at_level(1, -20.0F), 8));  // it is read: the old one stays
  CHECK_FALSE(takes.is_current(take, middle));
  CHECK(takes.pages_of(middle) == 9);
  CHECK(takes.used_bytes() == 4 * static_cast<std::int64_t>(kPageBytes));
  takes.unpin(take);
  takes.drop(middle);
  CHECK(takes.used_bytes() == 0);
  CHECK(takes.pin_nearest(kId) == TakeStore::kNone);  // no new note begins on one
}

TEST_CASE("where to go on: in the take itself, in its middle take, or anywhere that goes round") {
  OwnTakes takes;
  takes.prepare(200 * kPageBytes);
  REQUIRE(put_take(takes, kId, at_level(2, -10.0F)));
  REQUIRE(put_take(takes, kId.middle(), at_level(2, -20.0F), 40));
  const auto frame_of = [&takes](int frame) {
    const auto place = takes.pin_at(kId, frame);
    if (place.take == TakeStore::kNone) return -1;
    takes.unpin(place.take);
    CHECK(place.middle == (frame >= 64));
    return place.frame;
  };
  CHECK(frame_of(63) == 63);
  CHECK(frame_of(64) == -1);
  CHECK(frame_of(40 * 32 + 5) == 40 * 32 + 5);
  CHECK(frame_of(1023) == -1);
  CHECK(frame_of(1024) == 40 * 32);  // it goes round
  CHECK(frame_of(2039) == 40 * 32);
  REQUIRE(put_take(takes, kId.middle(), at_level(2, -20.0F, -20.0F), 40 - 8));
  CHECK(frame_of(2039) == -1);  // it decays
}

TEST_CASE("a held note goes over to its middle take at once, and asks for what follows") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), kId, at_level(20, 0.0F)));
  REQUIRE(send(*engine, 0x90, 60, 88));
  play_pages(*engine, 10.5);
  const auto reading = engine->takes().reading(0);
  REQUIRE(reading.size() == 1);
  CHECK(reading[0].key == 60);
  CHECK(reading[0].layer == 5);
  CHECK(std::abs(reading[0].frame - 10.5 * kPageFrames) <= 2);
  const double before = level(*engine);
  Request request;
  while (engine->requests().read(request)) {
  }
  REQUIRE(put_take(engine->takes(), kId.middle(), at_level(3, -12.0F), 10));
  CHECK(engine->counters().arrivals.get() == 0);  // its own take is still there
  engine->takes().drop(kId);
  render(*engine, kTickSamples);
  CHECK(engine->counters().arrivals.get() == 1);
  CHECK(level(*engine) == doctest::Approx(before - 12.0).epsilon(0.01));
  REQUIRE(put_take(engine->takes(), kId.middle(), at_level(2, -24.0F), 11));
  CHECK(level(*engine) == doctest::Approx(before - 24.0).epsilon(0.01));
  CHECK(engine->counters().arrivals.get() == 2);
  play_pages(*engine, 0.7);
  REQUIRE(engine->requests().read(request));
  CHECK(request.take.index() == kId.middle().index());
  CHECK(request.first_frame == 13 * int{kPageFrames});
  CHECK(engine->counters().late_frames.get() == 0);
}

TEST_CASE("a note that goes round goes on in a middle take, and round in it") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), kId, at_level(kTakePages, 0.0F)));
  REQUIRE(send(*engine, 0x90, 60, 88));
  play_pages(*engine, 80.0);
  const double before = level(*engine);
  REQUIRE(put_take(engine->takes(), kId.middle(), at_level(kTakePages - 36, -12.0F), 36));
  engine->takes().drop(kId);
  CHECK(level(*engine) == doctest::Approx(before - 12.0).epsilon(0.01));
  play_pages(*engine, 60.0);
  CHECK(level(*engine) == doctest::Approx(before - 12.0).epsilon(0.01));
  CHECK(engine->counters().late_frames.get() == 0);
  CHECK(engine->takes().reading(0).at(0).frame >= 36 * int{kPageFrames});
}

TEST_CASE("a note lacks frames that it will play, but none that it does not ask for") {
  constexpr int kThreePages = 3 * int{kPageFrames} * 256;
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), kId, at_level(2, 0.0F)));
  REQUIRE(send(*engine, 0x90, 60, 88));
  render(*engine, 640);
  CHECK_FALSE(engine->voices().lacks(64));
  CHECK(engine->voices().lacks(kThreePages));
  REQUIRE(send(*engine, 0x80, 60, 0));
  render(*engine, 640);
  REQUIRE(engine->counters().voices.get() == 1);
  CHECK_FALSE(engine->voices().lacks(kThreePages));  // released, it asks for a page ahead
}

TEST_CASE("a note that goes round lacks nothing where a middle take of its timbre does") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), kId, at_level(kTakePages, 0.0F)));
  REQUIRE(send(*engine, 0x90, 60, 88));
  play_pages(*engine, 80.0);
  engine->takes().drop(kId);
  render(*engine, kTickSamples);
  CHECK(engine->voices().lacks(64));
  REQUIRE(put_take(engine->takes(), kId.middle(), at_level(2, -12.0F), 36));
  CHECK_FALSE(engine->voices().lacks(64));
  engine->takes().drop(kId.middle());
  CHECK(engine->takes().used_bytes() == kTakePages * static_cast<std::int64_t>(kPageBytes));
}
