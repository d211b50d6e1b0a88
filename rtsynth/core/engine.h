/// The instrument's core behind one door: render().
///
/// Threads: [control] the one that owns the engine and sends events; [control, stopped] the same
/// while nothing renders; [audio] the device's; [generator]; [recorder]; [any].
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "effects.h"
#include "event.h"
#include "link.h"
#include "live_clock.h"
#include "noise_bus.h"
#include "output_stage.h"
#include "parameters.h"
#include "requests.h"
#include "rt.h"
#include "takes.h"
#include "tap.h"
#include "trace.h"
#include "voices.h"

namespace rtsynth {

struct EngineConfig {
  double rate_hz = 48000.0;
  int polyphony = 128;
  std::size_t arena_bytes = std::size_t{128} << 20;
  std::uint64_t seed = 0;
  float variation = 1.0F;  // 0: notes are exactly their frames, 1: no two are alike
  FrameFormat frames = FrameFormat::kFine;
  int render_threads = 0;  // beside the audio thread: 0..Workers::kMost
  Link::Memory memory = Link::Memory::kPrivate;
};

/// Where a block's channels go.
struct StereoOut {
  float* left;
  float* right;
  std::size_t stride;  // samples from one to the next: 2 where the channels are interleaved
};

/// Whether a device waits for the block. Offline a render thread that is late is waited for; else
/// what it holds is left out.
enum class Pace : std::uint8_t { kDevice, kOffline };

/// What a device has to play in a block, beside what was sent.
struct BlockInput {
  LiveWindow live;                // places events that have a time
  std::span<const Event> events;  // in order; `due` counts from the block's first sample
  Pace pace = Pace::kDevice;
};

/// A link and what plays from it.
class Engine : public Link {
 public:
  /// [control, stopped] Throws std::invalid_argument outside what _core.pyi allows, and what Link
  /// throws.
  explicit Engine(const EngineConfig& config);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// [control, stopped] Goes on at another sample rate: takes, events that wait, channels, gain and
  /// the clock stay, sounding notes end. Throws std::invalid_argument, and nothing has changed.
  void set_rate(double rate_hz);
  /// [control, stopped] Goes on as if nothing had been played before `clock`, 0 or more: notes and
  /// effects end, keys and pedals are up, and what is played then sounds the same each time.
  void restart(std::int64_t clock);

  /// [audio] Fills `samples` interleaved stereo frames.
  void render(float* out, int samples, const LiveWindow& live = {},
              Pace pace = Pace::kDevice) RT_SAFE {
    if (samples > 0)
      render({out, out + 1, 2}, samples, {live, {}, pace});  // else `out` may be null
  }
  /// [audio] Fills `samples` wherever they go.
  void render(const StereoOut& out, int samples, const BlockInput& input) RT_SAFE;
  /// [audio] Carries out what was sent without a sample, as the next block would at its first.
  void carry_out_played() RT_SAFE { static_cast<void>(take_events(data().played, {}, clock_)); }
  /// [audio] What was played is over: all sound off, and what MIDI sets is as at the start, but for
  /// MPE's zones. Timbres, layers, tuning, velocities and parameters stay.
  void forget_played() RT_SAFE {
    voices_.reset_in_zones(clock_);
    effects_.silence();
  }
  /// [audio] The number of a program change that comes with the next block.
  [[nodiscard]] std::int32_t next_change(int channel) RT_SAFE {
    return ++changes_[static_cast<std::size_t>(channel)];
  }
  /// [audio] The number that next_change() gave last.
  [[nodiscard]] std::int32_t last_change(int channel) const RT_SAFE {
    return changes_[static_cast<std::size_t>(channel)];
  }

  [[nodiscard]] Requests& asker() noexcept { return requests_; }
  [[nodiscard]] Tap& tap() noexcept { return tap_; }
  [[nodiscard]] Trace& trace() noexcept { return trace_; }
  [[nodiscard]] Voices& voices() noexcept { return voices_; }  // threads as there
  [[nodiscard]] OutputStage& output() noexcept { return output_; }
  [[nodiscard]] Effects& effects() noexcept { return effects_; }          // [audio]
  [[nodiscard]] LiveClock& live_clock() noexcept { return live_clock_; }  // [audio]
  [[nodiscard]] const EngineConfig& config() const noexcept { return config_; }

 private:
  [[nodiscard]] VoiceContext voice_context();
  void tick() RT_SAFE;
  void render_blocks(const StereoOut& out, int samples, const BlockInput& input) RT_SAFE;
  [[nodiscard]] std::int64_t take_events(Events& events, const LiveWindow& live,
                                         std::int64_t begin) RT_SAFE;
  [[nodiscard]] std::int64_t take_events(std::span<const Event>& events,
                                         std::int64_t begin) RT_SAFE;
  void carry_out(const Event& event, std::int64_t due) RT_SAFE;
  void set_parameter(Parameter parameter, int channel, float value) RT_SAFE;
  void render_segment(const StereoOut& out, std::int64_t at, int samples) RT_SAFE;

  EngineConfig config_;
  std::int64_t clock_ = 0;                         // [audio] samples since the start
  std::int64_t begun_ = 0;                         // [audio] the clock when nothing was heard yet
  std::uint32_t ticks_ = 0;                        // [audio] of all times
  std::atomic<float> boost_{1.0F};                 // the output gain, at least 1
  std::array<std::int32_t, kChannels> changes_{};  // [audio] program changes that came with blocks
  std::array<std::int32_t, kChannels> carried_{};  // [audio] the last of them that was carried out
  Requests requests_;
  Trace trace_;
  Tap tap_;
  LiveClock live_clock_;
  OutputStage output_;
  Effects effects_;
  NoiseBus noise_bus_;
  std::shared_ptr<const NoiseTables> noise_;
  Voices voices_;
};

}  // namespace rtsynth
