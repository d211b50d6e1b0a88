// What tuning, pressure and zones do to the notes that sound.
#include "voices.h"

namespace rtsynth {

void Voices::set_parameter(int channel, Parameter parameter, float value) RT_SAFE {
  at(channel).set_parameter(parameter, value);
}

void Voices::tune(int channel, int key, float semitones, bool live) RT_SAFE {
  at(channel).tune(key, semitones);
  if (!live) return;
  keyboard(channel).retuned[static_cast<std::size_t>(key)] = true;
  retunes_ = true;
}

/// Notes go to where their channel's tuning has them now: all at once, for a scale is an event a
/// key, of all keys and channels. Those that are away follow when they are back.
void Voices::retune(std::int64_t now) RT_SAFE {
  bool waits = false;
  for (Sounding& note : list_.sounding()) {
    const auto key = static_cast<std::size_t>(note.voice->note().key);
    if (!keyboard(note.channel).retuned[key] && !leading(note.channel).retuned[key]) continue;
    if (!channels_.plays(note.channel, static_cast<int>(key))) continue;  // it stays where it is
    waits = waits || note.away;
    if (!note.away) note.voice->retune(channels_.place(note.channel, static_cast<int>(key)), now);
  }
  if (waits) return;
  for (Keyboard& board : keyboards_) board.retuned = {};
  retunes_ = false;
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
  if (!zone) settle_sends(manager);
}

/// Members of a zone send what their manager does.
void Voices::settle_sends(int manager) RT_SAFE {
  const Expression& heard = at(manager).heard();
  for (int channel = 0; channel < kChannels; ++channel) {
    if (channels_.zones().manager_of(channel) != manager) continue;
    sends_.set(channel, {heard.reverb, heard.chorus});
  }
}

void Voices::press_key(int channel, int key, int value) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (note.is_held() && note.channel == channel && note.key == key && !note.away)
      note.voice->press(value);
  }
}

void Voices::express(int channel, int key, NoteField field, float value, std::int64_t now) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (note.is_held() && note.channel == channel && note.key == key && !note.away)
      note.voice->express(field, value, at(channel), now);
  }
}

/// What a controller asks of the notes that sound.
void Voices::follow(Channels::Change change, int channel, std::int64_t now) RT_SAFE {
  if (change == Channels::Change::kTuning) {
    keyboard(channel).retuned.fill(true);
    retunes_ = true;
  }
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
