// A generator that ends anywhere, and the next one that takes its place while voices read.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "helpers.h"

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace rtsynth;

namespace {

constexpr std::size_t kPageBytes = kPageValues * sizeof(std::int16_t);

TakeSpec level_spec(int pages, int key) {
  TakeSpec spec;
  spec.pages = pages;
  spec.gain_db = static_cast<float>(-key);
  spec.level = [key](int, std::size_t) { return static_cast<float>(-key); };
  return spec;
}

/// How many values of a pinned take are not its key's.
std::int64_t wrong_values(const TakeStore& takes, int take, int key) {
  std::int64_t wrong = takes.note(take).gain_db != static_cast<float>(-key);
  const int ready = takes.pages_ready(take) * int{kPageFrames};
  for (int frame = 0; frame < ready; frame += 7) {
    wrong += takes.frame(take, frame)[frame % int{kFrameLevels}] != -256 * key;
  }
  return wrong + (ready == 0 ? 1 : 0);
}

/// A generator's work, from `seed` on.
void make_takes(TakeStore& takes, std::uint64_t seed) {
  const int key = 40 + static_cast<int>(hash_bits(seed) % 40);
  static_cast<void>(put_take(takes, {0, key, 0}, level_spec(1 + key % 3, key)));
  if (seed % 16 == 0) takes.drop({0, 40 + static_cast<int>(hash_bits(~seed) % 40), 0});
  if (seed % 200 == 0) takes.drop_timbre(0);
}

/// Reads one take after the other.
class Reader {
 public:
  explicit Reader(TakeStore& takes) : takes_(takes) {}
  void read() {
    takes_.set_time(static_cast<std::uint32_t>(++turn_));
    const int key = 40 + static_cast<int>(hash_bits(turn_) % 40);
    const int take = takes_.pin({0, key, 0});
    if (take == TakeStore::kNone) return;
    wrong += wrong_values(takes_, take, key);
    ++reads;
    if (held_ != TakeStore::kNone && turn_ % 8 == 0) let_go();
    if (held_ == TakeStore::kNone) {
      held_ = take;
      held_key_ = key;
    } else {
      takes_.unpin(take);
      wrong += wrong_values(takes_, held_, held_key_);
    }
  }
  void let_go() {
    if (held_ != TakeStore::kNone) takes_.unpin(std::exchange(held_, TakeStore::kNone));
  }
  std::int64_t reads = 0;
  std::int64_t wrong = 0;

 private:
  TakeStore& takes_;
  std::uint64_t turn_ = 0;
  int held_ = TakeStore::kNone;  // across generators
  int held_key_ = 0;
};

}  // namespace

TEST_CASE("the next generator finds the takes, and what is free, and what is still read") {
  const TakeLayout layout = TakeLayout::of(24 * kPageBytes, FrameFormat::kFine);
  const Segment memory = Segment::make(layout.bytes());
  TakeStore audio, first, second;
  audio.make(memory.data(), layout);
  first.attach(memory.data(), layout);
  first.recover();
  for (int key = 60; key < 66; ++key) REQUIRE(put_take(first, {0, key, 0}, level_spec(3, key)));
  REQUIRE(put_take(first, TakeId{0, 60, 0}.middle(), level_spec(1, 60), 40));
  const int held = audio.pin({0, 61, 0});
  first.drop({0, 61, 0});
  second.attach(memory.data(), layout);
  second.recover();
  CHECK(second.takes() == 6);
  CHECK(second.used_bytes() == 19 * static_cast<std::int64_t>(kPageBytes));
  CHECK(second.pages_of({0, 63, 0}) == 3);
  CHECK(second.pages_of(TakeId{0, 60, 0}.middle()) == 41);
  CHECK(audio.pages_of({0, 61, 0}) == 0);
  CHECK(put_take(second, {1, 50, 0}, level_spec(5, 50)));  // all that is free
  CHECK(wrong_values(audio, held, 61) == 0);
  audio.unpin(held);
  CHECK(put_take(second, {1, 51, 0}, level_spec(3, 51)));  // what was read is free now
  CHECK(second.takes() == 8);
  for (int timbre = 0; timbre < 2; ++timbre) CHECK(second.drop_timbre(timbre) == 0);
  CHECK(second.used_bytes() == 0);
}

