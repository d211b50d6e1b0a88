/// A feedback delay network: sixteen delay lines that feed each other, the late part of a room.
///
/// J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators" (90th
/// AES Convention, 1991): lossless feedback, and in each line a filter that loses as much as the
/// line is long, so that all modes decay alike. J. Dattorro, "Effect design, part 1" (J. Audio Eng.
/// Soc. 45, 1997): slow modulation, against ringing. J. O. Smith, "Physical Audio
/// Signal Processing" (W3K, 2010): lengths without a common divisor, the Hadamard matrix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crossfade.h"
#include "delay_line.h"
#include "envelope.h"
#include "rt.h"

namespace rtsynth {

/// How a room's sound decays.
struct Decay {
  float time_s = 1.0F;   // by 60 dB, at low frequencies
  float damping = 0.0F;  // 0..1: at high ones it takes as long, to a tenth of that
  [[nodiscard]] bool operator==(const Decay&) const = default;
};

/// Between ticks all that it does depends on the clock alone, never on block borders.
class DelayNetwork {
 public:
  static constexpr std::size_t kLines = 16;

  /// [control, stopped] Silent, of `size`; takes the memory of the largest.
  void prepare(double rate_hz, float size, const Decay& decay);
  /// [audio] At ticks: what holds at the next. Another size (0..1) is faded to. Lines swing while
  /// they are `active`.
  void tick(float size, const Decay& decay, bool active) RT_SAFE;
  /// [audio] Fills both sides with `samples` of what lines hold, and feeds them. Left goes to even
  /// lines and comes from even ones. Returns false where all that was written is 0.
  /// `index` counts from the tick.
  [[nodiscard]] bool render(const float* in_left, const float* in_right, float* left, float* right,
                            int index, int samples) RT_SAFE;
  /// [audio] Forgets as many of the oldest samples: silent when longest() of them are gone.
  void forget(int samples) RT_SAFE;

  /// [any] Samples that a line holds at most.
  [[nodiscard]] int longest() const RT_SAFE { return lines_[0].size(); }
  /// [audio] What the input is to be multiplied with so that a steady sound comes out as loud.
  [[nodiscard]] float input_gain() const RT_SAFE { return input_gain_; }

 private:
  using Lengths = std::array<int, kLines>;
  using Block = std::array<float, kTickSamples>;
  using Blocks = std::array<Block, kLines>;

  /// A line's filter, y = a x + b x' - c y' (marks: the sample before), in straight lines.
  struct Damping {
    GainRamp a, b, c;
    float x = 0.0F;
    float y = 0.0F;
  };

  [[nodiscard]] Lengths lengths(float size) const RT_SAFE;
  void aim_damping(std::size_t line, float samples, const Decay& decay) RT_SAFE;
  void swing() RT_SAFE;
  [[nodiscard]] float swing_at(std::size_t line) const RT_SAFE;
  void read(std::size_t line, Block& out, int index, int samples) const RT_SAFE;
  void read_at(int length, std::size_t line, Block& out, int index, int samples) const RT_SAFE;
  static void damp(Damping& damping, int index, Block& block, int samples) RT_SAFE;
  static void mix(Blocks& blocks, int samples) RT_SAFE;

  std::array<DelayLine, kLines> lines_;
  std::array<Damping, kLines> damping_;
  std::array<GainRamp, kLines> swing_{};  // of the lines' lengths, samples
  std::array<double, kLines> phase_{};    // turns
  std::array<double, kLines> turn_{};     // of a tick
  std::vector<int> primes_;               // ascending, beyond the longest line
  SincTable table_;
  Lengths length_{};  // faded from
  Lengths next_{};    // faded to
  Crossfade fade_;
  Decay decay_;
  float size_ = -1.0F;  // of next_
  float input_gain_ = 1.0F;
  float swing_samples_ = 0.0F;
  float crossover_ = 1.0F;  // of the filters: tan(pi f / rate)
  double rate_hz_ = 48000.0;
  bool moves_ = false;  // the filters do
};

}  // namespace rtsynth
