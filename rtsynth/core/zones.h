/// MPE's zones: which channel manages which (RP-053, MIDI Polyphonic Expression 1.0 and 1.1).
#pragma once

#include <algorithm>

#include "parameters.h"
#include "rt.h"

namespace rtsynth {

/// Of two zones the lower is managed by channel 1, whose members are counted upwards from channel 2
/// on, the upper by channel 16, counted downwards from channel 15 on. Channels are 0..15 here.
class Zones {
 public:
  static constexpr int kLower = 0;
  static constexpr int kUpper = kChannels - 1;
  static constexpr int kMostMembers = 15;

  /// [audio] An MPE configuration message: `manager` (kLower, kUpper) has so many members,
  /// 0..kMostMembers, 0: it is off. The other zone gives way where both claim a channel; without
  /// any member it is off. False: neither a manager nor a number of members.
  bool configure(int manager, int members) RT_SAFE {
    if ((manager != kLower && manager != kUpper) || members < 0 || members > kMostMembers) {
      return false;
    }
    int& own = manager == kLower ? lower_ : upper_;
    int& other = manager == kLower ? upper_ : lower_;
    own = members;
    if (own > 0) other = std::clamp(other, 0, std::max(kChannels - 2 - own, 0));
    return true;
  }
  /// [audio] Both are off.
  void clear() RT_SAFE { lower_ = upper_ = 0; }
  /// [audio] 0: the zone is off.
  [[nodiscard]] int members(int manager) const RT_SAFE {
    return manager == kLower ? lower_ : manager == kUpper ? upper_ : 0;
  }
  /// [audio] The channel that manages a member; any other channel is its own.
  [[nodiscard]] int manager_of(int channel) const RT_SAFE {
    if (channel > kLower && channel <= lower_) return kLower;
    if (channel < kUpper && channel >= kUpper - upper_) return kUpper;
    return channel;
  }
  [[nodiscard]] bool is_member(int channel) const RT_SAFE { return manager_of(channel) != channel; }

 private:
  int lower_ = 0;  // members
  int upper_ = 0;
};

}  // namespace rtsynth
