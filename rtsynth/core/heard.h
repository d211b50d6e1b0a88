/// What a device's callback or a plugin played, on its way to Python, which follows it: in order,
/// with samples.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "programs.h"
#include "queue.h"
#include "rt.h"

namespace rtsynth {

/// MIDI's System Reset, as Heard::status: the host ended all that was played
/// (Engine::forget_played).
inline constexpr std::uint8_t kSystemReset = 0xFF;

/// A message that was played.
struct Heard {
  std::uint8_t status = 0;  // 0xF0: a piece of system exclusive of `length` bytes
  std::uint8_t data1 = 0;
  std::uint8_t data2 = 0;
  std::int16_t slot = Programs::kNoSlot;  // a program change's, which the channel plays by now
  std::uint16_t length = 0;
  std::int32_t change = 0;   // a program change's number (Event::change)
  std::int64_t sample = 0;   // of the engine's clock
  std::uint64_t number = 0;  // in the order of playing
  std::uint64_t place = 0;   // of a piece of system exclusive: of its first byte, of all times
};

/// Bytes of a channel message; 0: not a channel message.
[[nodiscard]] constexpr std::size_t length_of(int status) RT_SAFE {
  if (status < 0x80 || status >= 0xF0) return 0;
  return (status & 0xE0) == 0xC0 ? 2 : 3;  // program change and channel pressure: 2
}

/// Bends and pressure, of which hands make hundreds a second, have a queue of their own: they never
/// take the place of a note, a pedal or a program change.
class HeardMessages {
 public:
  static constexpr std::size_t kCapacity = 16384;  // of each queue
  static constexpr std::size_t kSysexBytes = 1U << 16;
  static constexpr std::size_t kLongestSysex = 8192;  // a piece; a tuning of all keys takes 408

  /// [audio] False: nobody read the ones before, and it was counted.
  bool push(Heard message) RT_SAFE {
    message.number = number_++;
    const bool room = is_move(message.status) ? moves_.push(message) : messages_.push(message);
    if (room) pushed_.store(number_, std::memory_order_release);
    return room;
  }

  /// [audio] System exclusive; the same.
  bool push_sysex(std::span<const unsigned char> bytes, std::int64_t sample) RT_SAFE {
    const std::uint64_t at = written_;
    const std::uint64_t room = kSysexBytes - (at - read_.load(std::memory_order_acquire));
    if (bytes.size() > std::min<std::uint64_t>(room, kLongestSysex) || room_for() == 0) {
      sysex_refused_.add();
      return false;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) sysex_[(at + i) % kSysexBytes] = bytes[i];
    written_ = at + bytes.size();
    Heard message;
    message.status = 0xF0;
    message.length = static_cast<std::uint16_t>(bytes.size());
    message.sample = sample;
    message.place = at;
    return push(message);
  }

  /// [control] The oldest message; false: none. Of system exclusive, read_sysex() has the bytes,
  /// and has to be called before the next read(). What no message could be is passed over: it may
  /// come from another process.
  [[nodiscard]] bool read(Heard& message) RT_SAFE {
    while (take(message)) {
      seen_ = message.number + 1;
      sysex_at_ = message.place;
      if (is_sound(message)) return true;
    }
    return false;
  }

  /// [control] The bytes of the system exclusive that read() found: as many as its length.
  void read_sysex(std::span<unsigned char> bytes) RT_SAFE {
    const std::uint64_t at = sysex_at_;  // not read_: one who ended here read less than he took
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = sysex_[(at + i) % kSysexBytes];
    read_.store(at + bytes.size(), std::memory_order_release);
  }
  /// [control] What follows from all that was read has been sent to the audio thread by now.
  void settle() RT_SAFE { settled_.store(seen_, std::memory_order_release); }
  /// [audio] Messages so far; a refused one counts as soon as another is taken.
  [[nodiscard]] std::uint64_t pushed() const RT_SAFE {
    return pushed_.load(std::memory_order_relaxed);
  }
  /// [audio] Whether all that was pushed has been settled.
  [[nodiscard]] bool is_settled() const RT_SAFE {
    return settled_.load(std::memory_order_acquire) >= pushed_.load(std::memory_order_relaxed);
  }

  /// [any] Messages that wait.
  [[nodiscard]] std::size_t size() const RT_SAFE { return messages_.size() + moves_.size(); }

  /// [any] Messages that still find room, bends and pressure apart.
  [[nodiscard]] std::size_t room_for() const RT_SAFE { return kCapacity - messages_.size(); }
  /// [any] What was refused: notes, controllers and programs; bends and pressure; system exclusive.
  [[nodiscard]] std::int64_t refused() const RT_SAFE { return messages_.refused(); }
  [[nodiscard]] std::int64_t moves_refused() const RT_SAFE { return moves_.refused(); }
  [[nodiscard]] std::int64_t sysex_refused() const RT_SAFE { return sysex_refused_.get(); }

 private:
  static constexpr bool is_move(int status) RT_SAFE {
    const int kind = status & 0xF0;
    return kind == 0xA0 || kind == 0xD0 || kind == 0xE0;
  }

  static bool is_sound(const Heard& message) RT_SAFE {
    const bool sysex = message.status == 0xF0;
    const bool known = sysex || message.status == kSystemReset || length_of(message.status) > 0;
    const bool long_enough =
        sysex ? message.length > 0 && message.length <= kLongestSysex : message.length == 0;
    return known && long_enough && message.data1 <= 127 && message.data2 <= 127 &&
           message.slot >= Programs::kNoSlot && message.slot < std::int16_t{kTimbreSlots};
  }
  /// [control] The older of the two queues' oldest.
  [[nodiscard]] bool take(Heard& message) RT_SAFE {
    const Heard* move = moves_.peek();
    const Heard* other = messages_.peek();
    if (move == nullptr) move = moves_.peek();  // one older than `other` is there by now
    if (move == nullptr && other == nullptr) return false;
    const bool moves = move != nullptr && (other == nullptr || move->number < other->number);
    if (moves) {
      message = *move;
      moves_.pop();
    } else {
      message = *other;
      messages_.pop();
    }
    return true;
  }

  std::uint64_t number_ = 0;   // [audio]
  std::uint64_t written_ = 0;  // [audio] bytes of system exclusive, of all times
  Counter sysex_refused_;
  std::atomic<std::uint64_t> read_{0};
  std::uint64_t seen_ = 0;      // [control] the number behind the one that was read last
  std::uint64_t sysex_at_ = 0;  // [control] where its bytes are
  std::atomic<std::uint64_t> pushed_{0};
  std::atomic<std::uint64_t> settled_{0};
  SpscQueue<Heard, kCapacity> messages_;
  SpscQueue<Heard, kCapacity> moves_;
  std::array<unsigned char, kSysexBytes> sysex_{};
};

}  // namespace rtsynth
