// How a channel's notes follow each other: one at a time, legato, and where a glide begins.
#include "voices.h"

namespace rtsynth {
namespace {

constexpr double kSlurS = 0.012;  // of the pitch from key to key, without portamento

}  // namespace

/// What a key that is struck glides from, semitones from its own pitch: the key that controller 84
/// named, or else, while 65 is on, the one that was struck before.
float Voices::glide_from(int channel, int key) RT_SAFE {
  Keyboard& board = leading(channel);
  int from = board.portamento_from;
  if (from == Keyboard::kNone && glides(channel)) from = board.last_key;
  board.portamento_from = Keyboard::kNone;
  board.last_key = key;
  if (from == Keyboard::kNone || !channels_.plays(channel, from)) return 0.0F;
  return semitones_to(channel, from, key);
}

/// How far a key sounds above another.
float Voices::semitones_to(int channel, int key, int other) const RT_SAFE {
  const KeyPlace place = channels_.place(channel, key);
  const KeyPlace base = channels_.place(channel, other);
  return static_cast<float>(place.key - base.key) + place.semitones - base.semitones;
}

bool Voices::glides(int channel) RT_SAFE {
  return leading(channel).pedals.portamento() || keyboard(channel).pedals.portamento();
}

/// The key whose sound goes over to one that is struck now, or kNone. Controller 84 names it; and
/// where one note sounds at a time it is the one struck last, while that is down.
int Voices::slurred_from(int channel, int key) RT_SAFE {
  const Keyboard& board = keyboard(channel);
  int from = leading(channel).portamento_from;
  if (from == Keyboard::kNone && board.one_note() && board.keys.count() != 0)
    from = board.keys.last();
  return from == key ? Keyboard::kNone : from;
}

/// What a key that is struck ends: its own old sound, and where one note sounds at a time all that
/// is held, but for the key that is slurred.
void Voices::make_way(int channel, int key, int slurred, std::int64_t now) RT_SAFE {
  const bool one_note = keyboard(channel).one_note();
  for (Sounding& note : list_.sounding()) {
    if (note.channel != channel || note.state == Sounding::State::kFading) continue;
    const bool goes = one_note && note.is_held() && note.key != slurred;
    if (note.key == key || goes) list_.strike_again(note, now);
  }
}

/// What sounds of one key goes over to another, without a new attack. Layers that the new key is
/// not in end, those that only it is in begin. False: nothing sounded, and nothing has changed.
bool Voices::slur(const Strike& struck, int from, std::int64_t now) RT_SAFE {
  const Layers& layers = leading(struck.channel).layers;
  const bool glide = struck.glide_from != 0.0F;
  const double seconds = glide ? channels_.manager(struck.channel).portamento_s() : kSlurS;
  LayerSet moved{};
  bool any = false;
  for (Sounding& note : list_.sounding()) {
    if (!note.is_held() || note.channel != struck.channel || note.key != from) continue;
    any = true;
    const Layer& layer = layers.at(note.layer);
    if (note.away || !sounds(struck, layer)) {
      list_.strike_again(note, now);
      continue;
    }
    const int sounding_key = struck.key + layer.transpose;
    const KeyPlace place = channels_.place(struck.channel, sounding_key);
    list_.move(note, struck.key, sounding_key, place, seconds, now);
    moved[note.layer] = true;
  }
  if (any) strike(struck, moved, now);
  return any;
}

/// Where one note sounds at a time and its key goes up, the key that is still down and was struck
/// last takes it over. False: the note ends.
bool Voices::return_from(int channel, int key, std::int64_t now) RT_SAFE {
  const Keyboard& board = keyboard(channel);
  if (!board.one_note() || board.keys.count() == 0) return false;
  const int next = board.keys.last();
  for (const Sounding& note : list_.sounding()) {  // of a chord that was there before the legato
    if (note.state == Sounding::State::kDown && note.channel == channel && note.key == next)
      return false;
  }
  Strike struck{channel, next, board.keys.velocity(next), now};
  if (glides(channel)) struck.glide_from = semitones_to(channel, key, next);
  leading(channel).last_key = next;
  return slur(struck, key, now);
}

}  // namespace rtsynth
