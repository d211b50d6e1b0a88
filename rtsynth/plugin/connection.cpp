#include "connection.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "places.h"
#include "socket.h"
#include "spawn.h"
#include "waker.h"

namespace rtsynth::plugin {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{50};  // before the next look for a server, doubled up to the longest
constexpr milliseconds kLongestLook{1000};
constexpr milliseconds kRefused{10000};    // a server that did not want this plugin
constexpr milliseconds kFirstPause{1000};  // between two starts, doubled up to the longest
constexpr milliseconds kLongestPause{30000};
constexpr milliseconds kSound{10000};  // a server that lived for this long is started at once
constexpr int kTriesBeforeNews = 3;
constexpr milliseconds kWatch{1000};  // from look to look whether the server still does something
constexpr milliseconds kHangs{4000};  // it looks at its links a thousand times a second

/// A thread of a plugin must not carry out what signals of the host's ask for.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

class Connection::Worker {
 public:
  Worker(const Hello& hello, int segment, std::string state, Listener listener)
      : known(hello, std::move(state)), segment_(segment), listener_(std::move(listener)) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  ~Worker() {
    known.end();
    waker.wake();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  ServerState known;
  Waker waker;

 private:
  void run();
  void start_server();
  void converse(Socket socket);
  [[nodiscard]] bool hear(const std::string& bytes);
  [[nodiscard]] bool take(const Frame& frame);
  void watch();
  void pause(milliseconds time);
  void say(const std::string& line);

  Places places_ = find_places();
  int segment_;
  Listener listener_;
  FrameReader reader_;
  std::string said_;
  milliseconds look_ = kLook;               // before the next look
  milliseconds start_pause_ = kFirstPause;  // from the next start to the one behind it
  Clock::time_point next_start_{};
  int starts_ = 0;                 // since a server was found
  std::int64_t beat_ns_ = 0;       // of the server, as it was seen last
  Clock::time_point beat_seen_{};  // when it was another one
  bool hangs_ = false;             // and it has been said
  std::thread thread_;
};

void Connection::Worker::run() {
  while (!known.ending()) {
    Socket socket = Socket::connect(places_.socket());
    if (socket.is_open()) {
      look_ = kLook;
      starts_ = 0;
      const Clock::time_point begin = Clock::now();
      converse(std::move(socket));
      if (Clock::now() - begin > kSound) start_pause_ = kFirstPause;
    } else if (Clock::now() >= next_start_) {
      start_server();
    }
    pause(look_);
    look_ = std::min(2 * look_, kLongestLook);
  }
}

void Connection::Worker::start_server() {
  switch (spawn_server(places_)) {
    case Spawned::kRunning:  // it will listen soon, or end
      return;
    case Spawned::kNotInstalled:
      say("rtsynth is not installed: pip install rtsynth, then rtsynth plugin install");
      known.set_hopeless(true);
      return;
    case Spawned::kRefused:
      known.set_hopeless(true);
      say("the server of rtsynth cannot be started: the system takes no more processes");
      break;
    case Spawned::kStarted:
      known.set_hopeless(++starts_ > kTriesBeforeNews);
      if (starts_ > kTriesBeforeNews)
        say("the server of rtsynth does not start: see " + places_.log());
      break;
  }
  look_ = kLook;
  next_start_ = Clock::now() + start_pause_;
  start_pause_ = std::min(2 * start_pause_, kLongestPause);
}

/// Until the server goes away, or this ends.
void Connection::Worker::converse(Socket socket) {
  reader_.clear();
  socket.attach(segment_);
  listener_.greets();
  socket.put(known.greeting());
  std::string received;
  bool good = true;
  while (good && !known.ending()) {
    received.clear();
    socket.put(known.take_posted());
    // What came before the end is still heard.
    const bool sent = socket.send();
    const bool there = socket.receive(received);
    good = hear(received) && sent && there;
    if (good && received.empty()) {
      waker.wait(socket.descriptor(), socket.has_unsent(), static_cast<int>(kWatch.count()));
      watch();
    }
  }
  if (!known.lose() || known.ending()) return;
  say("the server of rtsynth went away: what is there plays on, and it is started again");
}

bool Connection::Worker::hear(const std::string& bytes) {
  const bool good = reader_.feed(bytes);
  while (std::optional<Frame> frame = reader_.next()) {
    if (!take(*frame)) return false;
  }
  if (good) return true;
  say("what came from the server of rtsynth is not its protocol");
  look_ = kRefused;
  return false;
}

bool Connection::Worker::take(const Frame& frame) {
  switch (frame.kind) {
    case FrameKind::kWelcome:
      known.take_presets(strings_of(frame.payload, "presets"));
      known.set_connected();
      beat_seen_ = Clock::now();
      hangs_ = false;
      known.set_hopeless(false);
      said_.clear();
      listener_.listed();
      listener_.awake();
      return true;
    case FrameKind::kState:
      known.take_state(frame.payload);
      return true;
    case FrameKind::kStateAnswer:
      if (known.take_answer(frame.payload)) listener_.settled();
      return true;
    case FrameKind::kPresets:
      known.take_presets(strings_of(frame.payload));
      listener_.listed();
      return true;
    case FrameKind::kEdited:
      listener_.edited();
      return true;
    case FrameKind::kAwake:
      listener_.awake();
      return true;
    case FrameKind::kRefused:
      look_ = kRefused;
      known.set_hopeless(true);
      say(frame.payload);
      return false;
    default:
      say(frame.payload);
      return true;
  }
}

/// A server that is there and does nothing was stopped, or is out of order.
void Connection::Worker::watch() {
  if (!known.connected()) return;
  const std::int64_t beat_ns = listener_.beat_ns();
  if (beat_ns != beat_ns_) {
    beat_ns_ = beat_ns;
    beat_seen_ = Clock::now();
    if (std::exchange(hangs_, false)) say("the server of rtsynth goes on");
  } else if (!hangs_ && Clock::now() - beat_seen_ > kHangs) {
    hangs_ = true;
    say("the server of rtsynth does nothing: what is there plays on; end it if it stays so");
  }
}

void Connection::Worker::pause(milliseconds time) {
  const Clock::time_point end = Clock::now() + time;
  while (!known.ending() && Clock::now() < end) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    waker.wait(-1, false, static_cast<int>(left.count()));
  }
}

/// The same is not said twice in a row.
void Connection::Worker::say(const std::string& line) {
  if (line == said_) return;
  said_ = line;
  listener_.log(one_line(line).c_str());
}

Connection::Connection(const Hello& hello, int segment, std::string state, Listener listener)
    : worker_(std::make_unique<Worker>(hello, segment, std::move(state), std::move(listener))) {}

Connection::~Connection() = default;

void Connection::set_state(std::string_view desk) {
  worker_->known.set_state(desk);
  worker_->waker.wake();
}

DeskState Connection::state(double wait_s) {
  return worker_->known.state(wait_s, [this] { worker_->waker.wake(); });
}

bool Connection::wait_settled(double wait_s) { return worker_->known.wait_settled(wait_s); }

void Connection::load_preset(std::string_view name) {
  worker_->known.load_preset(name);
  worker_->waker.wake();
}

std::vector<std::string> Connection::presets() const { return worker_->known.presets(); }

bool Connection::connected() const { return worker_->known.connected(); }

}  // namespace rtsynth::plugin
