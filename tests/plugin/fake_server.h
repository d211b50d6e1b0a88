// A server for the tests, in this process: it listens where an instance looks for one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol.h"
#include "socket.h"

namespace rtsynth::plugin {

/// Waits for a condition, not for a time: 30 s are a failure.
[[nodiscard]] bool comes(const std::function<bool()>& condition);

/// A place of its own for a test's server, its program and its log; the environment says so.
class Room {
 public:
  /// `server`: RTSYNTH_SERVER, by default a program that does nothing.
  explicit Room(const std::string& server = "/bin/true");
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

struct Received {
  std::uint32_t kind = 0;
  std::string payload;
};

class FakeServer {
 public:
  explicit FakeServer(const Room& room);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  /// Waits for an instance, and for its greeting.
  void accept();
  /// Ends the connection, as a server that was killed.
  void drop() { peer_.close(); }
  void send(std::string_view bytes);
  /// Waits for the next frame; a kind of 0: the instance went away.
  [[nodiscard]] Received next();
  /// Waits for one of a kind, passing others over.
  [[nodiscard]] Received next(FrameKind kind);
  /// Answers the question that is next; `values` are those of the host's parameters, if any.
  void answer(std::string_view state, const std::vector<double>& values = {});
  /// The segment that came with the greeting.
  [[nodiscard]] int segment() const { return segment_.get(); }
  [[nodiscard]] const std::string& hello() const { return hello_; }

 private:
  [[nodiscard]] bool read_more();

  std::string path_;
  Descriptor listening_;
  Descriptor peer_;
  Descriptor segment_;
  std::string hello_;
  std::string bytes_;
};

}  // namespace rtsynth::plugin
