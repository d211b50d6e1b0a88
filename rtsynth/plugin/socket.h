/// One connection to the server: bytes there and back, without ever waiting.
#pragma once

#include <string>
#include <string_view>

namespace rtsynth::plugin {

/// A file descriptor that is closed in the end. Thread: that of its owner.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = other.release();
    }
    return *this;
  }
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  int release() {
    const int number = number_;
    number_ = -1;
    return number;
  }
  void close();

 private:
  int number_;
};

class Socket {
 public:
  /// A connection to a server of this user's at a path; not open: there is none.
  [[nodiscard]] static Socket connect(const std::string& path);

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  void close();
  /// A descriptor that goes with the first byte that is sent from now on.
  void attach(int descriptor) { attached_ = descriptor; }
  /// Bytes to be sent, as soon as the server takes them.
  void put(std::string_view bytes) { unsent_ += bytes; }
  [[nodiscard]] bool has_unsent() const { return !unsent_.empty(); }
  /// Sends what the server takes now. False: it is gone, or takes nothing for too long.
  [[nodiscard]] bool send();
  /// Adds what has come to `bytes`. False: the server is gone.
  [[nodiscard]] bool receive(std::string& bytes);

 private:
  Descriptor socket_;
  int attached_ = -1;
  std::string unsent_;
};

}  // namespace rtsynth::plugin
