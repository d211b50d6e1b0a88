// One instance and a server that does as little as it may: sound, values, states.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "bench.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

TEST_CASE("a note begins at its own sample, whatever the block's size") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  REQUIRE(put_take(link.takes(), {0, 60, 6}, TakeSpec()));
  for (const int size : {1, 2, 37, 64, 500, 4096}) {
    bench.instance->reset();
    bench.process(8192);
    for (const int offset : {0, 1, size - 1, size, 3 * size + 1}) {
      const std::vector<HostEvent> events = {note_on(60, 0.8, 0, 1, offset),
                                             note_off(60, 0, 1, offset + 2)};
      bench.play(offset + 10, size, events);
      CAPTURE(size);
      CHECK(bench.first_sound() == offset);
      bench.instance->reset();
      bench.process(8192);
    }
  }
}

TEST_CASE("the sound is that of the engine alone, however blocks are cut") {
  const std::vector<HostEvent> events = {note_on(60, 0.8, 0, 1, 100),
                                         parameter_event(index("expression"), 0.5, 3000),
                                         note_on(60, 0.8, 2, 2, 5000), note_off(60, 0, 1, 7001)};
  const std::vector<float> wanted = [&] {
    auto engine = make_engine(128, kRate, 0, 1.0F);
    REQUIRE(put_take(engine->takes(), {0, 60, 6}, lively_spec()));
    REQUIRE(send(*engine, 0x90, 60, 102, 100));
    REQUIRE(send(*engine, 0xB0, kExpression, 64, 3000));
    REQUIRE(send(*engine, 0x92, 60, 102, 5000));
    REQUIRE(send(*engine, 0x80, 60, 0, 7001));
    return left_of(render(*engine, 16384));
  }();
  for (const int size : {16384, 4096, 1000, 64}) {
    Bench bench;
    FakeServer server(bench.room);
    Link link = bench.meet(server);
    REQUIRE(put_take(link.takes(), {0, 60, 6}, lively_spec()));
    bench.play(16384, size, events);
    CHECK(bench.left == wanted);
  }
}

TEST_CASE("the server hears what is played and what the host moves, at their samples") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  const std::vector<HostEvent> events = {note_on(60, 1.0, 3, 1, 10),
                                         parameter_event(index("reverb_time"), 4.0, 20),
                                         parameter_event(index("volume"), 0.5, 30)};
  bench.process(64);
  bench.process(64, events);
  Heard heard;
  REQUIRE(link.heard().read(heard));
  CHECK(heard.status == 0x93);
  CHECK(heard.sample == 74);
  REQUIRE(link.heard().read(heard));
  CHECK(heard.status == 0xB0);
  CHECK(heard.data1 == 7);
  CHECK(heard.data2 == 64);
  CHECK(heard.sample == 94);
  const HostValue* told = link.data().told.peek();
  REQUIRE(told != nullptr);
  CHECK(told->index == index("reverb_time"));
  CHECK(told->value == 4.0);
  CHECK(told->sample == 84);
}

TEST_CASE("a host that repeats where the timbre lies chooses none; one that moves it does") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  std::vector<HostEvent> events;
  for (const char* name : {"timbre_x", "timbre_y", "program"}) {
    events.push_back(parameter_event(index(name), bench.instance->value(index(name))));
  }
  bench.process(64, events);
  CHECK(link.data().told.peek() == nullptr);
  events[0].value = 0.25;
  bench.process(64, events);
  const HostValue* told = link.data().told.peek();
  REQUIRE(told != nullptr);
  CHECK(told->index == index("timbre_x"));
}

TEST_CASE("what the other side moves is told to the host; nonsense is not") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  for (const HostValue& value :
       {HostValue{-1, 0.5, 0}, HostValue{9999, 0.5, 0}, HostValue{index("volume"), std::nan(""), 0},
        HostValue{index("volume"), 1e9, 0}}) {
    REQUIRE(link.data().moved.push(value));
  }
  bench.process(64);
  Moved moved;
  REQUIRE(bench.instance->next_moved(moved));
  CHECK(moved.index == index("volume"));
  CHECK(moved.value == 1.0);
  CHECK(bench.instance->value(index("volume")) == 1.0);
  CHECK_FALSE(bench.instance->next_moved(moved));
}

