// A link of two ends: what goes over it, and what is refused.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "helpers.h"
#include "midi_in.h"
#include "null_device.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

using namespace rtsynth;

namespace {

constexpr std::size_t kArenaBytes = std::size_t{2} << 20;

std::unique_ptr<Engine> shared_engine() {
  EngineConfig config;
  config.polyphony = 16;
  config.arena_bytes = kArenaBytes;
  config.variation = 0.0F;
  config.memory = Link::Memory::kShared;
  return std::make_unique<Engine>(config);
}

/// Why a descriptor is refused; empty: it is not.
std::string refusal(int file) {
  try {
    static_cast<void>(Link::adopt(file));
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("the other end plays, asks, makes and hears as if it were in the same place") {
  auto engine = shared_engine();
  Link link = Link::adopt(engine->file());
  CHECK(link.data().rate_hz.load() == kRate);
  REQUIRE(put_take(link.takes(), {0, 60, 7}, one_partial(1, 4)));
  CHECK(engine->takes().pages_of({0, 60, 7}) == 4);
  Event event;
  event.status = 0x90;
  event.data1 = 60;
  event.data2 = 127;
  REQUIRE(link.send(event));
  const auto out = render(*engine, 4800);
  CHECK(level_db(out, 0, 4800) > -60.0);
  CHECK(link.counters().notes.get() == 1);
  CHECK(link.counters().cache_hits.get() == 1);
  event.data1 = 72;
  event.due = 4800 + 64;
  REQUIRE(link.send(event));
  (void)render(*engine, 4800);
  Request request;
  REQUIRE(link.requests().read(request));
  while (request.take.key != 72) REQUIRE(link.requests().read(request));
  CHECK(request.take.layer == 7);
  CHECK(request.sounding);
}

TEST_CASE("an end that takes another's place gets what that left, and what is said is settled") {
  auto engine = shared_engine();
  MidiIn midi(*engine);
  Event event;
  const std::vector<unsigned char> dump = {0xF0, 1, 2, 3, 0xF7};
  const std::vector<unsigned char> other = {0xF0, 9, 8, 0xF7};
  CHECK(engine->is_settled());
  CHECK_FALSE(midi.take(dump, 5, event));
  CHECK_FALSE(midi.take(other, 6, event));
  REQUIRE(midi.take(std::vector<unsigned char>{0x91, 60, 100}, 7, event));
  CHECK(event.status == 0x91);
  REQUIRE(engine->data().told.push({3, 0.5, 9}));
  CHECK_FALSE(engine->is_settled());
  Heard row;
  {
    Link first = Link::adopt(engine->file());
    REQUIRE(first.heard().read(row));  // and ends before it has read the bytes
  }
  Link second = Link::adopt(engine->file());
  REQUIRE(second.heard().read(row));
  std::vector<unsigned char> bytes(row.length);
  second.heard().read_sysex(bytes);
  CHECK(bytes == other);
  second.settle();
  CHECK_FALSE(engine->is_settled());
  REQUIRE(second.heard().read(row));
  CHECK(row.sample == 7);
  second.settle();
  CHECK_FALSE(engine->is_settled());  // the value is still to be read
  REQUIRE(second.data().told.peek() != nullptr);
  CHECK(second.data().told.peek()->index == 3);
  second.data().told.pop();
  second.settle(640);
  CHECK(engine->is_settled());
  CHECK(engine->until_look(600, 512) == 40);
  CHECK(engine->until_look(600, 40) == 40);
  CHECK(engine->until_look(640, 512) == 512);  // it was asked there
  CHECK(engine->until_look(0, 512) == 512);
  second.settle();
  CHECK(engine->until_look(600, 512) == 512);
}

TEST_CASE("events and messages that make no sense are passed over") {
  auto engine = shared_engine();
  Link link = Link::adopt(engine->file());
  for (int kind = 0; kind < 256; ++kind) {
    Event event;
    event.kind = static_cast<Event::Kind>(kind);
    event.status = 0xFF;
    event.data1 = 0xFF;
    event.data2 = 0xFF;
    event.value = std::nanf("");
    REQUIRE(link.send(event));
  }
  const auto out = render(*engine, 64);
  CHECK(first_sound(out) == -1);
  CHECK(link.events_dropped() == 256);
  for (const TakeId id : {TakeId{-1, 0, 0}, TakeId{0, 128, 0}, TakeId{0, 0, 8}}) {
    REQUIRE(engine->requests().push({id, 0, true}));
  }
  REQUIRE(engine->requests().push({{0, 60, 0}, 5, true}));
  REQUIRE(engine->requests().push({{0, 60, 0}, kTakeFrames, true}));
  REQUIRE(engine->requests().push({{0, 61, 0}, 32, true}));
  Request request;
  REQUIRE(link.requests().read(request));
  CHECK(request.take.key == 61);
  Heard odd;
  odd.status = 0x12;
  engine->heard().push(odd);
  odd.status = 0xF0;
  odd.length = 0xFFFF;
  engine->heard().push(odd);
  odd.status = 0xC0;
  odd.length = 0;
  odd.slot = 9999;
  engine->heard().push(odd);
  CHECK_FALSE(link.heard().read(odd));
}

#if !defined(_WIN32)
TEST_CASE("what is no link, or of another kind, is refused with a line") {
  CHECK(refusal(-1) == "no such descriptor");
  auto engine = shared_engine();
  LinkHead& head = engine->data().head;
  const LinkHead good = head;
  CHECK(refusal(engine->file()).empty());
  const auto with = [&](auto change, const char* line) {
    change();
    CHECK(refusal(engine->file()) == line);
    head = good;
  };
  with([&] { head.magic ^= 1; }, "not a link");
  with([&] { ++head.version; }, "a link of another version of rtsynth");
  with([&] { ++head.contract; }, "a link of another version of the contract");
  with([&] { ++head.pages; }, "a link of other sizes");
  with([&] { head.pages = ~std::uint64_t{0}; }, "a link of other sizes");
  with([&] { head.frame_bits = 12; }, "a link of other sizes");
  with([&] { head.takes_at += 64; }, "a link of other sizes");
  with([&] { --head.entry_bytes; }, "a link of other sizes");
  with([&] { head.bytes += 4096; }, "a link of other sizes");
  CHECK(refusal(engine->file()).empty());
  Engine alone({});
  CHECK(alone.file() == Segment::kNoFile);
}
#endif

#if defined(__linux__)
TEST_CASE("a segment cannot be cut, and one that could be is refused") {
  auto engine = shared_engine();
  CHECK(ftruncate(engine->file(), 4096) == -1);
  CHECK(ftruncate(engine->file(), std::int64_t{1} << 30) == -1);
  const int loose = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  REQUIRE(loose >= 0);
  REQUIRE(ftruncate(loose, std::int64_t{1} << 20) == 0);
  CHECK(refusal(loose) == "not a sealed segment of memory");
  REQUIRE(fcntl(loose, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
  CHECK(refusal(loose) == "too small to be a link");
  close(loose);
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  CHECK(refusal(pipes[0]) == "not a sealed segment of memory");
  close(pipes[0]);
  close(pipes[1]);
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 20; ++i) {
    const Link link = Link::adopt(engine->file());
    const Link moved = Link::adopt(link.file());
    CHECK(fcntl(moved.file(), F_GETFD) == FD_CLOEXEC);
  }
  const int after = dup(0);
  close(after);
  CHECK(after == before);  // no descriptor is left behind
}
#endif

// Over one mapping: ThreadSanitizer takes two mappings for two memories.
TEST_CASE("the ends of a link on threads of their own") {
  EngineConfig config;
  config.polyphony = 12;
  config.arena_bytes = kArenaBytes;
  Engine engine(config);
  Link& link = engine;
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> made{0}, followed{0}, told{0};
  std::thread generator([&] {
    while (!stop.load()) {
      Request request;
      while (link.requests().read(request)) {
        TakeSpec spec = one_partial(1, 1);
        const int page = request.first_frame / int{kPageFrames};
        if (put_take(link.takes(), request.take, spec, page)) made.fetch_add(1);
      }
      link.beat();
      std::this_thread::yield();
    }
  });
  std::thread follower([&] {
    while (!stop.load()) {
      for (Heard row; link.heard().read(row); followed.fetch_add(1)) {
        std::array<unsigned char, HeardMessages::kLongestSysex> bytes;
        if (row.length > 0) link.heard().read_sysex({bytes.data(), row.length});
        Event event;
        event.kind = Event::Kind::kTimbre;
        static_cast<void>(link.send(event));
      }
      for (; link.data().told.peek() != nullptr; told.fetch_add(1)) link.data().told.pop();
      static_cast<void>(link.data().moved.push({1, 0.5, 0}));
      link.programs().set(0, 1, 2);
      link.data().level_db.store(-3.0F);
      link.settle();
      std::this_thread::yield();
    }
  });
  MidiIn midi(engine);
  std::vector<float> out(2 * 64);
  std::int64_t moved = 0;
  for (int i = 0; i < 4000 || followed.load() < 500 || told.load() < 500; ++i) {
    std::array<Event, 2> events{};
    const auto key = static_cast<unsigned char>(40 + i / 2 % 40);
    const std::array<unsigned char, 3> note = {static_cast<unsigned char>(i % 2 ? 0x80 : 0x90), key,
                                               100};
    const std::array<unsigned char, 2> program = {0xC0, 1};
    std::size_t used = 0;
    used += midi.take(note, i * 64, events[used]) ? 1 : 0;
    used += midi.take(program, i * 64, events[used]) ? 1 : 0;
    for (Event& event : events) event.due = 0;
    static_cast<void>(engine.data().told.push({i, 1.0, 0}));
    engine.render({out.data(), out.data() + 1, 2}, 64, {{}, {events.data(), used}});
    while (engine.data().moved.peek() != nullptr) {
      engine.data().moved.pop();
      ++moved;
    }
    if (i % 16 == 0) std::this_thread::yield();
  }
  stop.store(true);
  generator.join();
  follower.join();
  CHECK(made.load() > 0);
  CHECK(moved > 0);
  CHECK(engine.counters().nonfinite.get() == 0);
}
