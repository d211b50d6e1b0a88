/// One plugin instance, whatever its format: the core in the host's audio thread, and the way to
/// the server that makes takes. The formats (clap.cpp, vst3.cpp, lv2.cpp) translate and do no more.
///
/// Threads: [main] the host's, one at a time; [audio] the host's while it processes; [any].
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"
#include "rt.h"

namespace rtsynth::plugin {

/// What an event of a block is. Those of a block come in the order of their samples.
enum class EventKind : std::uint8_t {
  kNoteOn,      // channel, key, value: velocity 0..1, note
  kNoteOff,     // channel, key (-1: by note, or all), value: release velocity 0..1, note
  kChoke,       // as kNoteOff, without a release
  kMidi,        // bytes, a channel message
  kSysex,       // sysex, whole; lives until the block is done
  kParameter,   // index of kHostParameters, value in its own range
  kExpression,  // expression, channel, key, note; value as CLAP counts it
};

/// What can be said of a single note, as in CLAP's note expressions.
enum class Expression : std::uint8_t {
  kVolume,      // linear, 0..4
  kPan,         // 0 left .. 1 right
  kTuning,      // semitones, -120..120
  kVibrato,     // 0..1
  kExpression,  // 0..1
  kBrightness,  // 0..1
  kPressure,    // 0..1
};

inline constexpr std::int32_t kNoNote = -1;

struct HostEvent {
  EventKind kind = EventKind::kMidi;
  Expression expression = Expression::kVolume;
  std::int16_t channel = 0;     // 0..15; -1: any
  std::int16_t key = 0;         // 0..127; -1: any
  std::int32_t sample = 0;      // from the block's first
  std::int32_t note = kNoNote;  // the host's own number of the note
  std::int32_t index = 0;       // of a parameter
  double value = 0.0;
  std::array<std::uint8_t, 3> bytes{};
  std::span<const std::uint8_t> sysex;
};

/// Where the host's song is, if it has one and says so.
struct Transport {
  bool playing = false;
  bool known = false;
  std::int64_t sample = 0;  // of the song, at the block's first
};

/// A parameter that did not move by the host's hand: a page, a preset or a controller moved it.
struct Moved {
  int index = 0;
  double value = 0.0;
};

/// Who is asking: for the log, and for the list of what runs.
struct Setup {
  std::string format;                                      // "CLAP", "VST3", "LV2"
  std::string host;                                        // its name, as it says
  void (*log)(void* context, const char* line) = nullptr;  // [any but audio] one line of news
  void* context = nullptr;
  /// [any but audio] These may be null. A hand, not the host, changed what a project keeps.
  void (*edited)(void* context) = nullptr;
  /// [any but audio] The presets are others.
  void (*listed)(void* context) = nullptr;
  /// [any but audio] Something waits to be played or told, should the host not process.
  void (*awake)(void* context) = nullptr;
  /// Of the memory for takes, all of it there from the first activation on: at rest an instance
  /// uses 45 MiB, and a dense part of a minute on one channel 14 more. Less is for tests.
  std::size_t arena_bytes = std::size_t{64} << 20;
};

class Instance {
 public:
  /// [main] Takes no memory to speak of and looks for no server yet: a host may be looking only.
  explicit Instance(const Setup& setup);
  /// [main] The server hears of it; nothing is left behind.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// [main, stopped] The first one maps and pre-faults its memory, and begins to look for the
  /// server; it waits for nothing. Sounding notes end where the rate is another. False: there is no
  /// memory, or no such rate; a line in the log says so, and nothing can be processed.
  [[nodiscard]] bool activate(double rate_hz, int most_samples);
  /// [main, stopped] Notes end.
  void deactivate();
  /// [main, stopped] Offline every frame is waited for, and the clock is the song's. Coming from
  /// live the engine begins anew, so that the same song gives the same samples.
  void set_offline(bool on);
  [[nodiscard]] bool offline() const RT_SAFE;

  /// [audio] Fills `samples` (0 and more than `most_samples` are allowed). Never waits.
  void process(const StereoOut& out, int samples, std::span<const HostEvent> events,
               const Transport& transport) RT_SAFE;
  /// [audio, offline] The same; waits for the generator, within reason.
  void process_offline(const StereoOut& out, int samples, std::span<const HostEvent> events,
                       const Transport& transport);
  /// [audio] All sound off; controllers that were played go back to where the state has them, and
  /// parameters stay where they were set, by whomever.
  void reset() RT_SAFE;
  /// [audio] The oldest parameter that the other side moved, to be told to the host.
  [[nodiscard]] bool next_moved(Moved& moved) RT_SAFE;
  /// [audio] Whether anything sounds, or will with the next block: notes, or what effects keep of
  /// them.
  [[nodiscard]] bool sounds() const RT_SAFE;
  /// [audio] Whether it sounds, but ends by itself within tail_samples(): nothing holds a note.
  [[nodiscard]] bool rings_out() const RT_SAFE;

  /// [any] The value that holds, in the parameter's range.
  [[nodiscard]] double value(int index) const RT_SAFE;
  /// [main] Sets a parameter while nothing is processed; it is carried out with the next block.
  void set_value(int index, double value);

  /// [main] The whole state, to be kept in the host's project. Waits for the server for half a
  /// second at most; without it what was told last is kept, and loses nothing.
  [[nodiscard]] std::string save();
  /// [main] False: it is not a state, or of a newer version; one line in the log says why, and
  /// nothing has changed. What only the server can carry out follows when it is there.
  [[nodiscard]] bool load(std::string_view state);

  /// [main] Names of presets; those that come along at once, the user's once the server is there.
  [[nodiscard]] std::vector<std::string> presets() const;
  /// [main] Carried out by the server, soon.
  void load_preset(std::string_view name);

  /// [any] For how long notes and effects go on behind the last note off, in samples at most.
  [[nodiscard]] std::int64_t tail_samples() const RT_SAFE;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace rtsynth::plugin
