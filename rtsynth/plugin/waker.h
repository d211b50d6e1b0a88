/// Wakes a thread that waits for descriptors.
#pragma once

#include "socket.h"

namespace rtsynth::plugin {

class Waker {
 public:
  /// Throws std::runtime_error where the process has no descriptors left.
  Waker();
  /// [any but audio]
  void wake();
  /// Waits until there is something to read from `socket` (-1: none), or to write to it, or
  /// somebody calls wake(), or `most_ms` are over (-1: never).
  void wait(int socket, bool writes, int most_ms);

 private:
  Descriptor out_;
  Descriptor in_;
};

}  // namespace rtsynth::plugin
