// A bounce does not sound of how far the server has come, whenever that looks.
#include <doctest/doctest.h>

#include <vector>

#include "feeder.h"
#include "offline_wait.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

constexpr int kBright = 74;

HostEvent midi_event(int status, int data1, int data2, int sample) {
  HostEvent event;
  event.kind = EventKind::kMidi;
  const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
  event.bytes = {byte(status), byte(data1), byte(data2)};
  event.sample = sample;
  return event;
}

/// As a server that looks between two messages of one block.
void settle(Link& link) {
  Heard heard;
  while (link.heard().read(heard)) {
  }
  while (link.data().told.peek() != nullptr) link.data().told.pop();
  link.settle();
}

}  // namespace

TEST_CASE("the server is asked to turn timbres though it settled a part before all was told") {
  EngineConfig config;
  config.arena_bytes = std::size_t{8} << 20;
  Engine engine(config);
  OfflineWait wait(engine, 0);
  Heard turn;
  turn.status = 0xB0;
  turn.data1 = kBright;
  wait.begin();
  REQUIRE(engine.heard().push(turn));
  settle(engine);
  wait.for_followers();
  REQUIRE(engine.data().told.size() == 1);
  CHECK(engine.data().told.peek()->index == HostValue::kAllTold);
  settle(engine);
  wait.for_followers();  // nothing is new
  CHECK(engine.data().told.size() == 0);
}

TEST_CASE("offline a program change finds the slot that follows from what came before it") {
  Bench bench;
  FakeServer server(bench.room);
  Feeder feeder(bench, server);
  bench.instance->deactivate();
  bench.instance->set_offline(true);
  REQUIRE(bench.instance->activate(kRate, 1024));
  std::vector<HostEvent> events;
  std::vector<int> wanted;
  for (int i = 1; i <= 20; ++i) {
    events.push_back(midi_event(0xB2, kBright, i, 10 * i));
    events.push_back(midi_event(0xC2, 48, 0, 10 * i));
    wanted.push_back(i);
  }
  bench.play(512, 512, events, true);
  CHECK(feeder.brought() == wanted);
}
