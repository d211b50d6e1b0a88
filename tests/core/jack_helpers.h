/// A JACK client on a libjack of our own.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "helpers.h"
#include "jack_callbacks.h"
#include "jack_process.h"

namespace rtsynth {

/// What jack_port_get_buffer gives: MIDI of one period, or one channel of sound.
struct FakePort {
  std::vector<std::vector<unsigned char>> bytes;
  std::vector<JackMidiEvent> events;
  std::vector<float> sound = std::vector<float>(8192, 7.0F);
  bool is_midi = false;
};

inline JackLibrary fake_library() {
  JackLibrary library;
  library.port_get_buffer = [](void* port, std::uint32_t) -> void* {
    auto* fake = static_cast<FakePort*>(port);
    return fake->is_midi ? static_cast<void*>(fake) : fake->sound.data();
  };
  library.midi_get_event_count = [](void* buffer) {
    return static_cast<std::uint32_t>(static_cast<FakePort*>(buffer)->events.size());
  };
  library.midi_event_get = [](JackMidiEvent* event, void* buffer, std::uint32_t index) {
    *event = static_cast<FakePort*>(buffer)->events[index];
    return 0;
  };
  return library;
}

/// An engine behind a client: timbres 0 and 1 have takes on key 60, 1 is an octave of partials up.
struct Client {
  std::unique_ptr<Engine> engine = make_engine();
  FakePort midi, left, right;
  JackProcess process{*engine, fake_library(), {&midi, &left, &right}};

  Client() {
    midi.is_midi = true;
    TakeSpec spec;
    spec.pages = 4;
    REQUIRE(put_take(engine->takes(), {0, 60, 6}, spec));
    spec.level = [](int, std::size_t value) { return value == 1 ? 0.0F : float{kFloorDb}; };
    REQUIRE(put_take(engine->takes(), {1, 60, 6}, spec));
  }

  using Messages = std::vector<std::pair<std::uint32_t, std::vector<unsigned char>>>;

  void bring(const Messages& messages) {
    midi.bytes.clear();
    midi.events.clear();
    for (const auto& [time, bytes] : messages) {
      midi.bytes.push_back(bytes);  // a vector that moves keeps its bytes where they are
      midi.events.push_back({time, bytes.size(), midi.bytes.back().data()});
    }
  }

  /// A period with messages (sample, bytes); returns what sounds on the left.
  std::vector<float> period(std::uint32_t samples, const Messages& messages = {}) {
    bring(messages);
    jack_process(samples, &process);
    return {left.sound.begin(), left.sound.begin() + static_cast<std::ptrdiff_t>(samples)};
  }

  std::vector<Heard> heard() {
    std::vector<Heard> all;
    Heard row;
    while (engine->heard().read(row)) all.push_back(row);
    return all;
  }
};

/// -1: silence.
inline std::int64_t first_of(const std::vector<float>& mono) {
  const auto found = std::find_if(mono.begin(), mono.end(), [](float x) { return x != 0.0F; });
  return found == mono.end() ? -1 : found - mono.begin();
}

}  // namespace rtsynth
