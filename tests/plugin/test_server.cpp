// Whatever becomes of the server, the host's audio thread goes on; and offline it waits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "feeder.h"
#if !defined(RTSYNTH_SANITIZED)
#include "realtime_watch.h"
#endif
#include "state.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

std::vector<HostEvent> chord(int count, int sample = 0) {
  std::vector<HostEvent> events;
  for (int i = 0; i < count; ++i) events.push_back(note_on(40 + i, 0.8, 0, i, sample));
  return events;
}

/// A piece of music with a bit of everything.
std::vector<HostEvent> song() {
  std::vector<HostEvent> events = {parameter_event(index("expression"), 1.0)};
  for (int i = 0; i < 24; ++i) {
    const int at = 1009 * i;
    events.push_back(note_on(48 + i, 0.3 + 0.02 * i, i % 3, i, at));
    events.push_back(parameter_event(index("expression"), 0.5 + 0.02 * i, at + 100));
    events.push_back(note_off(48 + i, i % 3, i, at + 900));
  }
  return events;
}

}  // namespace

TEST_CASE("a server is killed while 32 voices sound: they go on, and the next one has the memory") {
  Bench bench;
  FakeServer server(bench.room);
  auto feeder = std::make_unique<Feeder>(bench, server);
  const auto notes = chord(32);
  bench.process(64, notes);
  REQUIRE(comes([&] {
    bench.process(64);
    return feeder->made() >= 64;
  }));
  feeder.reset();
  server.drop();
  for (int i = 0; i < 200; ++i) {
    bench.process(64);
    CHECK(bench.first_sound() >= 0);
  }
  const std::vector<HostEvent> more = {note_on(50, 0.8, 0, 99)};
  bench.process(64, more);
  Feeder next(bench, server);
  std::vector<HostEvent> off = {note_off(-1, -1)};
  bench.process(64, off);
  REQUIRE(comes([&] {
    bench.process(4096);
    return !bench.instance->sounds();
  }));
  const std::vector<HostEvent> low = {note_on(30, 0.8)};  // nothing near it is cached
  bench.process(64, low);
  CHECK(comes([&] {
    bench.process(64);
    return next.made() > 0;
  }));
}

#if !defined(RTSYNTH_SANITIZED)
TEST_CASE("process takes no memory, whatever comes and whatever becomes of the server") {
  Bench bench;
  std::vector<HostEvent> events;
  for (int i = 0; i < 3000; ++i) {
    events.push_back(i % 3 == 0 ? note_on(i % 128, 0.5, i % 16, i, i / 5)
                                : parameter_event(i % 50, i % 7, i / 5));
  }
  events.push_back(note_off(-1, -1));
  bench.left.resize(8192);
  bench.right.resize(8192);
  // Other threads take memory: it is the calls of the audio thread that are watched (main.cpp), and
  // here, where no other thread runs, all are counted.
  const auto run = [&] {
    for (const int samples : {0, 1, 7, 64, 4096, 8192}) {
      bench.process(samples, events);
      bench.instance->reset();
      Moved moved;
      while (bench.instance->next_moved(moved)) {
      }
    }
  };
  const std::int64_t before = realtime_sections();
  run();  // absent
  FakeServer server(bench.room);
  std::optional<Feeder> feeder(std::in_place, bench, server);
  run();
  feeder->stall(true);
  run();
  for (int i = 0; i < 400; ++i) bench.process(64, std::span(events).first(300));  // queues are full
  feeder.reset();
  server.drop();
  run();
  CHECK(realtime_sections() > before);
  CHECK(blocking_calls() == 0);
}
#endif

TEST_CASE("values that a stalled server could not hear are told once it listens again") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  std::vector<HostEvent> events;
  for (std::size_t i = 0; i < kHostValues + 10; ++i) {
    events.push_back(parameter_event(index("reverb_time"), 1.0 + 1e-4 * static_cast<double>(i)));
  }
  for (std::size_t at = 0; at < events.size(); at += 1000) {
    bench.process(64,
                  std::span(events).subspan(at, std::min<std::size_t>(1000, events.size() - at)));
  }
  while (link.data().told.peek() != nullptr) link.data().told.pop();
  bench.process(64);
  const HostValue* told = link.data().told.peek();
  REQUIRE(told != nullptr);
  CHECK(told->value == events.back().value);
  link.data().told.pop();
  bench.process(64);
  CHECK(link.data().told.peek() == nullptr);
}

TEST_CASE("a new server hears what the host has set, once it has the state") {
  Bench bench;
  const std::vector<HostEvent> events = {parameter_event(index("reverb_time"), 3.0)};
  bench.process(64, events);
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  while (link.data().told.peek() != nullptr) link.data().told.pop();
  server.drop();
  Link next = bench.meet(server);
  CHECK(comes([&] {
    bench.process(64);
    const HostValue* told = next.data().told.peek();
    return told != nullptr && told->index == index("reverb_time") && told->value == 3.0;
  }));
}

