// The store of takes: pages, pins, eviction, and two threads at it.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr std::size_t kPageBytes = kPageValues * sizeof(std::int16_t);

TakeSpec constant_spec(int pages, float level_db) {
  TakeSpec spec;
  spec.pages = pages;
  spec.level = [level_db](int, std::size_t) { return level_db; };
  return spec;
}

}  // namespace

TEST_CASE("pages are stored within 1/256 dB, in order, and once") {
  OwnTakes takes;
  takes.prepare(100 * kPageBytes);
  const TakeId id = {3, 60, 2};
  CHECK(takes.pin(id) == TakeStore::kNone);
  CHECK_FALSE(put_take(takes, id, constant_spec(1, -10.0F), 1));  // page 0 is missing
  CHECK(put_take(takes, id, constant_spec(2, -33.333F)));
  CHECK_FALSE(put_take(takes, id, constant_spec(1, -10.0F), 3));
  CHECK(put_take(takes, id, constant_spec(2, -200.0F), 1));  // page 1 is there already
  CHECK(takes.pages_of(id) == 3);
  const int take = takes.pin(id);
  REQUIRE(take != TakeStore::kNone);
  CHECK(std::abs(takes.frame(take, 40)[17] / 256.0 + 33.333) <= 0.5 / 256.0);
  CHECK(takes.frame(take, 40)[kFramePitch] == 0);
  CHECK(takes.frame(take, 64)[0] == -100 * 256);  // the floor
  CHECK(takes.takes() == 1);
  CHECK(takes.used_bytes() == 3 * static_cast<std::int64_t>(kPageBytes));
  CHECK(takes.drop_timbre(3) == 1);  // pinned: out of the directory, but still to be read
  CHECK(takes.pages_of(id) == 0);
  CHECK(takes.pages_ready(take) == 3);
  CHECK_FALSE(takes.is_current(take, id));
  CHECK(put_take(takes, id, constant_spec(1, -5.0F)));
  CHECK(takes.frame(take, 0)[0] != -5 * 256);
  takes.unpin(take);
  CHECK(takes.drop_timbre(3) == 0);
  CHECK(takes.pin(id) == TakeStore::kNone);
  CHECK(takes.used_bytes() == 0);
}

TEST_CASE("coarse frames: half the bytes, levels within a quarter of a decibel, the pitch exact") {
  OwnTakes takes;
  takes.prepare(100 * kPageBytes, FrameFormat::kCoarse);
  CHECK(takes.arena_bytes() <= static_cast<std::int64_t>(100 * kPageBytes));
  TakeSpec spec;
  spec.pages = 4;
  spec.gain_db = 0.0F;
  spec.cents = [](int frame) { return 0.25F * static_cast<float>(frame - 64); };
  spec.level = [](int frame, std::size_t value) {
    return -100.0F + 0.00622F * static_cast<float>(static_cast<std::size_t>(frame) * 160 + value);
  };
  REQUIRE(put_take(takes, {0, 60, 0}, spec));
  CHECK(takes.used_bytes() == 4 * static_cast<std::int64_t>(kPageFrames * (kFrameLevels + 2)));
  const int take = takes.pin({0, 60, 0});
  TakeReader reader;
  reader.prepare(takes, best_kernels());
  reader.start(take, 1);
  double worst = 0.0;
  for (int i = 0; i < 4 * int{kPageFrames} - 1; ++i) {
    Frame frame;
    reader.read(frame);
    CHECK(frame.cents == spec.cents(i));
    for (std::size_t v = 0; v < kFrameLevels; ++v) {
      const double db = to_db(static_cast<double>(frame.amplitudes[v]));
      worst = std::max(worst, std::abs(db - static_cast<double>(spec.level(i, v))));
    }
    (void)reader.advance();
  }
  CHECK(worst <= 0.2501);
  CHECK(worst > 0.24);  // and the test reaches the rounding's edge
  reader.stop();
}

TEST_CASE("coarse frames: what they cannot hold is the nearest that they can") {
  OwnTakes takes;
  takes.prepare(12 * kPageBytes, FrameFormat::kCoarse);
  TakeSpec spec = constant_spec(1, 0.0F);
  spec.level = [](int, std::size_t value) {
    const float all[] = {std::nanf(""), -INFINITY, 1e9F, -120.0F, 27.5F, 0.1F};
    return all[std::min(value, std::size_t{5})];
  };
  REQUIRE(put_take(takes, {0, 60, 0}, spec));
  const int take = takes.pin({0, 60, 0});
  const auto* bytes = reinterpret_cast<const unsigned char*>(takes.frame(take, 31));
  const int wanted[] = {0, 0, 255, 0, 255, 200};
  for (std::size_t i = 0; i < 6; ++i) CHECK(int{bytes[i]} == wanted[i]);
}

