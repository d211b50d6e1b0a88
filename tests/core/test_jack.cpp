// A JACK client's period on a libjack of our own: every event at its own sample.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "jack_helpers.h"

using namespace rtsynth;

namespace {

double partial(const std::vector<float>& mono, int number) {
  const auto [re, im] = probe(mono, 0, mono.size(), number * key_hz(60));
  return std::hypot(re, im);
}

}  // namespace

TEST_CASE("a note sounds at its own sample of the period it comes in") {
  for (const std::uint32_t samples : {16U, 64U, 100U, 1024U, 8192U}) {
    for (const std::uint32_t offset : {0U, 1U, 7U, samples / 2, samples - 1}) {
      Client client;
      client.period(samples);
      CHECK(first_of(client.period(samples, {{offset, {0x90, 60, 100}}})) == offset);
      CHECK(client.right.sound[offset] != 0.0F);
    }
  }
}

TEST_CASE("the sound is that of the same events sent ahead to their samples") {
  Client client;
  auto other = make_engine();
  TakeSpec spec;
  spec.pages = 4;
  REQUIRE(put_take(other->takes(), {0, 60, 6}, spec));
  REQUIRE(send(*other, 0x90, 60, 100, 13));
  REQUIRE(send(*other, 0xE0, 0, 90, 100));
  REQUIRE(send(*other, 0x80, 60, 0, 200));
  const std::vector<float> wanted = left_of(render(*other, 512));
  std::vector<float> sound = client.period(128, {{13, {0x90, 60, 100}}, {100, {0xE0, 0, 90}}});
  const std::vector<float> rest = client.period(384, {{72, {0x80, 60, 0}}});
  sound.insert(sound.end(), rest.begin(), rest.end());
  CHECK(sound == wanted);
}

TEST_CASE("a program change that is known holds for the note behind it in the same period") {
  Client client;
  client.engine->programs().set(0, 40, 1);
  const auto sound = client.period(4096, {{5, {0xC0, 40}}, {5, {0x90, 60, 100}}});
  CHECK(first_of(sound) == 5);
  CHECK(partial(sound, 2) > 10.0 * partial(sound, 1));
  const auto heard = client.heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].status == 0xC0);
  CHECK(heard[0].slot == 1);
  CHECK(heard[0].change == 1);
  CHECK(heard[1].status == 0x90);
}

TEST_CASE("one that is not known leaves the timbre as it is, for Python to change") {
  Client client;
  const auto sound = client.period(4096, {{5, {0xC0, 40}}, {5, {0x90, 60, 100}}});
  CHECK(partial(sound, 1) > 10.0 * partial(sound, 2));
  CHECK(client.heard()[0].slot == Programs::kNoSlot);
}

TEST_CASE("a timbre that was sent before Python knew of the last program change does nothing") {
  for (const std::int32_t knew : {0, 1}) {
    Client client;
    client.engine->programs().set(0, 40, 1);
    client.period(64, {{5, {0xC0, 40}}});
    Event late;
    late.kind = Event::Kind::kTimbre;
    late.value = 0.0F;
    late.change = knew;
    REQUIRE(client.engine->send(late));
    const auto sound = client.period(4096, {{0, {0x90, 60, 100}}});
    CHECK((partial(sound, 2) > partial(sound, 1)) == (knew == 0));
  }
}

TEST_CASE("drums, system messages and broken ones are not played") {
  Client client;
  const auto sound = client.period(256, {{0, {0x99, 60, 100}},
                                         {1, {0xF8}},
                                         {2, {0xF0, 1, 2, 3, 0xF7}},
                                         {3, {60, 100}},
                                         {4, {0x90, 60}},
                                         {5, {}}});
  CHECK(first_of(sound) == -1);
  REQUIRE(client.heard().size() == 2);  // the drum, of which Python tells once, and the exclusive
}

TEST_CASE("a program change that Python will not hear of does not shut out what Python sends") {
  Client client;
  const Client::Messages flood(1024, {0, {0xB0, 1, 64}});
  for (int i = 0; i < 16; ++i) client.period(64, flood);
  client.period(64, {{0, {0xC0, 40}}});
  REQUIRE(client.engine->heard().refused() == 1);
  Event timbre;
  timbre.kind = Event::Kind::kTimbre;
  timbre.value = 1.0F;
  timbre.change = 0;  // as far as Python knows there was none
  REQUIRE(client.engine->send(timbre));
  auto sound = client.period(4096, {{0, {0x90, 60, 100}}});
  CHECK(partial(sound, 2) > partial(sound, 1));
  CHECK(client.heard().size() == 16 * 1024);
  client.period(64, {{0, {0xC0, 40}}});
  CHECK(client.heard().at(0).change == 1);
}

