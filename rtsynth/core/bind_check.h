/// What arguments from Python are checked with.
#pragma once

#include <stdexcept>

#include "contract.h"

namespace rtsynth {

/// Throws std::invalid_argument, which Python sees as a ValueError.
inline void check(bool good, const char* message) {
  if (!good) throw std::invalid_argument(message);
}

inline int slot_of(int timbre) {
  check(timbre >= 0 && timbre < static_cast<int>(kTimbreSlots), "no such timbre slot");
  return timbre;
}

}  // namespace rtsynth
