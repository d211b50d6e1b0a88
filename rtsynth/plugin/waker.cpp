#include "waker.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace rtsynth::plugin {

Waker::Waker() {
  std::array<int, 2> ends{};
#if defined(__linux__)
  const bool made = ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0;
#else
  const bool made = ::pipe(ends.data()) == 0;
#endif
  if (!made) throw std::runtime_error("no file descriptors are left");
  out_ = Descriptor(ends[0]);
  in_ = Descriptor(ends[1]);
#if !defined(__linux__)
  for (const int each : ends) {
    ::fcntl(each, F_SETFD, FD_CLOEXEC);
    ::fcntl(each, F_SETFL, O_NONBLOCK);
  }
#endif
}

void Waker::wake() {
  const char byte = 0;
  // A pipe that is full wakes as well.
  [[maybe_unused]] const ssize_t count = ::write(in_.get(), &byte, 1);
}

void Waker::wait(int socket, bool writes, int most_ms) {
  const auto events = static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN);
  std::array<pollfd, 2> looked_at = {{{out_.get(), POLLIN, 0}, {socket, events, 0}}};
  ::poll(looked_at.data(), looked_at.size(), most_ms);
  std::array<char, 256> bytes;
  while (::read(out_.get(), bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace rtsynth::plugin
