/// An instance's part in the host's audio thread: the engine on memory that the server shares, and
/// what the host sends, on its way into both.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "block_events.h"
#include "engine.h"
#include "instance.h"
#include "offline_wait.h"
#include "parameter_values.h"
#include "rt.h"

namespace rtsynth::plugin {

/// [audio] What is played where nothing is.
void fill_with_silence(const StereoOut& out, int samples) RT_SAFE;

class AudioSide {
 public:
  /// [main] Maps and pre-faults its memory. Throws std::runtime_error or std::bad_alloc where the
  /// machine has none, std::invalid_argument where no engine runs at that rate.
  AudioSide(ParameterValues& values, double rate_hz, std::size_t arena_bytes);

  /// [main, stopped] Sounding notes end where the rate is another. Throws std::invalid_argument.
  void set_rate(double rate_hz);
  /// [main, stopped] Nothing sounds any more.
  void stop();
  /// [main, stopped] Offline the clock begins with the next block, where the song is; before the
  /// song it waits for the song or for a note, so that it is not heard how early a host begins.
  void set_offline(bool on);

  /// [audio] As Instance::process.
  void process(const StereoOut& out, int samples, std::span<const HostEvent> events) RT_SAFE;
  /// [audio, offline] As Instance::process_offline.
  void process_offline(const StereoOut& out, int samples, std::span<const HostEvent> events,
                       const Transport& transport);
  /// [audio]
  void reset() RT_SAFE;
  /// [audio]
  [[nodiscard]] bool next_moved(Moved& moved) RT_SAFE;
  /// [audio]
  [[nodiscard]] bool sounds() RT_SAFE;
  /// [audio]
  [[nodiscard]] bool rings_out() RT_SAFE;

  /// [any]
  [[nodiscard]] double rate_hz() const RT_SAFE { return engine_.config().rate_hz; }
  /// [any] When the server looked at its memory last.
  [[nodiscard]] std::int64_t server_beat_ns() const noexcept {
    return engine_.data().server_beat_ns.load(std::memory_order_relaxed);
  }
  /// [any] The descriptor of its memory, for the server.
  [[nodiscard]] int segment() const noexcept { return engine_.file(); }

 private:
  void begin() RT_SAFE;
  void begin_song(bool playing, std::int64_t sample);
  void anchor(std::int64_t sample);
  [[nodiscard]] int lead_of(std::int64_t sample, int samples, std::span<const HostEvent> events);
  void play_offline(const StereoOut& out, int first, int samples,
                    std::span<const HostEvent> events);
  /// Events count from the block's first sample, what is played begins at `first`.
  /// `await(event)`: waits for what it needs; true: a part begins with it.
  /// `render(first, samples)`: a part of that, with what is in block_. As safe as those are.
  template <class Await, class Render>
  void play(int first, int samples, std::span<const HostEvent> events, const Await& await,
            const Render& render);
  void render_offline(const StereoOut& out, int samples);
  void take(const HostEvent& event, int due) RT_SAFE;
  void carry_out(std::size_t place, int due) RT_SAFE;
  void tell(std::size_t place, int due) RT_SAFE;
  void follow_level() RT_SAFE;
  /// Whether there is something that was not played yet; what the server sent may be a page's key.
  [[nodiscard]] bool waits() RT_SAFE { return !block_.empty() || engine_.data().played.size() > 0; }

  ParameterValues& values_;
  Engine engine_;
  OfflineWait wait_{engine_};
  BlockEvents block_{engine_};  // [audio] since the last part that was rendered
  float level_db_ = 0.0F;       // [audio] that the instrument asks for
  bool anchors_ = false;        // [audio, offline] the clock begins with the next block
  bool rolled_ = false;         // [audio, offline] the song went on in the block before
  bool leads_ = false;          // [audio, offline] it is before the song, and no note came yet
  bool rolled_since_ = false;   // [audio, offline] and at any time since the last reset
  bool rendered_ = false;       // [audio] there were samples since the last reset
};

}  // namespace rtsynth::plugin
