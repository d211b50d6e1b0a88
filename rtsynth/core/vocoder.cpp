#include "vocoder.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rtsynth {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;
constexpr double kLeastPhase = 0.15;  // radians from a zero of the sine: sample 0 must not be 0

/// A number in 0..1 from the upper bits.
double unit(std::uint64_t bits) RT_SAFE { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

void Vocoder::prepare(double rate_hz, const Kernels& kernels, const NoiseTables& tables) {
  rate_hz_ = rate_hz;
  kernels_ = &kernels;
  tables_ = &tables;
}

void Vocoder::start(std::uint64_t seed, const Frame& first) RT_SAFE {
  for (std::size_t k = 0; k < kPartials; ++k) {
    const std::uint64_t bits = hash_bits(seed + k);
    const double half = kLeastPhase + unit(bits) * (std::numbers::pi - 2.0 * kLeastPhase);
    const float phase = static_cast<float>((bits & 1) != 0 ? half : -half);
    bank_.re[k] = std::cos(phase);
    bank_.im[k] = std::sin(phase);
    bank_.amp[k] = k < partials_ ? first[k] : 0.0F;
  }
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const int length = tables_->bands[b].length;
    place_[b] = static_cast<int>(unit(hash_bits(seed + kPartials + b)) * length);
    noise_amp_[b] = length == 0 ? 0.0F : first[kPartials + b];
    noise_step_[b] = 0.0F;
  }
  ramp_index_ = 0;
}

void Vocoder::set_pitch(double f0_hz, float inharmonicity) RT_SAFE {
  if (inharmonicity != inharmonicity_) {
    inharmonicity_ = inharmonicity;
    const double b = static_cast<double>(inharmonicity);
    for (std::size_t i = 0; i < kPartials; ++i) {
      const double k = static_cast<double>(i + 1);
      ratio_[i] = static_cast<float>(k * std::sqrt((1.0 + b * k * k) / (1.0 + b)));
    }
  }
  const float top = static_cast<float>(kTopOfRate * rate_hz_ / f0_hz);
  partials_ = 0;
  while (partials_ < kPartials && ratio_[partials_] < top) ++partials_;
  const float radians = static_cast<float>(kTwoPi * f0_hz / rate_hz_);
  kernels_->rotations(ratio_.data(), radians, bank_.cosine.data(), bank_.sine.data());
}

void Vocoder::ramp_to(const Frame& target, int samples, float gain) RT_SAFE {
  target_ = target;
  for (std::size_t k = partials_; k < kPartials; ++k) target_[k] = 0.0F;
  const float per_sample = 1.0F / static_cast<float>(samples);
  for (std::size_t k = 0; k < kPartials; ++k) {
    bank_.step[k] = (target_[k] - bank_.amp[k]) * per_sample;
  }
  const auto index = static_cast<float>(ramp_index_);
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    float& to = target_[kPartials + b];
    if (tables_->bands[b].length == 0) to = 0.0F;
    noise_amp_[b] += noise_step_[b] * index;
    noise_step_[b] = (to - noise_amp_[b]) * per_sample;
  }
  ramp_index_ = 0;
  choose_groups(gain);
  choose_bands(gain);
}

/// Also measures level(), sixteen sums at a time.
void Vocoder::choose_groups(float gain) RT_SAFE {
  const float least = kInaudible / std::max(gain, 1e-9F);
  std::array<float, kLanes> power{};
  bank_.group_count = 0;
  for (std::size_t g = 0; g < kGroups; ++g) {
    std::array<float, kLanes> loudest;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t k = g * kLanes + lane;
      power[lane] += 0.5F * target_[k] * target_[k];
      loudest[lane] = std::max(bank_.amp[k], target_[k]);
    }
    if (*std::max_element(loudest.begin(), loudest.end()) >= least) {
      bank_.groups[static_cast<std::size_t>(bank_.group_count++)] = static_cast<std::uint8_t>(g);
    }
  }
  // A soft note's onset may be too quiet to hear: its first sample is not 0 all the same.
  if (bank_.group_count == 0) bank_.groups[static_cast<std::size_t>(bank_.group_count++)] = 0;
  float sum = 0.0F;
  for (const float lane : power) sum += lane;
  for (std::size_t b = kPartials; b < kFrameLevels; ++b) sum += target_[b] * target_[b];
  level_ = std::sqrt(sum);
}

void Vocoder::choose_bands(float gain) RT_SAFE {
  const float least = kInaudible / std::max(gain, 1e-9F);
  band_count_ = 0;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    if (std::max(noise_amp_[b], target_[kPartials + b]) >= least) {
      bands_[static_cast<std::size_t>(band_count_++)] = static_cast<std::uint8_t>(b);
    }
  }
}

void Vocoder::render(float* out, int samples) RT_SAFE {
  std::array<NoiseRead, kNoiseBands> reads;
  read_noise(reads.data(), samples);
  kernels_->bank(bank_, out, samples);
  kernels_->noise(reads.data(), band_count_, ramp_index_, out, samples);
  ramp_index_ += samples;
}

/// The tables are larger than a cache, and every voice reads elsewhere: their lines are fetched
/// while the partials are rendered (saves a fifth of 64 voices' time).
void Vocoder::read_noise(NoiseRead* reads, int samples) RT_SAFE {
  constexpr int kLine = 16;  // floats in a cache line
  for (int i = 0; i < band_count_; ++i) {
    const std::size_t b = bands_[static_cast<std::size_t>(i)];
    const NoiseTables::Band& table = tables_->bands[b];
    const float* from = table.samples.data() + place_[b];
    for (int at = 0; at < samples; at += kLine) RT_PREFETCH(from + at);
    RT_PREFETCH(from + samples - 1);
    reads[i] = {from, noise_amp_[b], noise_step_[b]};
    place_[b] += samples;
    if (place_[b] >= table.length) place_[b] -= table.length;
  }
}

void Vocoder::finish_ramp() RT_SAFE {
  std::copy_n(target_.begin(), kPartials, bank_.amp.begin());
  std::copy_n(target_.begin() + kPartials, kNoiseBands, noise_amp_.begin());
  noise_step_.fill(0.0F);
  ramp_index_ = 0;
  kernels_->renormalise(bank_);
}

}  // namespace rtsynth
