/// Which timbre slots program changes bring, as Python says it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "parameters.h"
#include "rt.h"

namespace rtsynth {

class Programs {
 public:
  static constexpr std::int16_t kNoSlot = -1;
  static constexpr int kPrograms = 128;

  /// [control] A slot, or kNoSlot: not known.
  void set(int channel, int program, std::int16_t slot) RT_SAFE {
    at(channel, program).store(slot, std::memory_order_relaxed);
  }
  /// [any]
  [[nodiscard]] std::int16_t get(int channel, int program) const RT_SAFE {
    return slots_[place(channel, program)].load(std::memory_order_relaxed);
  }
  /// [control] Nothing is known.
  void clear() RT_SAFE {
    for (auto& slot : slots_) slot.store(kNoSlot, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t place(int channel, int program) RT_SAFE {
    return static_cast<std::size_t>(channel * kPrograms + program);
  }
  std::atomic<std::int16_t>& at(int channel, int program) RT_SAFE {
    return slots_[place(channel, program)];
  }
  std::array<std::atomic<std::int16_t>, std::size_t{kChannels} * kPrograms> slots_{};
};

}  // namespace rtsynth
