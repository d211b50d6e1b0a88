// A server for the tests that makes takes: on a thread of its own, as one in another process would.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "bench.h"

namespace rtsynth::plugin {

/// Follows one instance until it ends, or is stopped.
class Feeder {
 public:
  Feeder(Bench& bench, FakeServer& server) : link_(bench.meet(server)) {
    thread_ = std::thread([this] {
      while (!ends_.load()) {
        if (!stalls_.load()) feed();
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
    });
  }
  ~Feeder() {
    ends_.store(true);
    thread_.join();
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  /// As a process that was stopped.
  void stall(bool on) { stalls_.store(on); }
  [[nodiscard]] int made() const { return made_.load(); }

 private:
  void feed() {
    Heard heard;
    while (link_.heard().read(heard)) {
    }
    while (link_.data().told.peek() != nullptr) link_.data().told.pop();
    link_.settle();
    Request request;
    while (link_.requests().read(request)) {
      const int page = request.first_frame / int{kPageFrames};
      if (!request.take.is_sound() || link_.takes().pages_of(request.take) != page) continue;
      TakeSpec spec = lively_spec();
      spec.pages = 1;
      if (put_take(link_.takes(), request.take, spec, page)) made_.fetch_add(1);
    }
  }

  Link link_;
  std::atomic<bool> ends_{false};
  std::atomic<bool> stalls_{false};
  std::atomic<int> made_{0};
  std::thread thread_;
};

}  // namespace rtsynth::plugin
