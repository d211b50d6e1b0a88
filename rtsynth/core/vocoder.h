/// One note's partials from frames, and the levels of its noise: no window, no look-ahead.
#pragma once

#include <array>
#include <cstdint>

#include "contract.h"
#include "envelope.h"
#include "kernels.h"
#include "noise.h"
#include "rt.h"
#include "tilt.h"
#include "variation.h"

namespace rtsynth {

/// What is quieter than this (linear, -90 dB of full scale) is not rendered.
inline constexpr float kInaudible = 3.1622777e-5F;
/// While the pitch moves it is looked at when the clock is a multiple of this, where a piece
/// begins.
inline constexpr int kPitchSamples = 2 * kPieceSamples;
static_assert(kTickSamples % kPitchSamples == 0);

/// One frame of a note.
struct Frame {
  Amplitudes amplitudes{};
  float cents = 0.0F;  // deviation of the pitch
  float width = 0.0F;  // stereo, 0..1
};

/// Where a note's partials lie.
struct Tuning {
  float inharmonicity = 0.0F;
  std::array<float, kDetunedPartials> detune_cents{};  // of the lowest partials
};

/// Amplitudes, pitch and width move in straight lines from one ramp_to() to the next.
class Vocoder {
 public:
  /// [control, stopped] The tables must outlive the vocoder.
  void prepare(double rate_hz, const Kernels& kernels, const NoiseTables& tables);

  /// [audio] Places the partials: contract.partial_hz, moved by their detunes. Before start() or
  /// ramp_to().
  void set_partials(const Tuning& tuning) RT_SAFE;
  /// [audio] Begins a note at `f0_hz`, bent by `semitones`.
  void start(const Variation& variation, double f0_hz, float semitones, const Frame& first,
             std::int64_t now) RT_SAFE;
  /// [audio] At multiples of kTickSamples: the bend to be reached at the next.
  void bend_to(float semitones, std::int64_t now) RT_SAFE;
  /// [audio] Where start() was at this very sample: the bend is this one.
  void start_bent(float semitones, std::int64_t now) RT_SAFE {
    bend_.set(semitones);
    tune(now);
  }
  /// [audio] From the next start() or ramp_to() on: what is added to all levels, in dB for each
  /// octave above the fundamental.
  void tilt_to(float db_per_octave) RT_SAFE { tilt_.set(db_per_octave); }
  /// [audio] The frame to be reached in `samples`, from where it is now. `gain` is what the sum
  /// will be multiplied with at most: partials that stay inaudible are skipped.
  void ramp_to(const Frame& target, int samples, float gain, std::int64_t now) RT_SAFE;
  /// [audio] Adds `samples` from the clock's `now` on (not past the next tick or the ramp's end)
  /// times straight lines; `gain_index` is the first sample's in those.
  void render(const Ramp& gain_left, const Ramp& gain_right, int gain_index, float* left,
              float* right, int samples, std::int64_t now) RT_SAFE;
  /// [audio] The noise at the clock's `at`, or at the ramp's end if that comes before: without
  /// gains. Valid until anything else is called. `now` as in render().
  [[nodiscard]] NoiseShare noise(std::int64_t at, std::int64_t now) const RT_SAFE;
  /// [audio] Fetches what render() reads into the cache.
  void prefetch() const RT_SAFE;
  /// [audio] At the ramp's end: the frame is exactly the target.
  void finish_ramp() RT_SAFE;
  /// [audio] RMS amplitude at the end of the ramp, linear.
  [[nodiscard]] float level() const RT_SAFE { return level_; }

 private:
  /// Part of the sound, from one multiple of kPieceSamples or frame to the next.
  struct Piece {
    alignas(kAlign) std::array<float, kPieceSamples> mid;
    alignas(kAlign) std::array<float, kPieceSamples> side;
    int samples = 0;
    int used = 0;
  };

  [[nodiscard]] bool wide() const RT_SAFE { return width_.begin != 0.0F || width_.step != 0.0F; }
  void tune(std::int64_t now) RT_SAFE;
  void aim_width(float width) RT_SAFE;
  void shape(const Amplitudes& amplitudes) RT_SAFE;
  void choose_groups(const float* loudest, float least) RT_SAFE;
  void render_bank(float* mid, float* side, int samples, std::int64_t now) RT_SAFE;
  void render_piece(float* mid, float* side, int samples, std::int64_t now) RT_SAFE;

  Bank bank_;
  alignas(kAlign) std::array<float, kPartials> ratio_{};  // partial over fundamental
  alignas(kAlign) Amplitudes target_{};                   // at the ramp's end
  alignas(kAlign) Amplitudes shade_{};                    // this note's own variation
  Tilt tilt_;                                             // of `shade_`
  alignas(kAlign) Amplitudes share_{};                    // of the middle, in a note `shared_` wide
  alignas(kAlign) std::array<float, kNoiseBands> noise_{};  // at the ramp's begin
  alignas(kAlign) std::array<float, kNoiseBands> noise_step_{};
  Piece piece_;         // a host's block may end within it
  int ramp_index_ = 0;  // samples since the ramp's begin
  std::int64_t ramp_end_ = 0;
  Ramp width_;
  float target_width_ = 0.0F;
  float shared_ = -1.0F;
  Line bend_;   // semitones
  Line cents_;  // the frames' deviation
  double f0_hz_ = 440.0;
  std::uint32_t tuned_groups_ = 0;  // of the bank, one bit each
  float tuned_ = 0.0F;              // semitones above f0, as tuned last
  float radians_ = 0.0F;            // of the fundamental, a sample
  bool glides_ = false;             // the rotations are near enough to glide on
  float top_ = 0.0F;                // ratio of a partial that lies too high
  float reach_ = 0.0F;              // of the last that turns along, heard or not
  std::int64_t tune_at_ = 0;        // sample of the clock at which to look again
  float level_ = 0.0F;
  double rate_hz_ = 0.0;
  const Kernels* kernels_ = nullptr;
  const NoiseTables* tables_ = nullptr;
};

}  // namespace rtsynth
