#include "delay_network.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace rtsynth {
namespace {

constexpr double kShortestS = 0.008;  // line of the smallest room, and of the largest
constexpr double kLargestShortestS = 0.02;
constexpr double kLongestRatio = 3.7;  // of a room's lines
constexpr double kFadeS = 0.06;        // to another size
constexpr double kSwingS = 0.0006;     // of their lengths, to either side
constexpr double kSlowestHz = 0.31;    // of their swing
constexpr double kFastestHz = 0.93;    // shifts the pitch by 6 cents at most, to and fro
constexpr double kCrossoverHz = 4000.0;
constexpr float kLog2Of20Db = 3.32192809F;
constexpr float kLog2Of60Db = 9.96578428F;
constexpr float kMostDamping = 3.32192809F;  // log2: at most ten times as fast
constexpr float kMostDepth = -kLog2Of20Db;   // of a filter: more would reach down to low ones
constexpr float kHadamard = 0.25F;           // 1 / sqrt(kLines)
constexpr float kOut = 0.35355339F;          // eight lines a side
constexpr int kLeastSamples = kTickSamples + SincTable::kAround + 2;

/// Which lines are turned over on their way in and out: sides that have nothing in common.
constexpr float in_sign(std::size_t line) { return line % 8 < 4 ? 1.0F : -1.0F; }
constexpr float out_sign(std::size_t line) { return line / 2 % 2 == 0 ? 1.0F : -1.0F; }

std::vector<int> primes_to(int most) {
  std::vector<char> composite(static_cast<std::size_t>(most) + 1, 0);
  std::vector<int> found;
  for (int n = 2; n <= most; ++n) {
    if (composite[static_cast<std::size_t>(n)] != 0) continue;
    found.push_back(n);
    for (std::int64_t m = std::int64_t{n} * n; m <= most; m += n) {
      composite[static_cast<std::size_t>(m)] = 1;
    }
  }
  return found;
}

}  // namespace

void DelayNetwork::prepare(double rate_hz, float size, const Decay& decay) {
  rate_hz_ = rate_hz;
  const auto longest = static_cast<int>(1.1 * kLargestShortestS * kLongestRatio * rate_hz);
  primes_ = primes_to(2 * std::max(longest, 8 * kLeastSamples));
  swing_samples_ = static_cast<float>(kSwingS * rate_hz);
  crossover_ =
      static_cast<float>(std::tan(std::numbers::pi * std::min(kCrossoverHz / rate_hz, 0.4)));
  fade_.prepare(kFadeS, rate_hz);
  table_.prepare();
  damping_ = {};
  for (std::size_t i = 0; i < kLines; ++i) {
    const double part = static_cast<double>(i * 7 % kLines) / (kLines - 1);
    turn_[i] = kSlowestHz * std::pow(kFastestHz / kSlowestHz, part) * kTickSamples / rate_hz;
    phase_[i] = part;
    swing_[i] = {swing_at(i), 0.0F};
  }
  length_ = next_ = lengths(1.0F);
  for (DelayLine& line : lines_) {
    line.prepare(next_.back() + static_cast<int>(2.0F * swing_samples_) + kTickSamples +
                 SincTable::kTaps);
  }
  length_ = next_ = lengths(size);
  size_ = size;
  decay_ = {};
  tick(size, decay, false);
  tick(size, decay, false);  // and is there
}

/// Primes near a geometric row: no two echoes coincide before long. Ascending.
DelayNetwork::Lengths DelayNetwork::lengths(float size) const RT_SAFE {
  const auto largest = static_cast<float>(kLargestShortestS / kShortestS);
  float wanted = static_cast<float>(kShortestS * rate_hz_) * std::exp2(size * std::log2(largest));
  const float ratio = std::exp2(static_cast<float>(std::log2(kLongestRatio) / (kLines - 1)));
  Lengths found{};
  int least = kLeastSamples;
  for (int& length : found) {
    least = std::max(least, static_cast<int>(wanted));
    length = *std::lower_bound(primes_.begin(), primes_.end(), least);
    least = length + 1;
    wanted *= ratio;
  }
  return found;
}

float DelayNetwork::swing_at(std::size_t line) const RT_SAFE {
  const auto turned = static_cast<float>(2.0 * std::numbers::pi * phase_[line]);
  return swing_samples_ * (1.0F + std::sin(turned));
}

void DelayNetwork::swing() RT_SAFE {
  for (std::size_t i = 0; i < kLines; ++i) {
    phase_[i] += turn_[i];
    phase_[i] -= std::floor(phase_[i]);
    swing_[i].aim(kTickSamples, swing_at(i), kTickSamples);
  }
}

