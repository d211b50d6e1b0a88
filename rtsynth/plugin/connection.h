/// The way to the server, on a thread that may wait: finds it, starts it, and finds it again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol.h"
#include "server_state.h"

namespace rtsynth::plugin {

/// What is to be known of the server. Called on the connection's thread, which they must not hold
/// up.
struct Listener {
  std::function<void(const char* line)> log;
  std::function<void()> greets;           // a server was found, which does not know the state
  std::function<void()> settled;          // it has the state that was set last
  std::function<void()> edited;           // a hand, not the host, changed what a project keeps
  std::function<void()> listed;           // its presets are not what they were
  std::function<void()> awake;            // something waits to be played, or told to the host
  std::function<std::int64_t()> beat_ns;  // to be asked: another number whenever it has looked
};

class Connection {
 public:
  /// [main] Begins to look for the server at once, and waits for nothing. `segment` goes to each
  /// server that is found, and so does `state`, the desk's; the segment must stay open as long as
  /// this lives.
  Connection(const Hello& hello, int segment, std::string state, Listener listener);
  /// [main] Within some milliseconds, whatever the server does; no call of the listener's follows.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// [main] The state of the desk that the server shall have, now and whenever it is found anew.
  void set_state(std::string_view desk);
  /// [main] The state of the desk; where the server does not say so in time, what it was last.
  [[nodiscard]] DeskState state(double wait_s);
  /// [any but audio] Waits until a server has the state that was set last. False: none had within
  /// `wait_s`, or there will be none.
  [[nodiscard]] bool wait_settled(double wait_s);
  /// [main] Carried out once there is a server.
  void load_preset(std::string_view name);
  /// [any but audio] Names of presets, as the server told them last.
  [[nodiscard]] std::vector<std::string> presets() const;
  /// [any but audio] Whether a server answers.
  [[nodiscard]] bool connected() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace rtsynth::plugin
