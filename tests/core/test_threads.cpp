// All the engine's threads at once: what ThreadSanitizer looks at (RTSYNTH_SANITIZE=thread).
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "helpers.h"
#include "null_device.h"

using namespace rtsynth;

TEST_CASE("device, generator, recorder and control at once") {
  EngineConfig config;
  config.polyphony = 12;
  config.arena_bytes = std::size_t{2} << 20;  // 204 pages: takes come and go
  Engine engine(config);
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> made{0}, recorded{0};
  std::thread generator([&] {
    std::uint64_t turn = 0;
    while (!stop.load()) {
      Request request;
      while (engine.requests().read(request)) {
        TakeSpec spec = lively_spec(-20.0F);
        spec.pages = 1;
        if (put_take(engine.takes(), request.take, spec, request.first_frame / int{kPageFrames})) {
          made.fetch_add(1);
        }
      }
      if (++turn % 100 == 0) engine.takes().drop_timbre(0);
      std::this_thread::yield();
    }
  });
  std::thread recorder([&] {
    std::vector<float> out(2 * 1024);
    while (!stop.load()) {
      std::int64_t sample = 0;
      recorded.fetch_add(static_cast<std::int64_t>(engine.tap().read(out.data(), 1024, sample)));
      std::this_thread::yield();
    }
  });
  NullDevice device(engine, 64);
  engine.tap().turn(true);
  device.start();
  std::int64_t traced = 0;
  for (int i = 0; i < 400; ++i) {
    (void)send(engine, i % 2 == 0 ? 0x90 : 0x80, 40 + i / 2 * 7 % 40, 100);
    (void)send(engine, 0xE0, i % 128, 64);
    for (Trace::Row row; engine.trace().read(row);) ++traced;
    (void)engine.load().load();
    (void)engine.peaks().get(0);
    if (i % 50 == 0) engine.peaks().reset();
    (void)engine.takes().pages_of({0, 60, 6});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  device.stop();
  stop.store(true);
  generator.join();
  recorder.join();
  CHECK(made.load() > 0);
  CHECK(recorded.load() > 0);
  CHECK(traced > 0);
  CHECK(engine.counters().nonfinite.get() == 0);
}

TEST_CASE("a page that is shown is whole, and a take that is read is not freed") {
  OwnTakes takes;
  takes.prepare(12 * kPageValues * sizeof(std::int16_t));
  constexpr int kFirstKey = 50, kLastKey = 57;
  const auto level_of = [](int key) { return static_cast<float>(-key); };
  std::atomic<bool> stop{false};
  std::int64_t read = 0, wrong = 0;
  std::thread audio([&] {
    for (int key = kFirstKey; !stop.load(std::memory_order_relaxed); ++key) {
      if (key > kLastKey) key = kFirstKey;
      const int take = takes.pin({0, key, 0});
      if (take == TakeStore::kNone) continue;
      for (int turn = 0; turn < 20; ++turn, ++read) {
        const int last = takes.pages_ready(take) * int{kPageFrames} - 1;
        const float level = static_cast<float>(takes.frame(take, last)[0]) / kFrameSteps;
        wrong += level != level_of(key) || takes.note(take).gain_db != level_of(key);
        if (turn % 4 == 0) std::this_thread::yield();
      }
      takes.unpin(take);
    }
  });
  std::int64_t made = 0;
  for (int turn = 0; turn < 1500; ++turn) {  // more than there is room for: takes come and go
    const TakeId id{0, kFirstKey + turn / 3 % (kLastKey - kFirstKey + 1), 0};
    const int page = takes.pages_of(id);
    TakeSpec spec;
    spec.pages = 1;
    spec.gain_db = level_of(id.key);
    spec.level = [&](int, std::size_t) { return level_of(id.key); };
    if (page < int{kTakePages} && put_take(takes, id, spec, page)) ++made;
    if (turn % 200 == 0) takes.drop_timbre(0);
  }
  stop.store(true);
  audio.join();
  CHECK(made > 100);
  CHECK(read > 0);
  CHECK(wrong == 0);
}
