// What tuning, pressure and zones do to the notes that sound.
#include "voices.h"

namespace rtsynth {

void Voices::set_parameter(int channel, Parameter parameter, float value) RT_SAFE {
  at(channel).set_parameter(parameter, value);
}

void Voices::tune(int channel, int key, float semitones, bool live, std::int64_t now) RT_SAFE {
  at(channel).tune(key, semitones);
  if (live) retune(channel, key, now);
}

/// Notes that have a channel's tuning, of one key or of all, go to where it has them now.
void Voices::retune(int channel, int key, std::int64_t now) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (!channels_.reaches(channel, note.channel) || note.away) continue;
    const int sounding_key = note.voice->note().key;
    if (key != kEveryKey && sounding_key != key) continue;
    if (!channels_.plays(note.channel, sounding_key)) continue;  // it stays where it is
    note.voice->retune(channels_.place(note.channel, sounding_key), now);
  }
}

/// What was set while a channel was silent is there with its first note, without a glide. Notes
/// that a member of a zone let go do not follow it any more.
void Voices::settle(int channel) RT_SAFE {
  const Zones& zones = channels_.zones();
  const int manager = zones.manager_of(channel);
  bool own = false, zone = false;
  for (const Sounding& note : list_.sounding()) {
    if (zones.manager_of(note.channel) != manager) continue;
    zone = true;
    const bool follows = manager == channel || note.state != Sounding::State::kReleased;
    own = own || (note.channel == channel && follows);
  }
  if (!own) channels_.settle(channel, !zone);
}

void Voices::press_key(int channel, int key, int value) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (note.is_held() && note.channel == channel && note.key == key && !note.away)
      note.voice->press(value);
  }
}

/// What a controller asks of the notes that sound.
void Voices::follow(Channels::Change change, int channel, std::int64_t now) RT_SAFE {
  if (change == Channels::Change::kTuning) retune(channel, kEveryKey, now);
  if (change != Channels::Change::kZones) return;
  for (Sounding& note : list_.sounding()) {
    if (channels_.moved(note.channel)) list_.sound_off(note, now);
  }
  for (int each = 0; each < kChannels; ++each) {
    if (!channels_.moved(each)) continue;
    keyboard(each).lift_all();
    let_go_of_sostenuto(each);
  }
  follow_pedals(now);
}

}  // namespace rtsynth
