#include "fake_server.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace rtsynth::plugin {
namespace {

constexpr int kLimitMs = 30000;

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

/// Waits until there is something to read.
void wait_for(int descriptor) {
  pollfd looked_at{descriptor, POLLIN, 0};
  if (::poll(&looked_at, 1, kLimitMs) != 1) throw std::runtime_error("nothing came in 30 s");
}

}  // namespace

bool comes(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kLimitMs);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

Room::Room(const std::string& server) {
  std::string made = (std::filesystem::temp_directory_path() / "rtsynth-test-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("no folder for a test");
  folder_ = made;
  ::setenv("RTSYNTH_RUNTIME_DIR", made.c_str(), 1);
  ::setenv("RTSYNTH_SERVER", server.c_str(), 1);
  ::setenv("XDG_CACHE_HOME", made.c_str(), 1);
  ::setenv("XDG_CONFIG_HOME", made.c_str(), 1);
}

Room::~Room() { std::filesystem::remove_all(folder_); }

FakeServer::FakeServer(const Room& room) : path_(room.folder() / "server.sock") {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(static_cast<char*>(address.sun_path), path_.c_str(), sizeof address.sun_path - 1);
  listening_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening_.get(), 8) != 0) {
    throw std::runtime_error("no socket for a test");
  }
}

FakeServer::~FakeServer() { std::filesystem::remove(path_); }

void FakeServer::accept() {
  wait_for(listening_.get());
  peer_ = Descriptor(::accept(listening_.get(), nullptr, nullptr));
  bytes_.clear();
  const Received greeting = next();
  REQUIRE(greeting.kind == static_cast<std::uint32_t>(FrameKind::kHello));
  hello_ = greeting.payload;
}

void FakeServer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;  // it went away
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool FakeServer::read_more() {
  wait_for(peer_.get());
  std::array<char, 4096> piece;
  iovec part{piece.data(), piece.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(peer_.get(), &message, MSG_CMSG_CLOEXEC);
  if (count <= 0) return false;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    segment_ = Descriptor(descriptor);
  }
  bytes_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

Received FakeServer::next() {
  while (bytes_.size() < 8 || bytes_.size() - 8 < number_at(bytes_, 0)) {
    if (!read_more()) return {};
  }
  const Received found{number_at(bytes_, 4), bytes_.substr(8, number_at(bytes_, 0))};
  bytes_.erase(0, 8 + found.payload.size());
  return found;
}

Received FakeServer::next(FrameKind kind) {
  for (;;) {
    Received found = next();
    if (found.kind == 0 || found.kind == static_cast<std::uint32_t>(kind)) return found;
  }
}

void FakeServer::answer(std::string_view state, const std::vector<double>& values) {
  const std::string number = next(FrameKind::kAskState).payload;
  std::string payload = number;
  const auto put = [&](std::uint64_t bits, int bytes) {
    for (int i = 0; i < bytes; ++i) payload.push_back(static_cast<char>(bits >> 8 * i & 0xFF));
  };
  put(values.size(), 4);
  for (const double value : values) put(std::bit_cast<std::uint64_t>(value), 8);
  send(pack(FrameKind::kStateAnswer, payload + std::string(state)));
}

}  // namespace rtsynth::plugin
