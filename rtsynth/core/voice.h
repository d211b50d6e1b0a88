/// One sounding note: its frames, its sound and its gains.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "channels.h"
#include "counters.h"
#include "envelope.h"
#include "noise_bus.h"
#include "note_expression.h"
#include "requests.h"
#include "rt.h"
#include "take_reader.h"
#include "takes.h"
#include "trace.h"
#include "vocoder.h"

namespace rtsynth {

/// What all voices share. Everything in it outlives them.
struct VoiceContext {
  double rate_hz = 48000.0;
  std::uint64_t seed = 0;
  float variation = 1.0F;  // 0..1 of what draw_variation() draws
  TakeStore* takes = nullptr;
  Requests* requests = nullptr;
  Counters* counters = nullptr;
  Trace* trace = nullptr;
  const Kernels* kernels = nullptr;
  const NoiseTables* noise = nullptr;
  NoiseBus* noise_bus = nullptr;
  const std::atomic<float>* boost = nullptr;  // what comes after the mix may lift it by, 1 or more
};

struct NoteOn {
  int channel = 0;
  int key = 60;            // 0..127, as it sounds: moved by its layer's transposition
  float velocity = 64.0F;  // 1..127, as it sounds
  int timbre = 0;
  std::int64_t due = 0;  // sample of the clock
  std::uint64_t serial = 0;
  KeyPlace place{60, 0.0F};  // where it sounds, and whose take it plays
  float glide_from = 0.0F;   // semitones from its own pitch, where it begins
  double glide_s = 0.0;      // how long it takes from there
  float soft = 0.0F;         // 0..1, how far the soft pedal is down: softer and duller
  float gain = 1.0F;         // linear, of its layer
  float pan = 0.0F;          // of its layer, added to the channel's
};

/// Renders between ticks; all that it does depends on the clock alone, never on block borders.
class Voice {
 public:
  /// [control, stopped]
  void prepare(const VoiceContext& context);

  /// [audio]
  void start(const NoteOn& note, const Channel& channel, std::int64_t now) RT_SAFE;
  /// [audio] Another key, without an attack: the pitch glides there in `seconds`, and the sound
  /// goes over to that key's own take when it is there. What is played stays in note().
  void move_to(int key, const KeyPlace& place, double seconds, std::int64_t now) RT_SAFE;
  /// [audio] The same key has another tuning: the pitch follows in milliseconds.
  void retune(const KeyPlace& place, std::int64_t now) RT_SAFE;
  /// [audio] Key pressure, 0..127: the channel's counts where it is stronger.
  void press(int value) RT_SAFE { key_pressure_.aim(static_cast<float>(value) / 127.0F); }
  /// [audio] What a host says of this note alone.
  void express(NoteField field, float value, const Channel& channel, std::int64_t now) RT_SAFE;
  /// [audio] Falls `speed` times as fast as its take says, but at least by `db_per_s`.
  void release(const Channel& channel, std::int64_t now, float speed, float db_per_s) RT_SAFE;
  /// [audio] Falls by a part of what it would when released (0..1), and may be held again.
  void damp(const Channel& channel, std::int64_t now, float part) RT_SAFE;
  /// [audio] Silent in `seconds`.
  void fade(const Channel& channel, std::int64_t now, double seconds) RT_SAFE;
  /// [audio] A note of one slot becomes another's, and fades over when that has its frames.
  void carry(int from, int to) RT_SAFE {
    if (own_id_.timbre == from) own_id_.timbre = to;
  }
  /// [audio] Free at once.
  void stop() RT_SAFE;
  /// [audio] At multiples of kTickSamples, before render(); gives its noise to the bus.
  void tick(const Channel& channel, std::int64_t now) RT_SAFE;
  /// [audio] Goes on at `now`, after `missed` samples that were not rendered: its sound paused.
  void resume(const Channel& channel, std::int64_t now, std::int64_t missed) RT_SAFE;
  /// [audio, or a worker whose unit it is in] Adds its partials, `samples` from the clock's `now`
  /// on, not past the next tick. Touches nothing that voices share but what is atomic.
  void render(float* left, float* right, int samples, std::int64_t now) RT_SAFE;
  /// [audio, or a worker] Before render(): hundreds of voices are more than a cache holds.
  void prefetch() const RT_SAFE { vocoder_.prefetch(); }

  [[nodiscard]] bool active() const RT_SAFE { return active_; }
  /// [audio] Whether own frames are missing that the next `samples` would play.
  [[nodiscard]] bool lacks(int samples) const noexcept {
    const Pages pages = needed(samples);
    return pages.ready < pages.end;
  }
  /// [audio, offline] Asks for those, whether it did before or not.
  void insist(int samples) noexcept {
    const Pages pages = needed(samples);
    context_.requests->insist(pages.take, pages.ready, pages.end);
  }
  [[nodiscard]] bool released() const RT_SAFE { return envelope_.released(); }
  [[nodiscard]] bool fading() const RT_SAFE { return envelope_.fading(); }
  [[nodiscard]] const NoteOn& note() const RT_SAFE { return note_; }
  /// [audio] RMS, linear, before the channel's volume; for the choice of the voice to steal.
  [[nodiscard]] float level(std::int64_t now) const RT_SAFE;
  [[nodiscard]] std::int64_t onset() const RT_SAFE { return onset_; }