TEST_CASE("drop-outs that JACK tells of are counted, and a period allocates nothing") {
  Client client;
  client.engine->programs().set(0, 40, 1);
  client.process.dropped_out();
  client.process.dropped_out();
  client.period(64, {{5, {0xC0, 40}}, {9, {0x90, 60, 100}}});
  CHECK(client.engine->counters().xruns.get() == 2);
  const long before = allocation_count();
  client.process.process(64);
  client.process.process(1024);
  CHECK(allocation_count() == before);
}

namespace {

/// A period in freewheel with a note that plays the take of key 72, which is not there yet.
void wait_for_take(const Client::Messages& messages, const std::vector<Event>& before = {}) {
  Client client;
  for (const Event& event : before) REQUIRE(client.engine->send(event));
  jack_freewheel(1, &client.process);
  std::atomic<bool> stop{false};
  TakeSpec spec;
  spec.pages = 8;
  std::thread generator([&] {
    Request request;
    while (!stop.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      bool asked = false;
      while (client.engine->requests().read(request)) asked = true;
      if (asked) static_cast<void>(put_take(client.engine->takes(), {0, 72, 6}, spec));
    }
  });
  client.period(64, messages);
  stop.store(true);
  generator.join();
  std::size_t rows = 0;
  for (Trace::Row row; client.engine->trace().read(row); ++rows) {
    CHECK(row.due == 17);
    CHECK(row.first_own == 17);
    CHECK(row.first_sound == 17);
  }
  CHECK(rows == (before.empty() ? 1 : 2));
  CHECK(client.engine->counters().cache_misses.get() == 0);
}

}  // namespace

TEST_CASE("in freewheel a period waits for the takes that its notes and voices need") {
  wait_for_take({{17, {0x90, 72, 100}}});
}

TEST_CASE("in freewheel a period waits for the takes of where it tunes its keys") {
  wait_for_take(
      {{3, {0xB0, 101, 0}}, {3, {0xB0, 100, 2}}, {3, {0xB0, 6, 76}}, {17, {0x90, 60, 100}}});
}

TEST_CASE("in freewheel a period waits for the takes of all layers") {
  std::vector<Event> layer(2);
  for (Event& event : layer) {
    event.kind = Event::Kind::kLayer;
    event.data1 = 1;
  }
  layer[0].data2 = static_cast<std::uint8_t>(LayerField::kSlot);
  layer[1].data2 = static_cast<std::uint8_t>(LayerField::kTranspose);
  layer[1].value = 12.0F;
  wait_for_take({{17, {0x90, 60, 100}}}, layer);
}

TEST_CASE("in freewheel a take that never comes is waited for once") {
  Client client;
  jack_freewheel(1, &client.process);
  const auto begin = std::chrono::steady_clock::now();
  client.period(64, {{0, {0x90, 72, 100}}});
  const auto first = std::chrono::steady_clock::now() - begin;
  for (int i = 0; i < 10; ++i) client.period(64);
  CHECK(std::chrono::steady_clock::now() - begin < 2 * first);
  CHECK(client.engine->counters().notes.get() == 1);
}

TEST_CASE("a client that is closed is silent and leaves the engine alone, in freewheel too") {
  for (const int freewheel : {0, 1}) {
    Client client;
    client.period(64, {{0, {0x90, 60, 100}}});
    client.process.close();
    jack_freewheel(freewheel, &client.process);
    const auto sound = client.period(64, {{0, {0xC0, 40}}});
    CHECK(first_of(sound) == -1);
    CHECK(first_of(client.right.sound) == 64);  // behind the period lies what lay there
    CHECK(client.engine->counters().clock_samples.get() == 64);
    CHECK(client.heard().size() == 1);
  }
}

TEST_CASE("closing ends a period that waits, and returns behind it") {
  Client client;
  jack_freewheel(1, &client.process);
  client.bring({{0, {0x90, 72, 100}}});
  std::thread server([&] { jack_process(64, &client.process); });
  Request request;
  while (!client.engine->requests().read(request)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(client.engine->counters().clock_samples.get() == 0);  // it waits for the take
  client.process.close();
  CHECK(client.engine->counters().clock_samples.get() == 64);
  server.join();
}
