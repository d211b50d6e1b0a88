/// What the parameters of an instance are set to, and which of them the other side has to hear.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parameter_table.h"
#include "rt.h"

namespace rtsynth::plugin {

/// The place of a parameter that there is, by its name.
consteval std::size_t place_of(std::string_view name) {
  std::size_t place = 0;
  while (kHostParameters[place].name != name) ++place;
  return place;
}

/// Places are those of kHostParameters.
class ParameterValues {
 public:
  static constexpr std::size_t kCount = kHostParameters.size();

  /// [main]
  ParameterValues() {
    for (std::size_t i = 0; i < kCount; ++i) values_[i].store(kHostParameters[i].preset);
  }

  /// [any]
  [[nodiscard]] double get(std::size_t place) const RT_SAFE {
    return values_[place].load(std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value by the host's own hand, kept within its range.
  void set(std::size_t place, double value) RT_SAFE {
    keep(place, value);
    by_host_[place].store(true, std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value that the server knows of already.
  void follow(std::size_t place, double value) RT_SAFE {
    keep(place, value);
    by_host_[place].store(false, std::memory_order_relaxed);
  }

  /// [any but audio] A server comes, or gets another state: until it has that, what it says of
  /// values is older than what the host has set.
  void unsettle() RT_SAFE { server_.store(Server::kIsTold, std::memory_order_relaxed); }
  /// [any but audio] It has: it is told what the host has set.
  void settle() RT_SAFE {
    wait_all_of_host();
    server_.store(Server::kWasTold, std::memory_order_release);
  }
  /// [audio] Nothing is left of what the server said so far.
  void heard_all() RT_SAFE {
    Server before = Server::kWasTold;
    server_.compare_exchange_strong(before, Server::kFollows, std::memory_order_relaxed);
  }
  /// [audio] Whether a value that the server says is older than the host's own.
  [[nodiscard]] bool is_newer_of_host(std::size_t place) const RT_SAFE {
    return by_host_[place].load(std::memory_order_relaxed) &&
           server_.load(std::memory_order_acquire) != Server::kFollows;
  }

  /// [any] The value is to be carried out with the next block.
  void wait(std::size_t place) RT_SAFE { waiting_.add(place); }
  /// [any] So are all that are as the host set them: the core, or a new server, may not know them.
  void wait_all_of_host() RT_SAFE {
    each_of_host([this](std::size_t place) RT_SAFE { wait(place); });
  }
  /// [any] All that are as the host set them.
  template <class Each>
  void each_of_host(const Each& each) const RT_SAFE {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (by_host_[i].load(std::memory_order_relaxed)) each(i);
    }
  }
  /// [audio] Those that wait, once.
  template <class Each>
  void take_waiting(const Each& each) RT_SAFE {
    waiting_.take(each);
  }
  /// [audio] The server has no ear for a value: it is told with a later block.
  void tell_later(std::size_t place) RT_SAFE { untold_.add(place); }
  /// [audio] Those, once.
  template <class Each>
  void take_untold(const Each& each) RT_SAFE {
    untold_.take(each);
  }

 private:
  /// Some of the parameters.
  class Some {
   public:
    void add(std::size_t place) RT_SAFE {
      each_[place].store(true, std::memory_order_relaxed);
      any_.store(true, std::memory_order_release);
    }
    template <class Each>
    void take(const Each& each) RT_SAFE {
      if (!any_.exchange(false, std::memory_order_acquire)) return;
      for (std::size_t i = 0; i < kCount; ++i) {
        if (each_[i].exchange(false, std::memory_order_relaxed)) each(i);
      }
    }

   private:
    std::array<std::atomic<bool>, kCount> each_{};
    std::atomic<bool> any_{false};
  };

  /// How far a server knows what the host has set.
  enum class Server : std::uint8_t { kIsTold, kWasTold, kFollows };

  void keep(std::size_t place, double value) RT_SAFE {
    values_[place].store(inside(kHostParameters[place], value), std::memory_order_relaxed);
  }

  std::array<std::atomic<double>, kCount> values_;
  std::array<std::atomic<bool>, kCount> by_host_{};
  std::atomic<Server> server_{Server::kIsTold};
  Some waiting_;
  Some untold_;
};

}  // namespace rtsynth::plugin
