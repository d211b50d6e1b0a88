#include "socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace rtsynth::plugin {
namespace {

constexpr std::size_t kMostUnsent = std::size_t{64} << 20;
constexpr std::size_t kMostReceived = std::size_t{1} << 20;  // at once
#if defined(MSG_NOSIGNAL)
constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int kFlags = MSG_DONTWAIT;  // the socket itself is told to raise no signal
#endif

bool is_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// Whether a process of this user's is at the other end.
bool is_ours(int socket) {
#if defined(SO_PEERCRED)
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
         peer.uid == ::getuid();
#else
  uid_t user = 0;
  gid_t group = 0;
  return ::getpeereid(socket, &user, &group) == 0 && user == ::getuid();
#endif
}

/// Of a program that the host starts meanwhile it would be an open file.
Descriptor new_socket() {
#if defined(SOCK_CLOEXEC)
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
#else
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM, 0));
  const int yes = 1;
  ::fcntl(made.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(made.get(), F_SETFL, O_NONBLOCK);
  ::setsockopt(made.get(), SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
  return made;
#endif
}

}  // namespace

void Descriptor::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

Socket Socket::connect(const std::string& path) {
  Socket made;
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return made;
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<void*>(address.sun_path), path.c_str(), path.size() + 1);
  Descriptor socket = new_socket();
  // On Unix sockets this never waits: it is done, or not possible.
  if (socket.is_open() &&
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      is_ours(socket.get())) {
    made.socket_ = std::move(socket);
  }
  return made;
}

void Socket::close() {
  socket_.close();
  unsent_.clear();
  attached_ = -1;
}

bool Socket::send() {
  while (!unsent_.empty()) {
    iovec piece{unsent_.data(), unsent_.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (attached_ >= 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &attached_, sizeof attached_);
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &message, kFlags);
    if (sent < 0) return is_later() && unsent_.size() <= kMostUnsent;
    attached_ = -1;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool Socket::receive(std::string& bytes) {
  std::array<char, 16384> piece;
  while (bytes.size() < kMostReceived) {
    const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), kFlags);
    if (count < 0) return is_later();
    if (count == 0) return false;
    bytes.append(piece.data(), static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace rtsynth::plugin
