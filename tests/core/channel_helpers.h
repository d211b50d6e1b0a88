// Channels without a sound, for the tests.
#pragma once

#include <memory>

#include "channels.h"
#include "helpers.h"

namespace rtsynth {

inline std::unique_ptr<Channels> make_channels() {
  auto channels = std::make_unique<Channels>();
  channels->prepare(kRate);
  return channels;
}

/// What a channel's notes hear once all glides are at their ends.
inline Expression heard(Channels& channels, int channel) {
  for (int i = 0; i < 400; ++i) channels.tick();
  return channels.at(channel).heard();
}

inline Channels::Change registered(Channels& channels, int channel, int number, int high,
                                   int low = -1) {
  channels.control(channel, kRpnHigh, number >> 7);
  channels.control(channel, kRpnLow, number & 0x7F);
  const Channels::Change change = channels.control(channel, kDataEntry, high);
  return low < 0 ? change : channels.control(channel, kDataEntryLow, low);
}

}  // namespace rtsynth
