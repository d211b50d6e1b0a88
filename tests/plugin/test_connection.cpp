// The way to the server: what each side hears, whatever becomes of the other.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connection.h"
#include "fake_server.h"

using namespace rtsynth::plugin;

namespace {

/// One side of a connection, and all that it was told.
struct Client {
  explicit Client(std::string state = {}) {
    Listener listener;
    listener.log = [this](const char* line) {
      const std::lock_guard lock(mutex);
      lines.emplace_back(line);
    };
    listener.greets = [] {};
    listener.settled = [this] { ++settled; };
    listener.edited = [this] { ++edited; };
    listener.listed = [this] { ++listed; };
    listener.awake = [this] { ++awake; };
    listener.beat_ns = [this] { return beat_ns.load(); };
    connection = std::make_unique<Connection>(Hello{1, "test", "host"}, segment.get(),
                                              std::move(state), std::move(listener));
  }
  bool heard(const std::string& part) {
    return comes([&] {
      const std::lock_guard lock(mutex);
      for (const std::string& line : lines) {
        if (line.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
  Descriptor segment{::dup(STDIN_FILENO)};
  std::mutex mutex;
  std::vector<std::string> lines;
  std::atomic<int> settled{0}, edited{0}, listed{0}, awake{0};
  std::atomic<std::int64_t> beat_ns{0};
  std::unique_ptr<Connection> connection;
};

void welcome(FakeServer& server, const char* presets = "[]") {
  server.accept();
  server.send(
      pack(FrameKind::kWelcome, R"({"version": 1, "presets": )" + std::string(presets) + "}"));
}

bool is_same_file(int one, int other) {
  struct stat first{}, second{};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 &&
         first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

}  // namespace

TEST_CASE("a greeting brings the segment, and asks for the state") {
  const Room room;
  FakeServer server(room);
  Client client;
  welcome(server, R"(["soft", "loud"])");
  CHECK(server.hello().find("\"format\": \"test\"") != std::string::npos);
  CHECK(is_same_file(server.segment(), client.segment.get()));
  server.answer("its own");
  CHECK(comes([&] { return client.settled == 1; }));
  CHECK(client.connection->presets() == std::vector<std::string>{"soft", "loud"});
  CHECK(client.connection->connected());
}

TEST_CASE("a state that was set is what each server has, however often it is another one") {
  const Room room;
  FakeServer server(room);
  Client client("set before");
  for (int round = 0; round < 3; ++round) {
    welcome(server);
    CHECK(server.next(FrameKind::kStateIn).payload == "set before");
    server.answer("set before");
    CHECK(comes([&] { return client.settled == round + 1; }));
    server.drop();
    CHECK(comes([&] { return !client.connection->connected(); }));
    CHECK(client.connection->state(0.5).desk == "set before");
  }
  CHECK(client.heard("went away"));
}

TEST_CASE("what the server says of a state that is gone is passed over") {
  const Room room;
  FakeServer server(room);
  Client client;
  welcome(server);
  server.answer("one");
  CHECK(comes([&] { return client.settled == 1; }));
  server.send(pack(FrameKind::kState, "two") + pack(FrameKind::kEdited, ""));
  CHECK(comes([&] { return client.edited == 1; }));
  CHECK(client.connection->state(0.0).desk == "two");
  client.connection->set_state("three");
  server.send(pack(FrameKind::kState, "too late"));
  CHECK(server.next(FrameKind::kStateIn).payload == "three");
  server.answer("three, as the desk has it");
  CHECK(comes([&] { return client.settled == 2; }));
  std::thread answering([&] { server.answer("four"); });
  CHECK(client.connection->state(30.0).desk == "four");
  answering.join();
  CHECK(client.edited == 1);
}

TEST_CASE("a server that does not answer costs no more than the time that was given") {
  const Room room;
  FakeServer server(room);
  Client client;
  client.connection->set_state("kept");
  welcome(server);
  CHECK(comes([&] { return client.connection->connected(); }));
  CHECK(client.connection->state(0.01).desk == "kept");
}

TEST_CASE("bytes that are no frames, and a refusal, end a connection with a line") {
  const Room room;
  FakeServer server(room);
  SUBCASE("no frames") {
    Client client;
    server.accept();
    server.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    CHECK(server.next(FrameKind::kPreset).kind == 0);
    CHECK(client.heard("not its protocol"));
  }
  SUBCASE("a refusal") {
    Client client;
    server.accept();
    server.send(pack(FrameKind::kRefused, "another\nversion"));
    CHECK(server.next(FrameKind::kPreset).kind == 0);
    CHECK(client.heard("another version"));
    CHECK_FALSE(client.connection->connected());
  }
}

TEST_CASE("a host hears of what was edited, of what waits, and of presets, each apart") {
  const Room room;
  FakeServer server(room);
  Client client;
  welcome(server);
  CHECK(comes([&] { return client.listed == 1 && client.awake == 1; }));
  server.send(pack(FrameKind::kState, "moved by the host") + pack(FrameKind::kAwake, ""));
  CHECK(comes([&] { return client.awake == 2; }));
  CHECK(client.edited == 0);
  server.send(pack(FrameKind::kEdited, ""));
  CHECK(comes([&] { return client.edited == 1; }));
}

TEST_CASE("a preset is the state's until a server has loaded it, whichever that is") {
  const Room room;
  FakeServer server(room);
  Client client("old");
  client.connection->load_preset("soft");
  CHECK(client.connection->state(0.0).preset == "soft");
  welcome(server);
  CHECK(server.next(FrameKind::kStateIn).payload == "old");
  CHECK(server.next(FrameKind::kPreset).payload == "soft");
  server.drop();
  CHECK(comes([&] { return !client.connection->connected(); }));
  CHECK(client.connection->state(0.0).preset == "soft");
  welcome(server);
  CHECK(server.next(FrameKind::kPreset).payload == "soft");
  server.answer("soft, as the desk has it", {0.25});
  CHECK(comes([&] { return client.settled == 1; }));
  std::thread answering([&] { server.answer("the same", {0.5}); });
  const DeskState state = client.connection->state(30.0);
  answering.join();
  CHECK(state.desk == "the same");
  CHECK(state.preset.empty());
  CHECK(state.values == std::vector<double>{0.5});
  CHECK(state.is_new);
}

TEST_CASE("presets and news go through") {
  const Room room;
  FakeServer server(room);
  Client client;
  welcome(server);
  CHECK(comes([&] { return client.connection->connected(); }));
  client.connection->load_preset("soft");
  CHECK(server.next(FrameKind::kPreset).payload == "soft");
  server.send(pack(FrameKind::kLog, "some news") + pack(FrameKind::kPresets, R"(["new"])"));
  CHECK(client.heard("some news"));
  CHECK(comes([&] { return client.connection->presets() == std::vector<std::string>{"new"}; }));
}

TEST_CASE("a server that is there and does nothing is named, and so is that it goes on") {
  const Room room;
  FakeServer server(room);
  Client client;
  welcome(server);
  REQUIRE(comes([&] { return client.connection->connected(); }));
  client.beat_ns = 1;
  CHECK(client.heard("does nothing"));
  client.beat_ns = 2;
  CHECK(client.heard("goes on"));
  CHECK(client.connection->connected());
}

TEST_CASE("many come and go while nobody answers") {
  const Room room;
  FakeServer server(room);
  for (int round = 0; round < 50; ++round) {
    const Client one, other;
    if (round % 2 == 0) one.connection->set_state(std::string(100000, 'x'));
  }
}