TEST_CASE("what the host sets before a server has the state is newer than what that says") {
  Bench bench;
  const std::vector<HostEvent> events = {parameter_event(index("timbre_x"), 0.1)};
  bench.process(64, events);
  FakeServer server(bench.room);
  server.accept();
  Link link = Link::adopt(server.segment());
  const auto say = [&](double x, double y) {
    REQUIRE(link.data().moved.push({index("timbre_x"), x, 0}));
    REQUIRE(link.data().moved.push({index("timbre_y"), y, 0}));
  };
  Moved moved;
  say(0.4, 0.3);
  bench.process(64);
  REQUIRE(bench.instance->next_moved(moved));
  CHECK(moved.index == index("timbre_y"));  // the host has not set that one
  CHECK_FALSE(bench.instance->next_moved(moved));
  CHECK(bench.instance->value(index("timbre_x")) == 0.1);
  while (link.data().told.peek() != nullptr) link.data().told.pop();
  server.send(pack(FrameKind::kWelcome, R"({"version": 1, "presets": []})"));
  server.answer("");
  REQUIRE(comes([&] {
    bench.process(64);
    return link.data().told.peek() != nullptr;
  }));
  say(0.4, 0.2);  // from before it was told
  REQUIRE(bench.instance->next_moved(moved));
  CHECK(moved.index == index("timbre_y"));
  CHECK_FALSE(bench.instance->next_moved(moved));
  CHECK(bench.instance->value(index("timbre_x")) == 0.1);
  say(0.7, 0.8);
  REQUIRE(bench.instance->next_moved(moved));
  CHECK(moved.index == index("timbre_x"));
  CHECK(bench.instance->value(index("timbre_x")) == 0.7);
}

TEST_CASE("an instrument's level is added to the host's gain") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  REQUIRE(put_take(link.takes(), {0, 60, 6}, TakeSpec()));
  const auto loudness = [&](float level_db) {
    link.data().level_db.store(level_db);
    bench.process(8192);
    const std::vector<HostEvent> events = {note_on(60, 0.8)};
    bench.process(8192, events);
    const double found = rms(bench.left, 4000, 4000);
    bench.instance->reset();
    return found;
  };
  const double plain = loudness(0.0F);
  CHECK(to_db(loudness(-24.0F) / plain) == doctest::Approx(-24.0).epsilon(0.05));
  CHECK(to_db(loudness(std::nanf("")) / plain) == doctest::Approx(-24.0).epsilon(0.05));
}

TEST_CASE("values are kept within their ranges, whoever sets them") {
  Bench bench;
  CHECK(bench.instance->value(index("gain")) == 0.0);
  bench.instance->set_value(index("gain"), 99.0);
  CHECK(bench.instance->value(index("gain")) == 24.0);
  const std::vector<HostEvent> events = {parameter_event(index("reverb_time"), 4.0, 3),
                                         parameter_event(index("gain"), std::nan("")),
                                         parameter_event(-1, 1.0), parameter_event(100000, 1.0)};
  bench.process(64, events);
  CHECK(bench.instance->value(index("reverb_time")) == 4.0);
  CHECK(bench.instance->value(index("gain")) == 24.0);
}

TEST_CASE("a state brings values back; a bad one changes nothing, and a line says why") {
  Bench bench;
  bench.instance->set_value(index("reverb_time"), 5.0);
  const std::string state = bench.instance->save();
  bench.instance->set_value(index("reverb_time"), 6.0);
  CHECK_FALSE(bench.instance->load(state.substr(1)));
  CHECK_FALSE(bench.instance->load({}));
  CHECK(bench.instance->value(index("reverb_time")) == 6.0);
  CHECK(bench.lines().size() == 2);
  CHECK(bench.instance->load(state));
  CHECK(bench.instance->value(index("reverb_time")) == 5.0);
  CHECK(bench.instance->save() == state);
}

TEST_CASE("rates and blocks change while notes sound; a rate that cannot be is refused") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  REQUIRE(put_take(link.takes(), {0, 60, 6}, TakeSpec()));
  for (const double rate_hz : {44100.0, 96000.0, 48000.0}) {
    const std::vector<HostEvent> events = {note_on(60, 0.8)};
    bench.process(500, events);
    CHECK(bench.first_sound() == 0);
    bench.instance->deactivate();
    CHECK(bench.instance->activate(rate_hz, 512));
    bench.process(500);
    CHECK(bench.first_sound() == -1);
  }
  CHECK_FALSE(bench.instance->activate(1.0, 512));
  CHECK_FALSE(bench.instance->activate(std::nan(""), 512));
  CHECK(bench.lines().back().find("rate") != std::string::npos);
  bench.process(64);
}

TEST_CASE("one that was never activated is silent") {
  Bench bench(Bench::kIdle);
  bench.left.assign(64, 1.0F);
  bench.right.assign(64, 1.0F);
  bench.process(64);
  CHECK(bench.first_sound() == -1);
  CHECK_FALSE(bench.instance->sounds());
  CHECK(bench.instance->presets().size() > 5);
  CHECK(bench.instance->tail_samples() > 0);
}

TEST_CASE("a note that is choked is silent at once, whatever the pedal holds") {
  Bench bench;
  FakeServer server(bench.room);
  Link link = bench.meet(server);
  REQUIRE(put_take(link.takes(), {0, 60, 6}, TakeSpec()));
  HostEvent pedal;
  pedal.bytes = {0xB0, kSustain, 127};
  HostEvent choke = note_off(60);
  choke.kind = EventKind::kChoke;
  for (const bool chokes : {false, true}) {
    const std::vector<HostEvent> begin = {pedal, note_on(60, 0.8)};
    bench.process(4096, begin);
    const std::vector<HostEvent> end = {chokes ? choke : note_off(60)};
    bench.process(8192, end);
    bench.process(8192);
    CHECK(bench.first_sound() == (chokes ? -1 : 0));
  }
}
