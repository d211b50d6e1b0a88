// What was set stands: through resets, and in states that are saved before anybody heard of it.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "bench.h"
#include "feeder.h"
#include "state.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

HostEvent midi(std::uint8_t status, std::uint8_t data1, std::uint8_t data2,
               std::int32_t sample = 0) {
  HostEvent event;
  event.bytes = {status, data1, data2};
  event.sample = sample;
  return event;
}

SavedState saved(const Bench& bench) {
  SavedState state;
  REQUIRE(read_state(bench.instance->save(), state) == StateFault::kNone);
  return state;
}

double value_in(const SavedState& state, const char* name) {
  for (const auto& [each, value] : state.values) {
    if (each == name) return value;
  }
  return std::nan("");
}

/// The last value that the server heard of a controller; nothing: it heard none.
std::optional<int> heard_of(Link& link, int controller) {
  std::optional<int> found;
  Heard heard;
  while (link.heard().read(heard)) {
    if (heard.status == 0xB0 && heard.data1 == controller) found = heard.data2;
  }
  return found;
}

void move(Link& link, const char* name, double value, bool played = false) {
  REQUIRE(link.data().moved.push({index(name), value, played ? HostValue::kPlayed : Event::kNow}));
}

void hear_moves(Bench& bench) {
  Moved moved;
  while (bench.instance->next_moved(moved)) {
  }
}

}  // namespace

TEST_CASE("what a page turned is set again by a reset, whatever is played upon it") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  move(link, "expression", 0.5);
  hear_moves(bench);
  bench.process(64);
  static_cast<void>(heard_of(link, kExpression));
  move(link, "expression", 0.25, true);
  hear_moves(bench);
  CHECK(bench.instance->value(index("expression")) == 0.25);
  CHECK(value_in(saved(bench), "expression") == 0.5);
  bench.instance->reset();
  CHECK(bench.instance->value(index("expression")) == 0.5);
  Moved moved;
  REQUIRE(bench.instance->next_moved(moved));  // the host sees it go back
  CHECK(moved.index == index("expression"));
  CHECK(moved.value == 0.5);
  CHECK_FALSE(bench.instance->next_moved(moved));
  bench.process(64);
  CHECK(heard_of(link, kExpression) == 64);
}

TEST_CASE("a reset says so to the server, before what was set comes back") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  const std::vector<HostEvent> events = {parameter_event(index("modulation"), 0.5)};
  bench.process(64, events);
  static_cast<void>(heard_of(link, kModulation));
  bench.instance->deactivate();
  REQUIRE(bench.instance->activate(kRate, 8192));
  bench.process(64);
  Heard heard;
  REQUIRE(link.heard().read(heard));
  CHECK(heard.status == kSystemReset);
  REQUIRE(link.heard().read(heard));
  CHECK(heard.data1 == kModulation);
  CHECK(heard.data2 == 64);
}

TEST_CASE("a second song begins as the first one did, whatever that left standing") {
  const std::vector<HostEvent> note = {note_on(60, 0.8, 0, 1, 10), note_on(64, 0.8, 3, 2, 20)};
  std::vector<HostEvent> song = note;
  for (const int channel : {0, 3}) {
    const auto status = static_cast<std::uint8_t>(0xB0 | channel);
    for (const HostEvent& left :
         {midi(status, kSustain, 127), midi(status, kVolume, 40), midi(status, kPan, 0),
          midi(status, kReverbSend, 127), midi(status, kModulation, 127), midi(status, kRpnHigh, 0),
          midi(status, kRpnLow, kRpnFineTuning), midi(status, kDataEntry, 90),
          midi(status, kMono, 1), midi(static_cast<std::uint8_t>(0xE0 | channel), 0, 100),
          midi(static_cast<std::uint8_t>(0xD0 | channel), 90, 0)}) {
      song.push_back(left);
      song.back().sample = 15000;
    }
  }
  Bench bench;
  FakeServer server(bench.room);
  const Feeder feeder(bench, server);
  std::vector<float> first;
  SUBCASE("where the host goes offline anew") {
    for (int round = 0; round < 3; ++round) {
      bench.instance->set_offline(true);
      bench.play(20000, 512, song, true);
      bench.instance->set_offline(false);
      if (round == 0) first = bench.left;
      CHECK(bench.left == first);
    }
  }
  SUBCASE("where it plays the song live before") {
    bench.instance->set_offline(true);
    bench.play(20000, 512, note, true);
    first = bench.left;
    bench.instance->set_offline(false);
    bench.play(20000, 512, song);
    bench.instance->set_offline(true);
    bench.play(20000, 512, note, true);
    CHECK(bench.left == first);
  }
}

TEST_CASE("a place on the map that was set before any block is in the state, and stays there") {
  Bench bench;
  bench.instance->set_value(index("timbre_x"), 0.1);
  const std::string state = bench.instance->save();
  Bench other;
  FakeServer server(other.room);
  Link link = other.meet(server);
  REQUIRE(other.instance->load(state));
  CHECK(other.instance->value(index("timbre_x")) == 0.1);
  CHECK(saved(other).pending == std::vector<std::string>{"timbre_x"});
  other.process(64);
  double told = 0.0;
  while (const HostValue* each = link.data().told.peek()) {
    if (each->index == index("timbre_x")) told = each->value;
    link.data().told.pop();
  }
  CHECK(told == 0.1);
}

TEST_CASE("a place on the map that the server knows of is the desk's affair") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  const std::vector<HostEvent> events = {parameter_event(index("timbre_x"), 0.1)};
  bench.process(64, events);
  REQUIRE(comes([&] { return bench.instance->presets().empty(); }));  // it is connected
  REQUIRE(comes([&] {
    bench.process(64);  // a server that came is told with a block
    std::thread answering([&] { server.answer("the desk has it"); });
    const SavedState state = saved(bench);
    answering.join();
    return state.desk == "the desk has it" && state.pending.empty();
  }));
}

TEST_CASE("a preset that no server has loaded is in the state, with what was set after it") {
  Bench bench;
  bench.instance->set_value(index("reverb_time"), 5.0);
  bench.instance->load_preset("soft");
  bench.instance->set_value(index("gain"), -6.0);
  const std::string state = bench.instance->save();
  Bench other(Bench::kIdle);
  REQUIRE(other.instance->load(state));
  CHECK(other.instance->save() == state);
  FakeServer server(other.room);
  REQUIRE(other.instance->activate(kRate, 8192));
  server.accept();
  CHECK(server.next(FrameKind::kPreset).payload == "soft");
  server.send(pack(FrameKind::kWelcome, R"({"version": 2, "presets": []})"));
  std::vector<double> values;
  for (const HostParameter& each : host_parameters()) values.push_back(each.preset);
  values[static_cast<std::size_t>(index("reverb_time"))] = 3.0;
  server.answer("soft, as the desk has it", values);
  REQUIRE(comes([&] { return other.instance->presets().empty(); }));  // it is connected
  REQUIRE(comes([&] {
    std::thread answering([&] { server.answer("soft, as the desk has it", values); });
    const SavedState now = saved(other);
    answering.join();
    return now.preset.empty() && value_in(now, "reverb_time") == 3.0 &&
           value_in(now, "gain") == -6.0;
  }));
}