TEST_CASE("the take used longest ago goes, never one that is read") {
  OwnTakes takes;
  takes.prepare(12 * kPageBytes);
  for (int key = 60; key < 63; ++key) {
    takes.set_time(static_cast<std::uint32_t>(key));
    REQUIRE(put_take(takes, {0, key, 0}, constant_spec(4, -10.0F)));
  }
  const int held = takes.pin({0, 61, 0});
  takes.set_time(100);
  const int touched = takes.pin({0, 60, 0});
  takes.unpin(touched);
  CHECK(put_take(takes, {0, 70, 0}, constant_spec(4, -10.0F)));
  CHECK(takes.pages_of({0, 62, 0}) == 0);
  CHECK(put_take(takes, {0, 71, 0}, constant_spec(4, -10.0F)));
  CHECK(takes.pages_of({0, 60, 0}) + takes.pages_of({0, 70, 0}) == 4);
  const int second = takes.pin({0, 71, 0});
  CHECK_FALSE(put_take(takes, {0, 72, 0}, constant_spec(12, -10.0F)));  // itself is not room
  CHECK(takes.pages_of({0, 61, 0}) == 4);
  CHECK(takes.pages_of({0, 71, 0}) == 4);
  CHECK(takes.takes() == 3);
  takes.unpin(held);
  takes.unpin(second);
}

TEST_CASE("values that are not finite are stored as something that is") {
  OwnTakes takes;
  takes.prepare(12 * kPageBytes);
  TakeSpec spec = constant_spec(1, std::nanf(""));
  spec.gain_db = std::nanf("");
  spec.tail_db_per_s = INFINITY;
  spec.inharmonicity_log10 = -INFINITY;
  spec.width = std::nanf("");
  spec.detune_cents = {5.0F, INFINITY, -30.5F, 500.0F, std::nanf("")};
  spec.cents = [](int frame) {
    const float all[] = {std::nanf(""), -INFINITY, 1e9F, -33.333F, 0.0F};
    return all[std::min(frame, 4)];
  };
  REQUIRE(put_take(takes, {0, 60, 0}, spec));
  const int take = takes.pin({0, 60, 0});
  CHECK(takes.frame(take, 0)[0] == -100 * 256);
  const NoteValues& note = takes.note(take);
  CHECK(std::isfinite(note.gain_db + note.tail_db_per_s + note.inharmonicity));
  CHECK(note.tail_db_per_s <= 0.0F);
  CHECK(note.width == 0.0F);
  const std::int16_t detune[] = {0, 0, -1952, 400 * 64, 0};  // partial 1 is never detuned
  for (std::size_t i = 0; i < 5; ++i) CHECK(note.detune[i] == detune[i]);
  const int cents[] = {0, 0, 120 * 256, -8533, 0};
  for (int i = 0; i < 5; ++i) CHECK(takes.frame(take, i)[kFramePitch] == cents[i]);
}

TEST_CASE("the nearest take: layer, then key, then any timbre") {
  OwnTakes takes;
  takes.prepare(64 * kPageBytes);
  const auto nearest_level = [&takes](TakeId id) {
    const int take = takes.pin_nearest(id);
    if (take == TakeStore::kNone) return 1.0F;
    const float db = static_cast<float>(takes.frame(take, 0)[0]) / 256.0F;
    takes.unpin(take);
    return db;
  };
  CHECK(nearest_level({5, 60, 3}) == 1.0F);
  REQUIRE(put_take(takes, {9, 60, 3}, constant_spec(1, -9.0F)));
  CHECK(nearest_level({5, 60, 3}) == -9.0F);
  REQUIRE(put_take(takes, {5, 72, 3}, constant_spec(1, -12.0F)));
  CHECK(nearest_level({5, 60, 3}) == -12.0F);
  REQUIRE(put_take(takes, {5, 64, 7}, constant_spec(1, -4.0F)));
  CHECK(nearest_level({5, 60, 3}) == -4.0F);
  REQUIRE(put_take(takes, {5, 60, 0}, constant_spec(1, -60.0F)));
  CHECK(nearest_level({5, 60, 3}) == -60.0F);
  REQUIRE(put_take(takes, {5, 60, 5}, constant_spec(1, -65.0F)));
  CHECK(nearest_level({5, 60, 3}) == -65.0F);
}

TEST_CASE("two threads: what is pinned never changes under the reader") {
  static OwnTakes takes;  // room for 6 takes of 4 pages, 40 are wanted
  takes.prepare(24 * kPageBytes);
  constexpr int kKeysInUse = 40;
  std::atomic<bool> stop{false};
  std::atomic<int> writes{0};
  std::thread generator([&] {
    for (std::uint64_t i = 0; !stop.load(); ++i) {
      const int key = static_cast<int>(hash_bits(i) % kKeysInUse);
      const bool done =
          put_take(takes, {0, key, 0}, constant_spec(4, -1.0F - static_cast<float>(key)));
      if (done) writes.fetch_add(1);
      if (i % 64 == 0) takes.drop_timbre(0);
    }
  });
  std::int64_t wrong = 0, reads = 0;
  for (std::uint64_t i = 0; reads < 3000 || writes.load() < 500; ++i) {
    takes.set_time(static_cast<std::uint32_t>(i));
    const int key = static_cast<int>(hash_bits(~i) % kKeysInUse);
    const int take = takes.pin({0, key, 0});
    if (take == TakeStore::kNone) continue;
    ++reads;
    const int ready = takes.pages_ready(take) * int{kPageFrames};
    if (ready == 0) ++wrong;
    for (int frame = 0; frame < ready; frame += 5) {
      const std::int16_t* values = takes.frame(take, frame);
      for (std::size_t v = 0; v < kFrameLevels; v += 9) wrong += values[v] != -256 * (key + 1);
    }
    takes.unpin(take);
  }
  stop.store(true);
  generator.join();
  CHECK(wrong == 0);
  CHECK(takes.drop_timbre(0) == 0);  // every pin was given back
  CHECK(takes.used_bytes() == 0);
}