TEST_CASE(
    "two bounces are the same to the last bit, and those of the engine with all takes there") {
  const auto events = song();
  const int samples = 32768;
  const std::vector<float> wanted = [&] {
    auto engine = make_engine(128, kRate, 0, 1.0F);
    TakeSpec spec = lively_spec();
    for (int key = 48; key < 72; ++key) {
      for (int layer = 0; layer < int{kVelocityLayers}; ++layer) {
        REQUIRE(put_take(engine->takes(), {0, key, layer}, spec));
      }
    }
    for (int i = 0; i < 24; ++i) {
      const auto velocity = static_cast<int>(std::lround(127.0 * (0.3 + 0.02 * i)));
      const auto expression = static_cast<int>(std::lround(127.0 * (0.5 + 0.02 * i)));
      REQUIRE(send(*engine, 0x90 + i % 3, 48 + i, velocity, 1009 * i));
      REQUIRE(send(*engine, 0xB0, kExpression, expression, 1009 * i + 100));
      REQUIRE(send(*engine, 0x80 + i % 3, 48 + i, 0, 1009 * i + 900));
    }
    return left_of(render(*engine, samples));
  }();
  Bench bench;
  FakeServer server(bench.room);
  Feeder feeder(bench, server);
  bench.play(4096, 64, events);  // live, with what takes there are
  for (const int size : {512, 1024, 100}) {
    bench.instance->deactivate();
    bench.instance->set_offline(true);
    REQUIRE(bench.instance->activate(kRate, 1024));
    bench.play(samples, size, events, true);
    CAPTURE(size);
    CHECK(bench.left == wanted);
    bench.instance->set_offline(false);
  }
}

TEST_CASE("offline the server is asked where events are, and where it put work off") {
  Bench bench;
  FakeServer server(bench.room);
  Feeder feeder(bench, server);
  const std::vector<HostEvent> notes = {note_on(60, 0.8, 0, 1, 100), note_off(60, 0, 1, 1111)};
  for (const int size : {512, 1000, 37}) {
    bench.instance->deactivate();
    bench.instance->set_offline(true);
    REQUIRE(bench.instance->activate(kRate, 1024));
    feeder.put_off(300);
    bench.play(2000, size, notes, true);
    CAPTURE(size);
    const std::vector<std::int64_t> asked = feeder.asked();
    const auto first = std::find(asked.begin(), asked.end(), 100);  // behind the beginning
    const std::vector<std::int64_t> wanted = {100, 400, 700, 1000, 1111, 1411, 1711};
    CHECK(std::vector<std::int64_t>(first, asked.end()) == wanted);
    feeder.put_off(0);
    bench.instance->set_offline(false);
  }
}

TEST_CASE("a bounce without any server ends, silently") {
  Bench bench(Bench::kIdle);
  ::setenv("RTSYNTH_SERVER", "/no/such/program", 1);
  bench.instance->set_offline(true);
  REQUIRE(bench.instance->activate(kRate, 1024));
  bench.play(4096, 1024, song(), true);
  CHECK(bench.first_sound() == -1);
  REQUIRE(!bench.lines().empty());
  CHECK(bench.lines()[0].find("rtsynth is not installed") != std::string::npos);
}

TEST_CASE("instances come and go in any order, each with its own memory") {
  std::vector<std::unique_ptr<Bench>> benches;
  for (int round = 0; round < 12; ++round) {
    benches.push_back(std::make_unique<Bench>());
    const auto notes = chord(8);
    for (const auto& each : benches) each->process(64, notes);
    if (round % 3 == 2) benches.erase(benches.begin() + round % 2);
  }
  CHECK(benches.size() == 8);
}

TEST_CASE("a state that was loaded goes to the server, and comes back from it") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  Bench other(Bench::kIdle);
  const std::string state = write_state({{{"reverb_time", 7.0}, {"gone", 1.0}}, "the desk's"});
  REQUIRE(bench.instance->load(state));
  while (server.next(FrameKind::kStateIn).payload != "the desk's") {
  }
  server.answer("the desk's, by now");
  std::thread answering([&] { server.answer("the desk's, later"); });
  const std::string saved = bench.instance->save();
  answering.join();
  SavedState found;
  REQUIRE(read_state(saved, found) == StateFault::kNone);
  CHECK(found.desk == "the desk's, later");
  REQUIRE(other.instance->load(saved));
  CHECK(other.instance->value(index("reverb_time")) == 7.0);
  CHECK(other.instance->save() == saved);
  const std::vector<HostEvent> none;
  bench.process(64, none);
  bool told = false;  // at once, for the core; the timbre's place is the desk's own
  while (const HostValue* value = link.data().told.peek()) {
    told = told || value->index == index("reverb_time");
    CHECK(value->index != index("timbre_x"));
    link.data().told.pop();
  }
  CHECK(told);
}
