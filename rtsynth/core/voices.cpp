#include "voices.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace rtsynth {
namespace {

constexpr int kOwnRelease = 64;        // the velocity that stands for none (MIDI 1.0)
constexpr float kReleaseReach = 3.0F;  // times as fast as the take's own, or as slow

/// Keyboards that do not measure it send 64 or 0, too.
float release_speed(int velocity) RT_SAFE {
  if (velocity == 0) return 1.0F;
  return std::pow(kReleaseReach, static_cast<float>(velocity - kOwnRelease) / 63.0F);
}

}  // namespace

void Voices::prepare(int polyphony, int threads, const VoiceContext& context) {
  counters_ = context.counters;
  channels_.prepare(context.rate_hz);
  list_.prepare(polyphony, threads, context, channels_);
}

void Voices::set_rate(const VoiceContext& context) {
  channels_.set_rate(context.rate_hz);
  list_.set_rate(context);
}

void Voices::restart(std::int64_t now) {
  panic(now);
  channels_.restart();
  for (int channel = 0; channel < kChannels; ++channel) {
    settle_sends(channels_.zones().manager_of(channel));
  }
  serial_ = 0;
  strike_ = 0;
}

void Voices::message(int status, int data1, int data2, std::int64_t due, std::int64_t now) RT_SAFE {
  const int channel = status & 0x0F;
  switch (status & 0xF0) {
    case 0x80:
      note_off(channel, data1, data2, now);
      break;
    case 0x90:
      if (data2 == 0)
        note_off(channel, data1, 0, now);
      else
        note_on(channel, data1, data2, due, now);
      break;
    case 0xA0:
      press_key(channel, data1, data2);
      break;
    case 0xB0:
      control(channel, data1, data2, now);
      break;
    case 0xD0:
      at(channel).press(data1);
      break;
    case 0xE0:
      at(channel).bend(data1 | data2 << 7);
      break;
    default:  // program changes come as events of their own
      break;
  }
}

void Voices::note_on(int channel, int key, int velocity, std::int64_t due,
                     std::int64_t now) RT_SAFE {
  if (!channels_.plays(channel, key)) return;
  settle(channel);
  counters_->notes.add();
  const int slurred = slurred_from(channel, key);
  const Strike struck{channel, key, curve_.at(velocity), due, glide_from(channel, key)};
  make_way(channel, key, slurred, now);
  keyboard(channel).keys.press(key, struck.velocity);
  if (slurred == Keyboard::kNone || !slur(struck, slurred, now)) strike(struck, {}, now);
}

/// A voice on each of the channel's layers in which the key lies, `without` some.
void Voices::strike(const Strike& struck, const LayerSet& without, std::int64_t now) RT_SAFE {
  const Layers& layers = leading(struck.channel).layers;
  Sounding as;
  as.strike = ++strike_;
  as.channel = static_cast<std::uint8_t>(struck.channel);
  as.key = static_cast<std::uint8_t>(struck.key);
  std::array<std::uint8_t, kLayers> places{};
  std::size_t count = 0;
  for (std::uint8_t i = 0; i < kLayers; ++i) {
    if (!without[i] && sounds(struck, layers.at(i))) places[count++] = i;
  }
  count = list_.make_room(count, now);
  for (std::size_t i = 0; i < count; ++i) {
    as.layer = places[i];
    list_.start(note_of(struck, as.layer), as, now);
  }
}

/// What a key sounds like on one of its layers.
NoteOn Voices::note_of(const Strike& struck, int place) RT_SAFE {
  const Keyboard& board = leading(struck.channel);
  const Layer& layer = board.layers.at(place);
  NoteOn note;
  note.channel = struck.channel;
  note.key = struck.key + layer.transpose;
  note.velocity = struck.velocity;
  note.timbre = place == 0 ? channels_.timbre(struck.channel) : layer.slot;
  note.due = struck.due;
  note.serial = serial_++;
  note.place = channels_.place(struck.channel, note.key);
  note.glide_from = struck.glide_from;
  if (note.glide_from != 0.0F) note.glide_s = channels_.manager(struck.channel).portamento_s();
  note.soft = std::max(board.pedals.soft(), keyboard(struck.channel).pedals.soft());
  note.gain = layer.gain;
  note.pan = layer.pan;
  return note;
}

std::size_t Voices::takes_of(const Channels& channels, int channel, int key, int velocity,
                             Takes& takes) const RT_SAFE {
  const float sounding = curve_.at(velocity);
  const Layers& layers = keyboard(channels.zones().manager_of(channel)).layers;
  std::size_t count = 0;
  for (int i = 0; i < kLayers; ++i) {
    const Layer& layer = layers.at(i);
    const int moved = key + layer.transpose;
    if (!layer.plays(key, sounding) || !channels.plays(channel, moved)) continue;
    const int slot = i == 0 ? channels.timbre(channel) : layer.slot;
    const int take_key = channels.place(channel, moved).key;
    takes[count++] = rtsynth::take_of(slot, take_key, static_cast<int>(sounding));
  }
  return count;
}

void Voices::note_off(int channel, int key, int velocity, std::int64_t now) RT_SAFE {
  HeldKeys& keys = keyboard(channel).keys;
  const bool leads = keys.count() != 0 && keys.last() == key;
  keys.lift(key);
  if (leads && return_from(channel, key, now)) return;
  const float speed = release_speed(velocity);
  for (Sounding& note : list_.sounding()) {
    if (note.state == Sounding::State::kDown && note.channel == channel && note.key == key)
      let_go(note, now, speed);
  }
}

void Voices::carry(int channel, int from, int to) RT_SAFE {
  for (Sounding& note : list_.sounding()) {
    if (note.is_held() && note.channel == channel) note.voice->carry(from, to);
  }
}

void Voices::tick(std::int64_t now) RT_SAFE {
  channels_.tick();
  aim_sends();
  if (retunes_) retune(now);
  list_.tick(now);
}

}  // namespace rtsynth
