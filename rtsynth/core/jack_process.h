/// What a JACK client does in a period: MIDI in, sound out, every event at its own sample.
///
/// libjack is not linked: its types are declared here, its functions are handed over as addresses.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine.h"
#include "midi_in.h"
#include "offline_wait.h"
#include "rt.h"

namespace rtsynth {

/// jack_midi_event_t of jack/midiport.h.
struct JackMidiEvent {
  std::uint32_t time;  // samples from the period's first
  std::size_t size;
  unsigned char* bytes;
};

/// Functions of libjack that may be called in its process callback.
struct JackLibrary {
  void* (*port_get_buffer)(void* port, std::uint32_t samples);
  std::uint32_t (*midi_get_event_count)(void* buffer);
  int (*midi_event_get)(JackMidiEvent* event, void* buffer, std::uint32_t index);
};

/// jack_port_t* of one client.
struct JackPorts {
  void* midi;
  void* left;
  void* right;
};

/// One client's.
class JackProcess {
 public:
  /// [control] The engine must outlive it; nothing else may render it while the client is active.
  JackProcess(Engine& engine, const JackLibrary& library, const JackPorts& ports);

  /// [audio] A period.
  void process(std::uint32_t samples) RT_SAFE;
  /// [audio, offline] A period in freewheel, where JACK waits for its clients: it waits for Python
  /// and the generator, so that notes begin on their own frames.
  void process_offline(std::uint32_t samples);
  /// [control] From now on periods are silent and leave the engine alone. Waits for one that is
  /// under way, a second at most. Before the client is closed.
  void close();

  /// [any] JACK's notifications, each from a thread of JACK's.
  void dropped_out() RT_SAFE { drop_outs_.fetch_add(1, std::memory_order_relaxed); }
  void ports_changed() RT_SAFE { port_changes_.fetch_add(1); }
  void port_went() RT_SAFE { ports_gone_.fetch_add(1); }
  void set_rate(std::uint32_t rate_hz) RT_SAFE { rate_hz_.store(rate_hz); }
  void set_freewheel(bool on) RT_SAFE { freewheel_.store(on); }
  void shut_down() RT_SAFE {
    alive_.store(false);
    offline_.cancel();
  }

  /// [any]
  [[nodiscard]] bool alive() const RT_SAFE { return alive_.load(); }
  [[nodiscard]] bool freewheel() const RT_SAFE { return freewheel_.load(); }
  [[nodiscard]] std::uint32_t rate_hz() const RT_SAFE { return rate_hz_.load(); }
  [[nodiscard]] std::uint32_t port_changes() const RT_SAFE { return port_changes_.load(); }
  [[nodiscard]] std::uint32_t ports_gone() const RT_SAFE { return ports_gone_.load(); }

 private:
  /// A period under way: close() waits for its end.
  class Period {
   public:
    explicit Period(std::atomic<bool>& inside) RT_SAFE : inside_(inside) { inside_.store(true); }
    ~Period() RT_SAFE { inside_.store(false); }
    Period(const Period&) = delete;
    Period& operator=(const Period&) = delete;

   private:
    std::atomic<bool>& inside_;
  };

  static constexpr std::size_t kMostEvents = 4096;  // in a period; JACK's own buffers hold fewer

  [[nodiscard]] bool find_out(StereoOut& out, std::uint32_t samples) const RT_SAFE;
  [[nodiscard]] std::span<Event> read_midi(std::uint32_t samples) RT_SAFE;
  [[nodiscard]] void* buffer_of(void* port, std::uint32_t samples) const RT_SAFE;
  [[nodiscard]] std::uint32_t event_count(void* buffer) const RT_SAFE;
  [[nodiscard]] bool get_event(JackMidiEvent& event, void* buffer,
                               std::uint32_t index) const RT_SAFE;

  Engine& engine_;
  JackLibrary library_;
  JackPorts ports_;
  MidiIn midi_;
  OfflineWait offline_;
  std::array<Event, kMostEvents> events_{};  // [audio] of this period
  bool in_sysex_ = false;                    // [audio] its last byte has not come yet
  std::int64_t drop_outs_seen_ = 0;          // [audio]
  std::atomic<std::int64_t> drop_outs_{0};
  std::atomic<std::uint32_t> port_changes_{0};
  std::atomic<std::uint32_t> ports_gone_{0};
  std::atomic<std::uint32_t> rate_hz_{0};
  std::atomic<bool> freewheel_{false};
  std::atomic<bool> alive_{true};
  std::atomic<bool> closed_{false};
  std::atomic<bool> inside_{false};  // a period is under way
};

}  // namespace rtsynth