void DelayNetwork::tick(float size, const Decay& decay, bool active) RT_SAFE {
  if (active) swing();
  for (Damping& each : damping_) each.y = or_nothing(each.y);
  if (fade_.over() && size != size_) {
    size_ = size;
    next_ = lengths(size);
    fade_.begin();
  }
  const bool fades = fade_.tick();
  if (!fades) length_ = next_;
  const bool moved = moves_;
  moves_ = fades || decay != decay_;
  if (!moves_ && !moved) return;
  decay_ = decay;
  const float part = fade_.end();
  float sum = 0.0F;
  for (std::size_t i = 0; i < kLines; ++i) {
    const auto from = static_cast<float>(length_[i]), to = static_cast<float>(next_[i]);
    const float samples = from + part * (to - from);
    aim_damping(i, samples + swing_samples_, decay);
    sum += samples;
  }
  const float per_sample = -2.0F * kLog2Of60Db / (decay.time_s * static_cast<float>(rate_hz_));
  input_gain_ = std::sqrt(1.0F - std::exp2(per_sample * sum / kLines));
}

/// A shelf of first order whose level in dB is, at all frequencies, nearly proportional to its
/// depth (J.-M. Jot, "Proportional parametric equalizers", 139th AES Convention, 2015): lines of
/// all lengths decay alike.
void DelayNetwork::aim_damping(std::size_t line, float samples, const Decay& decay) RT_SAFE {
  const float octaves = -kLog2Of60Db * samples / (decay.time_s * static_cast<float>(rate_hz_));
  const float times = std::exp2(kMostDamping * decay.damping);
  const float depth = std::max(octaves * (times - 1.0F), kMostDepth);
  const float root = std::exp2(0.5F * depth);
  const float scale = 1.0F / (1.0F / root + crossover_);
  const float gain = kHadamard * std::exp2(octaves) * scale;
  Damping& damping = damping_[line];
  const auto aim = [this](GainRamp& ramp, float target) RT_SAFE {
    ramp.aim(kTickSamples, target, kTickSamples);
    if (!moves_) ramp = {target, 0.0F};
  };
  aim(damping.a, gain * (crossover_ + root));
  aim(damping.b, gain * (crossover_ - root));
  aim(damping.c, scale * (crossover_ - 1.0F / root));
}

bool DelayNetwork::render(const float* in_left, const float* in_right, float* left, float* right,
                          int index, int samples) RT_SAFE {
  alignas(kAlign) Blocks blocks;
  for (std::size_t i = 0; i < kLines; ++i) {
    read(i, blocks[i], index, samples);
    float* out = i % 2 == 0 ? left : right;
    const float gain = kOut * out_sign(i);
    for (int k = 0; k < samples; ++k) {
      const float heard = gain * blocks[i][static_cast<std::size_t>(k)];
      out[k] = i < 2 ? heard : out[k] + heard;
    }
    damp(damping_[i], index, blocks[i], samples);
  }
  mix(blocks, samples);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kLines; ++i) {
    const float* in = i % 2 == 0 ? in_left : in_right;
    for (int k = 0; k < samples; ++k) {
      float& sample = blocks[i][static_cast<std::size_t>(k)];
      sample = or_nothing(sample + in_sign(i) * in[k]);
      bits |= std::bit_cast<std::uint32_t>(sample);
    }
    lines_[i].write(blocks[i].data(), samples);
  }
  return bits != 0;
}

void DelayNetwork::forget(int samples) RT_SAFE {
  constexpr Block kNothing{};
  for (DelayLine& line : lines_) line.write(kNothing.data(), samples);
  for (Damping& damping : damping_) damping.x = damping.y = 0.0F;
}

void DelayNetwork::read(std::size_t line, Block& out, int index, int samples) const RT_SAFE {
  read_at(length_[line], line, out, index, samples);
  if (fade_.over()) return;
  alignas(kAlign) Block to;
  read_at(next_[line], line, to, index, samples);
  fade_.mix(out.data(), to.data(), index, samples);
}

void DelayNetwork::read_at(int length, std::size_t line, Block& out, int index,
                           int samples) const RT_SAFE {
  const GainRamp& swing = swing_[line];
  table_.glide(lines_[line], length, swing.start, swing.at(kTickSamples - 1), index, out.data(),
               samples);
}

void DelayNetwork::damp(Damping& damping, int index, Block& block, int samples) RT_SAFE {
  const Damping d = damping;
  float x = d.x, y = d.y;
  for (int k = 0; k < samples; ++k) {
    float& sample = block[static_cast<std::size_t>(k)];
    y = d.a.at(index + k) * sample + d.b.at(index + k) * x - d.c.at(index + k) * y;
    x = sample;
    sample = y;
  }
  damping.x = x;
  damping.y = y;
}

/// By the Hadamard matrix, whose factor is in the filters: what one line holds goes to all.
void DelayNetwork::mix(Blocks& blocks, int samples) RT_SAFE {
  for (std::size_t half = 1; half < kLines; half *= 2) {
    for (std::size_t i = 0; i < kLines; ++i) {
      if ((i & half) != 0) continue;
      float* a = blocks[i].data();
      float* b = blocks[i | half].data();
      for (int k = 0; k < samples; ++k) {
        const float sum = a[k] + b[k];
        b[k] = a[k] - b[k];
        a[k] = sum;
      }
    }
  }
}

}  // namespace rtsynth
