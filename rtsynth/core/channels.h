/// The sixteen channels, and the zones over them: what a message changes, and where a key sounds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "channel.h"
#include "rt.h"
#include "zones.h"

namespace rtsynth {

inline constexpr int kDrumChannel = 9;  // channel 10 to a musician: silent but in a zone
/// A key that is tuned as low as this is not played: a keyboard map leaves it out.
inline constexpr float kKeyNotPlayed = -128.0F;

/// Where a key sounds: at the equal-tempered key that is nearest to its tuned pitch, whose take it
/// plays, and so many semitones beside that. Keys below or above those of the contract have the
/// take of its first or last, moved by the vocoder.
struct KeyPlace {
  int key = 0;
  float semitones = 0.0F;
};

/// Plain data: a copy goes its own way.
class Channels {
 public:
  /// What a message asks of the notes that sound.
  enum class Change : std::uint8_t {
    kNone,
    kTuning,  // they go to where place() has them now
    kZones,   // those of moved() channels end
  };

  /// [control, stopped] General MIDI's defaults, no zones.
  void prepare(double rate_hz);
  /// [control, stopped]
  void set_rate(double rate_hz);
  /// [control, stopped] As if nothing had been played before; everything stays as it is set.
  void restart() RT_SAFE;

  /// [audio] A controller but for those that end notes, with all that it means for a zone.
  Change control(int channel, int controller, int value) RT_SAFE;
  /// [audio] Of one channel, or of all members of its zone.
  void set_bend_range(int channel, float semitones) RT_SAFE;
  /// [audio] Controller 121 on a channel; on a manager it holds for its zone.
  void reset_controllers(int channel) RT_SAFE;
  /// [audio] As General MIDI has it at the start, without zones. Timbres, tuning of keys and
  /// parameters stay.
  void reset() RT_SAFE;
  /// [audio] The same, but zones stay, and their channels are as when they were made.
  void reset_in_zones() RT_SAFE;
  /// [audio]
  void tick() RT_SAFE;
  /// [audio] Before the first note that sounds on a channel, or (`zone`) in its zone: what was set
  /// since the last one is there at once.
  void settle(int channel, bool zone) RT_SAFE;

  [[nodiscard]] Channel& at(int channel) RT_SAFE {
    return channels_[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] const Channel& at(int channel) const RT_SAFE {
    return channels_[static_cast<std::size_t>(channel)];
  }
  /// [audio] Whether the last change of the zones set a channel back.
  [[nodiscard]] bool moved(int channel) const RT_SAFE { return (moved_ >> channel & 1U) != 0; }
  [[nodiscard]] const Zones& zones() const RT_SAFE { return zones_; }
  /// [audio] Whose pedals, timbre, layers and tuning a channel's notes have.
  [[nodiscard]] Channel& manager(int channel) RT_SAFE { return at(zones_.manager_of(channel)); }
  /// [audio] Whether what ends or resets the notes of one channel holds for another's, too.
  [[nodiscard]] bool reaches(int channel, int other) const RT_SAFE {
    return other == channel || zones_.manager_of(other) == channel;
  }
  /// [audio] Whether a key of a channel plays: not on the drums' channel, and not one that the
  /// tuning leaves out.
  [[nodiscard]] bool plays(int channel, int key) const RT_SAFE {
    const int manager = zones_.manager_of(channel);
    return (channel != kDrumChannel || manager != channel) &&
           at(manager).tuning(key) > kKeyNotPlayed;
  }
  /// [audio] Where a key of a channel sounds, 0..127, moved by its layer's transposition already.
  [[nodiscard]] KeyPlace place(int channel, int key) const RT_SAFE;

  /// [audio] The slot that a channel plays.
  [[nodiscard]] int timbre(int channel) const RT_SAFE;
  /// [audio] A member of a zone may have its own, -1: its manager's again.
  void set_timbre(int channel, int slot) RT_SAFE;
  /// [audio] What a program change brings: a member of a zone has its manager's.
  void set_program(int channel, int slot) RT_SAFE {
    if (!zones_.is_member(channel)) set_timbre(channel, slot);
  }

 private:
  Change configure(int manager, int members) RT_SAFE;
  void join() RT_SAFE;

  std::array<Channel, kChannels> channels_;
  Zones zones_;
  std::uint32_t moved_ = 0;  // one bit for each channel
};

}  // namespace rtsynth
