// What Python hears of what a JACK client played.
#include <doctest/doctest.h>

#include <random>

#include "jack_helpers.h"

using namespace rtsynth;

TEST_CASE("what nobody reads is counted, and played all the same") {
  Client client;
  std::vector<std::pair<std::uint32_t, std::vector<unsigned char>>> flood(1024, {0, {0xB0, 1, 64}});
  for (int i = 0; i < 17; ++i) client.period(64, flood);
  CHECK(client.engine->heard().refused() == 17 * 1024 - std::int64_t{HeardMessages::kCapacity});
  CHECK(first_of(client.period(64, {{9, {0x90, 60, 100}}})) == 9);
}

TEST_CASE("all that is played is heard of in its order, with the sample at which it was played") {
  Client client;
  client.period(64);
  client.period(64, {{3, {0xE0, 1, 2}},
                     {3, {0x90, 60, 100}},
                     {9, {0xD0, 50}},
                     {9, {0xA0, 60, 40}},
                     {200, {0xB0, 64, 127}}});
  const auto heard = client.heard();
  const std::vector<std::pair<int, std::int64_t>> wanted = {
      {0xE0, 67}, {0x90, 67}, {0xD0, 73}, {0xA0, 73}, {0xB0, 127}};
  REQUIRE(heard.size() == wanted.size());
  for (std::size_t i = 0; i < heard.size(); ++i) {
    CHECK(heard[i].status == wanted[i].first);
    CHECK(heard[i].sample == wanted[i].second);
  }
}

TEST_CASE("bends and pressure on all channels take no note's place") {
  Client client;
  Client::Messages flood;
  for (unsigned char channel = 0; channel < 16; ++channel) {
    const auto of = [channel](int kind) { return static_cast<unsigned char>(kind | channel); };
    for (int i = 0; i < 60; ++i) {
      flood.push_back({0, {of(0xE0), 0, 64}});
      flood.push_back({1, {of(0xD0), 64}});
      flood.push_back({2, {of(0xA0), 60, 64}});
    }
  }
  for (int i = 0; i < 10; ++i) client.period(64, flood);  // twice what there is room for
  client.period(64, {{9, {0x90, 60, 100}}, {10, {0x80, 60, 0}}});
  const auto moves = static_cast<std::int64_t>(10 * flood.size() - HeardMessages::kCapacity);
  CHECK(client.engine->heard().moves_refused() == moves);
  CHECK(client.engine->heard().refused() == 0);
  const auto heard = client.heard();
  REQUIRE(heard.size() == HeardMessages::kCapacity + 2);
  CHECK(heard[heard.size() - 2].status == 0x90);
  CHECK(heard.back().status == 0x80);
}

TEST_CASE("system exclusive is heard of whole, in pieces and in its place among the others") {
  Client client;
  std::vector<unsigned char> dump(408, 1);
  dump.front() = 0xF0;
  dump.back() = 0xF7;
  client.period(64, {{0, {0xC0, 4}},
                     {5, dump},
                     {6, {0xF0, 9, 9}},
                     {7, {0xF8}},
                     {7, {8}},
                     {8, {0xF7}},
                     {9, {7, 7}},  // belongs to nothing
                     {10, {0x90, 60, 100}}});
  const std::vector<std::pair<int, std::vector<unsigned char>>> wanted = {
      {0xC0, {}}, {0xF0, dump}, {0xF0, {0xF0, 9, 9}}, {0xF0, {8}}, {0xF0, {0xF7}}, {0x90, {}}};
  for (const auto& [status, bytes] : wanted) {
    Heard row;
    REQUIRE(client.engine->heard().read(row));
    CHECK(row.status == status);
    std::vector<unsigned char> found(row.length);
    client.engine->heard().read_sysex(found);
    CHECK(found == bytes);
  }
  Heard row;
  CHECK_FALSE(client.engine->heard().read(row));
}

TEST_CASE(
    "system exclusive that is too long, or that nobody reads, is counted; what follows plays") {
  Client client;
  std::vector<unsigned char> bytes(HeardMessages::kLongestSysex + 1, 1);
  bytes.front() = 0xF0;
  bytes.back() = 0xF7;
  client.period(64, {{0, bytes}});
  CHECK(client.engine->heard().sysex_refused() == 1);
  CHECK(client.heard().empty());
  bytes.erase(bytes.begin() + 1);
  const std::size_t fit = HeardMessages::kSysexBytes / HeardMessages::kLongestSysex;
  for (std::size_t i = 0; i < fit + 2; ++i) client.period(64, {{0, bytes}});
  CHECK(client.engine->heard().sysex_refused() == 3);
  CHECK(first_of(client.period(64, {{9, {0x90, 60, 100}}})) == 9);
  std::vector<unsigned char> found;
  Heard row;
  for (std::size_t i = 0; i < fit; ++i) {
    REQUIRE(client.engine->heard().read(row));
    found.assign(row.length, 0);
    client.engine->heard().read_sysex(found);
    CHECK(found == bytes);
  }
  REQUIRE(client.engine->heard().read(row));
  CHECK(row.status == 0x90);
  client.period(64, {{0, bytes}});  // there is room again
  CHECK(client.engine->heard().sysex_refused() == 3);
}

TEST_CASE("a minute of random bytes: finite sound, and a fresh note at its own sample") {
  Client client;
  std::mt19937 random(7);
  const auto below = [&random](unsigned limit) { return random() % limit; };
  std::int64_t heard = 0;
  for (int period = 0; period < 60 * 48000 / 1024; ++period) {
    Client::Messages messages;
    for (unsigned i = below(24); i > 0; --i) {  // a cable's worth
      std::vector<unsigned char> bytes(below(8));
      for (auto& byte : bytes) byte = static_cast<unsigned char>(below(256));
      if (!bytes.empty() && below(2) == 0) {  // whole
        bytes[0] = static_cast<unsigned char>(0x80 + below(0x70));
        bytes.resize(length_of(bytes[0]));
      }
      messages.push_back({below(2048), bytes});
    }
    for (const float x : client.period(1024, messages)) REQUIRE(std::abs(x) <= 1.0F);
    heard += static_cast<std::int64_t>(client.heard().size());
  }
  CHECK(heard > 10'000);
  CHECK(client.engine->counters().nonfinite.get() == 0);
  CHECK(client.engine->heard().refused() == 0);
  for (const auto kind : {Event::Kind::kReset, Event::Kind::kPanic}) {
    Event event;
    event.kind = kind;
    REQUIRE(client.engine->send(event));
  }
  for (int i = 0; i < 200; ++i) client.period(1024);  // the reverb's tail
  CHECK(client.engine->counters().voices.get() == 0);
  Trace::Row row;
  while (client.engine->trace().read(row)) {
  }
  client.engine->programs().set(0, 0, 0);
  client.period(1024, {{3, {0xC0, 0}}, {9, {0x90, 60, 100}}});
  REQUIRE(client.engine->trace().read(row));
  CHECK(row.first_sound == row.due);
  CHECK(row.due % 1024 == 9);
}