TEST_CASE("voices read on while generators come and go") {
  const TakeLayout layout = TakeLayout::of(40 * kPageBytes, FrameFormat::kFine);
  const Segment memory = Segment::make(layout.bytes());
  TakeStore audio;
  audio.make(memory.data(), layout);
  std::atomic<bool> stop{false};
  std::thread generators([&] {
    for (std::uint64_t seed = 1; !stop.load();) {
      TakeStore takes;
      takes.attach(memory.data(), layout);
      takes.recover();
      for (int i = 0; i < 30; ++i) make_takes(takes, seed++);
    }
  });
  Reader reader(audio);
  while (reader.reads < 4000) reader.read();
  reader.let_go();
  stop.store(true);
  generators.join();
  CHECK(reader.wrong == 0);
  TakeStore last;
  last.attach(memory.data(), layout);
  last.recover();
  CHECK(last.drop_timbre(0) == 0);
  CHECK(last.used_bytes() == 0);
}

TEST_CASE("whatever bytes lie there, nothing is read or written beside the memory") {
  const TakeLayout layout = TakeLayout::of(12 * kPageBytes, FrameFormat::kCoarse);
  std::mt19937_64 random(3);
  for (int turn = 0; turn < 60; ++turn) {
    const Segment memory = Segment::make(layout.bytes());
    TakeStore audio, takes;
    audio.make(memory.data(), layout);
    for (int key = 60; key < 66; ++key) REQUIRE(put_take(audio, {0, key, 0}, level_spec(2, key)));
    const int held = audio.pin({0, 62, 0});
    const std::size_t from = turn % 2 == 0 ? layout.headers_at() : 0;
    const std::size_t room = layout.arena_at() - from;
    for (int i = 0; i < (turn % 3 == 0 ? 40 : 4000); ++i) {
      memory.data()[from + random() % room] = static_cast<std::byte>(random());
    }
    takes.attach(memory.data(), layout);
    takes.recover();
    std::int64_t sum = 0;
    for (int key = 0; key < kKeys; ++key) {
      const int take = audio.pin_nearest({static_cast<int>(random() % kTimbreSlots), key, 0});
      if (take == TakeStore::kNone) continue;
      for (int frame = 0; frame < kTakeFrames; frame += 100) sum += audio.frame(take, frame)[0];
      sum += audio.pages_ready(take) + audio.first_page(take);
      audio.unpin(take);
    }
    CHECK(sum != 1);
    for (std::uint64_t i = 0; i < 50; ++i) make_takes(takes, i);
    for (int timbre = 0; timbre < int{kTimbreSlots}; ++timbre) {
      static_cast<void>(takes.reading(timbre));
      static_cast<void>(takes.drop_timbre(timbre));
    }
    CHECK(takes.used_bytes() <= takes.arena_bytes());
    CHECK(takes.used_bytes() >= 0);
    static_cast<void>(held);
  }
}

TEST_CASE("what another process writes beneath a generator leads nowhere else") {
  constexpr std::ptrdiff_t kBeside = 65536;
  constexpr std::byte kMark{0x5A};
  const TakeLayout layout = TakeLayout::of(12 * kPageBytes, FrameFormat::kCoarse);
  std::mt19937_64 random(4);
  for (int turn = 0; turn < 60; ++turn) {
    const Segment whole = Segment::make(layout.bytes() + 2 * kBeside);
    std::fill_n(whole.data(), whole.bytes(), kMark);
    std::byte* const memory = whole.data() + kBeside;
    TakeStore takes;
    takes.make(memory, layout);
    for (std::uint64_t i = 0; i < 300; ++i) {
      for (int bytes = 0; bytes < 40; ++bytes) {
        const std::size_t room = layout.arena_at() - layout.headers_at();
        memory[layout.headers_at() + random() % room] = static_cast<std::byte>(random());
      }
      make_takes(takes, i);
      if (i % 50 == 0) static_cast<void>(takes.drop_timbre(0));
    }
    CHECK(std::count(whole.data(), memory, kMark) == kBeside);
    CHECK(std::count(memory + layout.bytes(), memory + layout.bytes() + kBeside, kMark) == kBeside);
  }
}

#if defined(__linux__) && !defined(RTSYNTH_SANITIZED)
TEST_CASE("a generator in another process that is killed anywhere loses no page") {
  EngineConfig config;
  config.arena_bytes = 60 * kPageBytes;
  config.memory = Link::Memory::kShared;
  Engine engine(config);
  Reader reader(engine.takes());
  std::uint64_t seed = 1;
  for (int turn = 0; turn < 25; ++turn) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        Link link = Link::adopt(engine.file());
        for (std::uint64_t i = seed;; ++i) make_takes(link.takes(), i);
      } catch (...) {
        _exit(1);
      }
    }
    const std::int64_t until = reader.reads + 200 + turn * 7;
    while (reader.reads < until) reader.read();
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    seed += 1000;
  }
  CHECK(reader.wrong == 0);
  reader.let_go();
  Link link = Link::adopt(engine.file());
  CHECK(link.takes().drop_timbre(0) == 0);
  CHECK(link.takes().used_bytes() == 0);
  CHECK(link.takes().takes() == 0);
}
#endif
