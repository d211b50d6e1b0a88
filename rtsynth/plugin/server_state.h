/// What is known of the server's side, the desk's state above all, and what it is still to hear.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "protocol.h"

namespace rtsynth::plugin {

/// What is known of the desk.
struct DeskState {
  std::string desk;            // empty: as at the start
  std::string preset;          // chosen after that, and not loaded yet; empty: none
  std::vector<double> values;  // of the host's parameters, as the server has them; or none
  bool is_new = false;         // the server has just said so
};

/// Between the main thread and the connection's; each call gets in alone.
///
/// A state that is on its way here when another one is set, or a preset chosen, is old by the time
/// it arrives. So each of those is followed by a question, and what comes before its answer is
/// passed over.
class ServerState {
 public:
  /// [main]
  ServerState(const Hello& hello, std::string state) : hello_(hello), desk_(std::move(state)) {}

  /// [main] The desk's state that the server shall have.
  void set_state(std::string_view desk);
  /// [main] The desk's state, as the server says within `wait_s`, or as it said last. `wake` lets
  /// the other thread look at what is to be sent.
  [[nodiscard]] DeskState state(double wait_s, const std::function<void()>& wake);
  /// [any but audio] Waits until a server has the state that was set last, and the preset. False:
  /// none had within `wait_s`, or there will be none.
  [[nodiscard]] bool wait_settled(double wait_s);
  /// [main] The next server carries it out, if none is there.
  void load_preset(std::string_view name);
  /// [main]
  void end();

  /// [any but audio]
  [[nodiscard]] std::vector<std::string> presets() const;
  [[nodiscard]] bool connected() const;
  [[nodiscard]] bool ending() const;

  /// [connection] What a server hears first.
  [[nodiscard]] std::string greeting();
  /// [connection] What was posted since.
  [[nodiscard]] std::string take_posted();
  /// [connection] True: it is the answer to the last state that was set, or to the greeting.
  [[nodiscard]] bool take_answer(std::string_view payload);
  /// [connection]
  void take_state(std::string_view desk);
  /// [connection]
  void take_presets(std::vector<std::string> names);
  /// [connection] It has answered.
  void set_connected();
  /// [connection] Whether it makes no sense to wait for one.
  void set_hopeless(bool on);
  /// [connection] It went away; returns whether it had answered before.
  [[nodiscard]] bool lose();

 private:
  using Lock = std::unique_lock<std::mutex>;

  [[nodiscard]] std::string question();
  [[nodiscard]] bool is_settled() const { return connected_ && answered_ >= valid_; }

  mutable std::mutex mutex_;
  std::condition_variable answered_now_;
  const Hello hello_;
  std::string desk_;  // empty: as at the start
  std::vector<double> values_;
  std::string preset_;  // that no server has loaded yet
  std::vector<std::string> presets_;
  std::string posted_;          // frames for the server that was greeted
  std::uint32_t asked_ = 0;     // number of the last question
  std::uint32_t answered_ = 0;  // of the last answer
  std::uint32_t valid_ = 0;     // of the question behind the last state or preset
  bool greeted_ = false;
  bool connected_ = false;
  bool hopeless_ = false;
  bool ending_ = false;
};

}  // namespace rtsynth::plugin
