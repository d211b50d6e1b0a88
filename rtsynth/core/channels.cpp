#include "channels.h"

#include <cmath>

namespace rtsynth {
namespace {

constexpr float kMemberBend = 48.0F;  // semitones (RP-053, table of defaults)
constexpr float kManagerBend = 2.0F;

}  // namespace

void Channels::prepare(double rate_hz) {
  zones_.clear();
  for (Channel& each : channels_) each.prepare(rate_hz);
}

void Channels::set_rate(double rate_hz) {
  for (Channel& each : channels_) each.set_rate(rate_hz);
}

void Channels::restart() RT_SAFE {
  for (Channel& each : channels_) each.restart();
  join();
}

Channels::Change Channels::control(int channel, int controller, int value) RT_SAFE {
  switch (at(channel).control(controller, value)) {
    case kRpnZone:
      return configure(channel, value);
    case kRpnBendRange:
      set_bend_range(channel, at(channel).bend_range());
      return Change::kNone;
    case kRpnFineTuning:
    case kRpnCoarseTuning:
      return Change::kTuning;
    default:
      return Change::kNone;
  }
}

/// RP-053: what is sent to one member holds for all of them.
void Channels::set_bend_range(int channel, float semitones) RT_SAFE {
  const int manager = zones_.manager_of(channel);
  for (int each = 0; each < kChannels; ++each) {
    const bool beside = manager != channel && each != manager && zones_.manager_of(each) == manager;
    if (each == channel || beside) at(each).set_bend_range(semitones);
  }
}

/// RP-053, the MPE configuration message. A member, or a channel that was one, is as at the start;
/// of the manager the controllers are reset.
Channels::Change Channels::configure(int manager, int members) RT_SAFE {
  const Zones before = zones_;
  if (!zones_.configure(manager, members)) return Change::kNone;
  moved_ = 1U << manager;
  for (int each = 0; each < kChannels; ++each) {
    const int now = zones_.manager_of(each);
    if (each == manager || (now == before.manager_of(each) && now != manager)) continue;
    moved_ |= 1U << each;
    at(each).reset();
    at(each).own_timbre = -1;
    if (now != each) at(each).set_bend_range(kMemberBend);
  }
  at(manager).reset_controllers();
  at(manager).set_bend_range(kManagerBend);
  join();
  return Change::kZones;
}

void Channels::reset_controllers(int channel) RT_SAFE {
  for (int each = 0; each < kChannels; ++each) {
    if (reaches(channel, each)) at(each).reset_controllers();
  }
}

void Channels::reset() RT_SAFE {
  zones_.clear();
  for (Channel& each : channels_) each.reset();
}

void Channels::reset_in_zones() RT_SAFE {
  for (int each = 0; each < kChannels; ++each) {
    at(each).reset();
    if (zones_.is_member(each)) at(each).set_bend_range(kMemberBend);
  }
  join();
}

void Channels::tick() RT_SAFE {
  for (Channel& each : channels_) each.tick();
  join();
}

void Channels::join() RT_SAFE {
  for (int manager : {Zones::kLower, Zones::kUpper}) {
    const int step = manager == Zones::kLower ? 1 : -1;
    const int members = zones_.members(manager);
    for (int i = 1; i <= members; ++i) at(manager + step * i).join(at(manager));
  }
}

void Channels::settle(int channel, bool zone) RT_SAFE {
  const int manager = zones_.manager_of(channel);
  if (zone) at(manager).settle();
  if (manager == channel) return;
  at(channel).settle();
  at(channel).join(at(manager));
}

KeyPlace Channels::place(int channel, int key) const RT_SAFE {
  const int manager = zones_.manager_of(channel);
  float beside = at(manager).tuned() + at(manager).tuning(key);
  if (manager != channel) beside += at(channel).tuned();
  const float whole = std::round(beside);
  return {key + static_cast<int>(whole), beside - whole};
}

int Channels::timbre(int channel) const RT_SAFE {
  const int own = at(channel).own_timbre;
  const int manager = zones_.manager_of(channel);
  return manager != channel && own >= 0 ? own : at(manager).timbre;
}

void Channels::set_timbre(int channel, int slot) RT_SAFE {
  if (zones_.is_member(channel)) {
    at(channel).own_timbre = slot;
  } else if (slot >= 0) {
    at(channel).timbre = slot;
  }
}

}  // namespace rtsynth
