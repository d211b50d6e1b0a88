/// What the parameters of an instance are set to, and which of them the other side has to hear.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
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
///
/// A parameter stands where it was set: by the host, a page, a preset or a state. What is played
/// may move it from there; a reset takes it back.
class ParameterValues {
 public:
  static constexpr std::size_t kCount = kHostParameters.size();
  static constexpr std::size_t kTimbreX = place_of("timbre_x");
  static constexpr std::size_t kTimbreY = place_of("timbre_y");
  static constexpr std::size_t kProgram = place_of("program");
  /// What says which timbre plays: the server's affair, and part of the desk's state.
  [[nodiscard]] static constexpr bool is_of_timbre(std::size_t place) RT_SAFE {
    return place == kTimbreX || place == kTimbreY || place == kProgram;
  }

  /// [main]
  ParameterValues() {
    for (std::size_t i = 0; i < kCount; ++i) stand(i, kHostParameters[i].preset);
  }

  /// [any]
  [[nodiscard]] double get(std::size_t place) const RT_SAFE {
    return values_[place].load(std::memory_order_relaxed);
  }
  /// [any] Whether a host says again which timbre plays: one that was chosen by its name need not
  /// be the one that lies where the host shows it. Some hosts send every parameter's default first.
  [[nodiscard]] bool repeats(std::size_t place, double value) const RT_SAFE {
    const bool is_first =
        value == kHostParameters[place].preset && !touched_[place].load(std::memory_order_relaxed);
    return is_of_timbre(place) && (get(place) == value || is_first);
  }
  /// [any] Where it stands.
  [[nodiscard]] double standing(std::size_t place) const RT_SAFE {
    return standing_[place].load(std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value by the host's own hand, kept within its range.
  void set(std::size_t place, double value) RT_SAFE {
    follow(place, value);
    by_host_[place].store(true, std::memory_order_relaxed);
    touched_[place].store(true, std::memory_order_relaxed);
  }
  /// [audio, main while it is stopped] A value that was set and that the server knows of already.
  void follow(std::size_t place, double value) RT_SAFE {
    stand(place, value);
    by_host_[place].store(false, std::memory_order_relaxed);
    // A timbre is chosen by its place or by its program: the last one counts.
    if (place == kTimbreX || place == kTimbreY) forget(kProgram);
    if (place == kProgram) {
      forget(kTimbreX);
      forget(kTimbreY);
    }
  }
  /// [audio] One that was played, and that the server knows of already.
  void play(std::size_t place, double value) RT_SAFE { keep(place, value); }
  /// [audio, main while it is stopped] All are where they stand. Those that a reset took from the
  /// core wait, and the host is to be told of those that were moved.
  void take_back() RT_SAFE {
    for (std::size_t i = 0; i < kCount; ++i) {
      const double value = standing(i);
      if (is_by_message(i) ? value != kHostParameters[i].preset : get(i) != value) wait(i);
      if (get(i) == value) continue;
      values_[i].store(value, std::memory_order_relaxed);
      unshown_.add(i);
    }
  }
  /// [main] A preset was chosen: what was set before gives way, once the server has loaded it.
  void give_way() RT_SAFE {
    for (std::atomic<bool>& each : by_host_) each.store(false, std::memory_order_relaxed);
    waiting_.take([](std::size_t) RT_SAFE {});
    untold_.take([](std::size_t) RT_SAFE {});
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
    return is_by_host(place) && server_.load(std::memory_order_acquire) != Server::kFollows;
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
      if (is_by_host(i)) each(i);
    }
  }
  /// [any] Whether it stands where the host set it.
  [[nodiscard]] bool is_by_host(std::size_t place) const RT_SAFE {
    return by_host_[place].load(std::memory_order_relaxed);
  }
  /// [any] Whether it waits, so that the server has not heard of it.
  [[nodiscard]] bool waits(std::size_t place) const RT_SAFE {
    return waiting_.has(place) || untold_.has(place);
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
  /// [audio] One that take_back() moved and the host was not told of; nothing: there is none.
  [[nodiscard]] std::optional<std::size_t> next_unshown() RT_SAFE { return unshown_.take_one(); }

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
    [[nodiscard]] std::optional<std::size_t> take_one() RT_SAFE {
      if (!any_.load(std::memory_order_acquire)) return std::nullopt;
      for (std::size_t i = 0; i < kCount; ++i) {
        if (each_[i].exchange(false, std::memory_order_relaxed)) return i;
      }
      any_.store(false, std::memory_order_relaxed);
      return std::nullopt;
    }
    void drop(std::size_t place) RT_SAFE { each_[place].store(false, std::memory_order_relaxed); }
    [[nodiscard]] bool has(std::size_t place) const RT_SAFE {
      return each_[place].load(std::memory_order_relaxed);
    }

   private:
    std::array<std::atomic<bool>, kCount> each_{};
    std::atomic<bool> any_{false};
  };

  /// How far a server knows what the host has set.
  enum class Server : std::uint8_t { kIsTold, kWasTold, kFollows };

  /// A message sets it, so that a reset of the core takes it away.
  [[nodiscard]] static constexpr bool is_by_message(std::size_t place) RT_SAFE {
    const Home home = kHostParameters[place].home;
    return (home != Home::kCore && home != Home::kDesk) || place == place_of("mono");
  }
  void keep(std::size_t place, double value) RT_SAFE {
    values_[place].store(inside(kHostParameters[place], value), std::memory_order_relaxed);
  }
  void forget(std::size_t place) RT_SAFE {
    by_host_[place].store(false, std::memory_order_relaxed);
    waiting_.drop(place);
    untold_.drop(place);
  }
  void stand(std::size_t place, double value) RT_SAFE {
    keep(place, value);
    standing_[place].store(get(place), std::memory_order_relaxed);
  }

  std::array<std::atomic<double>, kCount> values_;
  std::array<std::atomic<double>, kCount> standing_;
  std::array<std::atomic<bool>, kCount> by_host_{};
  std::array<std::atomic<bool>, kCount> touched_{};  // by the host, at any time
  std::atomic<Server> server_{Server::kIsTold};
  Some waiting_;
  Some untold_;
  Some unshown_;
};

}  // namespace rtsynth::plugin
