// What controllers do to notes: pedals, all notes off, reset and panic.
#include <algorithm>

#include "voices.h"

namespace rtsynth {

void Voices::control(int channel, int controller, int value, std::int64_t now) RT_SAFE {
  if (keyboard(channel).ignores(controller)) return;
  if (controller == kAllSoundOff) {
    all_sound_off(channel, now);
  } else if (controller == kResetControllers) {
    reset_controllers(channel, now);
  } else if (controller >= kAllNotesOff) {
    mode(channel, controller, now);
  } else if (controller >= kSustain && controller <= kLegato) {
    pedal(channel, controller, value, now);
  } else {
    if (controller == kPortamentoControl) keyboard(channel).portamento_from = value;
    follow(channels_.control(channel, controller, value), channel, now);
  }
}

void Voices::pedal(int channel, int controller, int value, std::int64_t now) RT_SAFE {
  Pedals& pedals = keyboard(channel).pedals;
  const bool caught = pedals.sostenuto();
  pedals.control(controller, value);
  if (!pedals.sostenuto() && caught) let_go_of_sostenuto(channel);
  if (pedals.sostenuto() && !caught) {
    for (int each = 0; each < kChannels; ++each) {
      if (channels_.reaches(channel, each)) keyboard(each).be_caught(channel);
    }
  }
  follow_pedals(now);
}

void Voices::let_go_of_sostenuto(int channel) RT_SAFE {
  for (Keyboard& board : keyboards_) board.be_let_go(channel);
}

/// 124 to 127 switch modes, and mean all notes off as well.
void Voices::mode(int channel, int controller, std::int64_t now) RT_SAFE {
  all_notes_off(channel, now);
  if (controller == kMono || controller == kPoly) keyboard(channel).mono = controller == kMono;
}

void Voices::reset_controllers(int channel, std::int64_t now) RT_SAFE {
  channels_.reset_controllers(channel);
  for (int each = 0; each < kChannels; ++each) {
    if (!channels_.reaches(channel, each)) continue;
    keyboard(each).lift_pedals();
    let_go_of_sostenuto(each);
  }
  for (Sounding& note : list_.sounding()) {
    if (channels_.reaches(channel, note.channel) && !note.away) note.voice->press(0);
  }
  follow_pedals(now);
}

void Voices::ignore(int channel, int controller, bool on, std::int64_t now) RT_SAFE {
  // A pedal that nobody hears any more must not hold anything.
  if (on && controller >= kSustain && controller <= kLegato) control(channel, controller, 0, now);
  keyboard(channel).ignored[static_cast<std::size_t>(controller)] = on;
}

void Voices::all_sound_off(int channel, std::int64_t now) RT_SAFE {
  lift_keys(channel);
  for (Sounding& note : list_.sounding()) {
    if (channels_.reaches(channel, note.channel)) list_.sound_off(note, now);
  }
}

/// As if all keys were let go: pedals hold what they hold.
void Voices::all_notes_off(int channel, std::int64_t now) RT_SAFE {
  lift_keys(channel);
  for (Sounding& note : list_.sounding()) {
    if (note.state == Sounding::State::kDown && channels_.reaches(channel, note.channel))
      let_go(note, now);
  }
}

void Voices::lift_keys(int channel) RT_SAFE {
  for (int each = 0; each < kChannels; ++each) {
    if (channels_.reaches(channel, each)) keyboard(each).keys.lift_all();
  }
}

/// The key is up: the note goes on as far as pedals let it.
void Voices::let_go(Sounding& note, std::int64_t now, float speed) RT_SAFE {
  const float part = damping(note);
  if (part < 1.0F)
    list_.hold(note, now, part);
  else
    list_.release(note, now, speed);
}

/// Notes whose keys are up follow the pedals; one that is damped in full does not come back.
void Voices::follow_pedals(std::int64_t now) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (note.state == Sounding::State::kHeld) let_go(note, now);
  }
}

/// What pedals leave of the release of a note whose key is up.
float Voices::damping(const Sounding& note) RT_SAFE {
  const Keyboard& board = keyboard(note.channel);
  if (board.is_caught(note.key)) return 0.0F;
  return std::min(board.pedals.damping(), leading(note.channel).pedals.damping());
}

void Voices::panic(std::int64_t now) RT_SAFE {
  for (Sounding& note : list_.sounding()) list_.sound_off(note, now);
  for (Keyboard& board : keyboards_) board.lift_all();
  for (int channel = 0; channel < kChannels; ++channel) at(channel).reset_controllers();
}

void Voices::reset(std::int64_t now) RT_SAFE {
  panic(now);
  for (Keyboard& board : keyboards_) board.mono = false;
  channels_.reset();
}

void Voices::reset_in_zones(std::int64_t now) RT_SAFE {
  panic(now);
  for (Keyboard& board : keyboards_) board.mono = false;
  channels_.reset_in_zones();
}

}  // namespace rtsynth
