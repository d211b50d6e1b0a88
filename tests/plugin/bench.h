// An instance with a host's part played by the test, and a room for its server.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "controllers.h"
#include "fake_server.h"
#include "helpers.h"
#include "host_parameters.h"
#include "link.h"
#include "plugin_helpers.h"

namespace rtsynth::plugin {

[[nodiscard]] inline int index(const char* name) { return index_of(name).value(); }

class Bench {
 public:
  enum Begin { kIdle, kActive };

  explicit Bench(Begin begin = kActive) {
    Setup setup;
    setup.format = "test";
    setup.host = "bench";
    setup.context = this;
    setup.arena_bytes = std::size_t{16} << 20;
    setup.log = [](void* context, const char* line) {
      auto& bench = *static_cast<Bench*>(context);
      const std::lock_guard lock(bench.mutex_);
      bench.lines_.emplace_back(line);
    };
    instance = std::make_unique<Instance>(setup);
    if (begin == kActive) static_cast<void>(instance->activate(kRate, 8192));
  }

  /// The server welcomes the instance and takes its memory, as a server does.
  [[nodiscard]] Link meet(FakeServer& server) {
    server.accept();
    server.send(pack(FrameKind::kWelcome, R"({"version": 1, "presets": []})"));
    server.answer("");
    return Link::adopt(server.segment());
  }
  /// A block, into the beginning of `left` and `right`.
  void process(int samples, std::span<const HostEvent> events = {}) {
    const auto count = static_cast<std::size_t>(samples);
    if (left.size() < count) left.resize(count), right.resize(count);
    std::fill_n(left.begin(), count, 7.0F);
    instance->process({left.data(), right.data(), 1}, samples, events, {});
    last_ = count;
  }
  /// `samples` in blocks of `size`; samples of events count from the first.
  void play(int samples, int size, std::span<const HostEvent> events, bool offline = false) {
    left.assign(static_cast<std::size_t>(samples), 7.0F);
    right = left;
    Transport transport;
    transport.known = transport.playing = true;
    for (int begin = 0; begin < samples; begin += size) {
      std::vector<HostEvent> due;
      const int count = std::min(size, samples - begin);
      for (HostEvent event : events) {
        event.sample -= begin;
        if (event.sample >= 0 && event.sample < count) due.push_back(event);
      }
      transport.sample = begin;
      const StereoOut out{left.data() + begin, right.data() + begin, 1};
      if (offline) {
        instance->process_offline(out, count, due, transport);
      } else {
        instance->process(out, count, due, transport);
      }
    }
    last_ = left.size();
  }
  /// Of the last block: -1: silence.
  [[nodiscard]] int first_sound() const {
    for (std::size_t i = 0; i < last_; ++i) {
      if (left[i] != 0.0F || right[i] != 0.0F) return static_cast<int>(i);
    }
    return -1;
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::size_t last_ = 0;

 public:
  Room room;
  std::vector<float> left, right;
  std::unique_ptr<Instance> instance;  // the last one: until it ends it says lines
};

}  // namespace rtsynth::plugin
