/// A device without a sound card: a real clock that plays into nothing.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "engine.h"

namespace rtsynth {

/// Asks for blocks at absolute times. One that is late by more than a block counts as a drop-out,
/// and is played all the same.
class NullDevice {
 public:
  /// [control, stopped] The engine must outlive it. Throws std::invalid_argument.
  NullDevice(Engine& engine, int block_samples);
  ~NullDevice() { stop(); }
  NullDevice(const NullDevice&) = delete;
  NullDevice& operator=(const NullDevice&) = delete;

  /// [control] Nothing happens when it runs already.
  void start();
  /// [control] Returns when the thread has ended.
  void stop();

 private:
  void run();

  Engine& engine_;
  int block_samples_;
  std::vector<float> block_;
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace rtsynth