 private:
  /// Of its own take: the page behind the last that is there, and behind the last that is needed.
  struct Pages {
    TakeId take;
    int ready = 0;
    int end = 0;
  };
  [[nodiscard]] Pages needed(int samples) const noexcept;
  [[nodiscard]] float loudness(std::int64_t now) const RT_SAFE;
  [[nodiscard]] float release_db_per_s() const RT_SAFE {
    return reader_.active() ? reader_.note().release_db_per_s : -100.0F;
  }
  void begin(int take, std::int64_t now) RT_SAFE;
  void look_for_own(std::int64_t now) RT_SAFE;
  void trace_own(std::int64_t now) RT_SAFE;
  [[nodiscard]] TakeId own_id() const RT_SAFE { return middle_ ? own_id_.middle() : own_id_; }
  /// Where the note goes on in frames of its own.
  static constexpr std::int64_t kLastFrame = kTakeFrames - kLoopFrames - 1;
  [[nodiscard]] TakeStore::Place pin_own() const RT_SAFE {
    return context_.takes->pin_at(own_id_, static_cast<int>(std::min(own_frame(), kLastFrame)));
  }
  [[nodiscard]] std::int64_t own_frame() const RT_SAFE { return frame_ - skipped_; }
  /// The page behind the last that is asked for at a frame of the take: half a second ahead.
  [[nodiscard]] int end_ahead(int position) const RT_SAFE {
    const int ahead = envelope_.released() ? 1 : 3;
    return std::min(position / int{kPageFrames} + 1 + ahead, static_cast<int>(kTakePages));
  }
  void ask_ahead(std::int64_t now) RT_SAFE;
  void next_frame(std::int64_t now) RT_SAFE;
  void aim_frame(std::int64_t now) RT_SAFE;
  void read(Frame& frame) RT_SAFE {
    reader_.read(frame);
    frame.width = std::min(width_ * frame.width, 1.0F);
  }
  void follow(const Channel& channel, std::int64_t now) RT_SAFE;
  [[nodiscard]] float vibrato(const Expression& heard, float depth, std::int64_t now) const RT_SAFE;
  void aim_pitch(const KeyPlace& place, double seconds, std::int64_t now) RT_SAFE;
  void aim_gain(const Channel& channel, std::int64_t now) RT_SAFE;
  void add_noise(std::int64_t now) RT_SAFE;
  void render_first(float* left, float* right, int samples, std::int64_t now) RT_SAFE;
  void report_late() RT_SAFE {
    if (late_frames_ == 0) return;
    context_.counters->late_frames.add(late_frames_);
    late_frames_ = 0;
  }
  [[nodiscard]] bool finished(std::int64_t now) const RT_SAFE;
  /// Samples from the onset to a frame; a hop need not be whole.
  [[nodiscard]] std::int64_t boundary(std::int64_t frame) const RT_SAFE {
    return static_cast<std::int64_t>(static_cast<double>(frame) * hop_samples_ + 0.5);
  }

  VoiceContext context_;
  Vocoder vocoder_;
  TakeReader reader_;
  NoteEnvelope envelope_;
  NoteOn note_;
  TakeId own_id_;  // of the take from the onset on
  GainRamp gain_left_;
  GainRamp gain_right_;
  std::int64_t gain_since_ = 0;  // where the gain ramps begin
  std::int64_t onset_ = 0;       // sample of frame 0
  std::int64_t frame_ = 0;       // the frame that the present ramp leads to
  std::int64_t next_frame_at_ = 0;
  std::uint64_t trace_ = 0;
  double key_hz_ = 440.0;
  double hop_samples_ = 256.0;
  std::int64_t skipped_ = 0;  // frames of its own take that it left out when it came to it
  Line offset_;               // semitones above `base_key_`, but for the channel's
  int base_key_ = 60;         // that the vocoder's fundamental is
  Glide key_pressure_;        // 0..1
  NoteExpression expression_;
  std::int64_t started_ = -1;  // when
  float bend_ = 0.0F;          // all of it at the next tick, semitones
  float tilt_ = 0.0F;          // dB an octave
  float width_ = 1.0F;         // the channel's
  float lift_ = 1.0F;          // linear, of the pressure
  float said_gain_ = 1.0F;     // linear, of what was said of the note
  float said_pan_ = 0.0F;      // -1..1, likewise
  float begun_turn_ = 0.0F;    // the channel's vibrato at the onset
  float velocity_gain_ = 1.0F;
  float channel_gain_ = 1.0F;  // until it fades
  float spread_ = 0.0F;        // pan that the key adds at width 1
  float pan_ = 2.0F;           // as computed last; out of range: not yet
  float pan_left_ = 0.0F;
  float pan_right_ = 0.0F;
  int quiet_frames_ = 0;  // since when nothing was to be heard
  int late_frames_ = 0;   // not counted yet: another thread may render than the one that counts
  bool active_ = false;
  bool own_ = false;     // reads its own take, or fades to it
  bool middle_ = false;  // and that is a middle take
  bool sounded_ = false;
  bool own_traced_ = false;
};

}  // namespace rtsynth
