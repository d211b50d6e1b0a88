#include "vocoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace rtsynth {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;
constexpr double kLeastPhase = 0.15;      // radians from a zero of the sine: sample 0 must not be 0
constexpr float kLeastSemitones = 2e-4F;  // 0.02 cents: what moves by less is in tune
constexpr float kNotTuned = std::numeric_limits<float>::infinity();

/// A number in 0..1 from the upper bits.
double unit(std::uint64_t bits) RT_SAFE { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

void Vocoder::prepare(double rate_hz, const Kernels& kernels, const NoiseTables& tables) {
  rate_hz_ = rate_hz;
  kernels_ = &kernels;
  tables_ = &tables;
}

void Vocoder::set_partials(const Tuning& tuning) RT_SAFE {
  const double b = static_cast<double>(tuning.inharmonicity);
  for (std::size_t i = 0; i < kPartials; ++i) {
    const double k = static_cast<double>(i + 1);
    ratio_[i] = static_cast<float>(k * std::sqrt((1.0 + b * k * k) / (1.0 + b)));
  }
  for (std::size_t i = 0; i < kDetunedPartials; ++i) {
    if (tuning.detune_cents[i] != 0.0F) ratio_[i] *= std::exp2(tuning.detune_cents[i] / 1200.0F);
  }
  tuned_ = kNotTuned;
}

void Vocoder::start(const Variation& variation, double f0_hz, float semitones, const Frame& first,
                    std::int64_t now) RT_SAFE {
  f0_hz_ = f0_hz * std::exp2(static_cast<double>(variation.cents) / 1200.0);
  shade_ = variation.shade;
  tuned_groups_ = 0;
  bend_.set(semitones);
  cents_.set(first.cents);
  tune(now);
  ramp_index_ = 0;
  width_ = {first.width, 0.0F};
  aim_width(first.width);
  shape(first.amplitudes);
  for (std::size_t k = 0; k < kPartials; ++k) {
    const std::uint64_t bits = hash_bits(variation.seed + k);
    const double half = kLeastPhase + unit(bits) * (std::numbers::pi - 2.0 * kLeastPhase);
    const float phase = static_cast<float>((bits & 1) != 0 ? half : -half);
    bank_.re[k] = std::cos(phase);
    bank_.im[k] = std::sin(phase);
    bank_.amp[k] = target_[k];
  }
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const int length = tables_->bands[b].length;
    place_[b] = static_cast<int>(unit(hash_bits(variation.seed + kPartials + b)) * length);
    noise_[b] = {target_[kPartials + b], 0.0F};
  }
}

void Vocoder::bend_to(float semitones, std::int64_t now) RT_SAFE {
  bend_.aim(semitones, now, now + kTickSamples);
  tune_at_ = now;
}

/// Holds the pitch of the middle of the step that begins, as long as the pitch moves.
void Vocoder::tune(std::int64_t now) RT_SAFE {
  const std::int64_t end = (now / kPitchSamples + 1) * kPitchSamples;
  const bool moves = !bend_.flat() || !cents_.flat();
  tune_at_ = moves ? end : std::numeric_limits<std::int64_t>::max();
  const double middle = 0.5 * static_cast<double>(now + end);
  const float semitones = bend_.at(middle) + 0.01F * cents_.at(middle);
  if (std::abs(semitones - tuned_) < kLeastSemitones) return;
  tuned_ = semitones;
  const double hz = f0_hz_ * std::exp2(static_cast<double>(semitones) / 12.0);
  top_ = static_cast<float>(kTopOfRate * rate_hz_ / hz);
  const float radians = static_cast<float>(kTwoPi * hz / rate_hz_);
  kernels_->rotations(ratio_.data(), radians, bank_);
}

void Vocoder::ramp_to(const Frame& target, int samples, float gain, std::int64_t now) RT_SAFE {
  const auto index = static_cast<float>(ramp_index_);
  const float per_sample = 1.0F / static_cast<float>(samples);
  cents_.aim(target.cents, now, now + samples);
  tune_at_ = now;
  width_.begin = width_.at(index);
  width_.step = (target.width - width_.begin) * per_sample;
  aim_width(target.width);
  shape(target.amplitudes);
  for (std::size_t k = 0; k < kPartials; ++k) {
    bank_.step[k] = (target_[k] - bank_.amp[k]) * per_sample;
  }
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    noise_[b].begin = noise_[b].at(index);
    noise_[b].step = (target_[kPartials + b] - noise_[b].begin) * per_sample;
  }
  ramp_index_ = 0;
  const float most = wide() ? gain * std::numbers::sqrt2_v<float> : gain;  // of one side
  const float least = kInaudible / std::max(most, 1e-9F);
  choose_groups(least);
  choose_bands(least);
}

/// A level leans by x = width * lean: its sides are (1 - x) and (1 + x) times its share, which
/// keeps the sum of their powers.
void Vocoder::aim_width(float width) RT_SAFE {
  target_width_ = width;
  if (width == shared_) return;
  shared_ = width;
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    const float x = width * kLeans[i];
    share_[i] = 1.0F / std::sqrt(1.0F + x * x);
  }
}

/// The target from a frame's amplitudes; also measures level(), sixteen sums at a time.
void Vocoder::shape(const Amplitudes& amplitudes) RT_SAFE {
  std::array<float, kLanes> power{};
  for (std::size_t g = 0; g < kPartials; g += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t k = g + lane;
      const float shaded = amplitudes[k] * shade_[k];
      const float amplitude = ratio_[k] < top_ ? shaded : 0.0F;
      power[lane] += 0.5F * amplitude * amplitude;
      target_[k] = amplitude * share_[k];
    }
  }
  float sum = 0.0F;
  for (const float lane : power) sum += lane;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const std::size_t i = kPartials + b;
    const float amplitude = tables_->bands[b].length == 0 ? 0.0F : amplitudes[i] * shade_[i];
    sum += amplitude * amplitude;
    target_[i] = amplitude * share_[i];
  }
  level_ = std::sqrt(sum);
}

void Vocoder::choose_groups(float least) RT_SAFE {
  std::uint32_t heard = 0;
  for (std::size_t g = 0; g < kGroups; ++g) {
    std::array<float, kLanes> loudest;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t k = g * kLanes + lane;
      loudest[lane] = std::max(bank_.amp[k], target_[k]);
    }
    if (*std::max_element(loudest.begin(), loudest.end()) >= least) heard |= 1U << g;
  }
  // A soft note's onset may be too quiet to hear: its first sample is not 0 all the same.
  if (heard == 0) heard = 1;
  bank_.group_count = 0;
  for (std::size_t g = 0; g < kGroups; ++g) {
    if ((heard >> g & 1U) == 0) continue;
    bank_.groups[static_cast<std::size_t>(bank_.group_count++)] = static_cast<std::uint8_t>(g);
  }
  if ((heard & ~tuned_groups_) != 0) tuned_ = kNotTuned;
  tuned_groups_ = heard;
}

void Vocoder::choose_bands(float least) RT_SAFE {
  band_count_ = 0;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    if (std::max(noise_[b].begin, target_[kPartials + b]) >= least) {
      bands_[static_cast<std::size_t>(band_count_++)] = static_cast<std::uint8_t>(b);
    }
  }
}

void Vocoder::render(float* left, float* right, int samples, std::int64_t now) RT_SAFE {
  std::array<NoiseRead, kNoiseBands> reads;
  read_noise(reads.data(), samples);
  render_bank(left, right, samples, now);
  if (wide()) {
    kernels_->wide_noise(reads.data(), band_count_, ramp_index_, left, right, samples);
    spread(left, right, samples);
  } else {
    kernels_->noise(reads.data(), band_count_, ramp_index_, left, samples);
    std::copy_n(left, samples, right);
  }
  ramp_index_ += samples;
}

/// Middle and side of a wide note, only the middle of one without width.
void Vocoder::render_bank(float* mid, float* side, int samples, std::int64_t now) RT_SAFE {
  for (int done = 0; done < samples;) {
    if (now + done == tune_at_) tune(now + done);
    const std::int64_t to_tune = tune_at_ - (now + done);
    const int run = static_cast<int>(std::min<std::int64_t>(samples - done, to_tune));
    if (wide()) {
      kernels_->wide_bank(bank_, mid + done, side + done, run);
    } else {
      kernels_->bank(bank_, mid + done, run);
    }
    done += run;
  }
}

/// Left and right from middle and side, in place.
void Vocoder::spread(float* left, float* right, int samples) const RT_SAFE {
  for (int i = 0; i < samples; ++i) {
    const float side = width_.at(static_cast<float>(ramp_index_ + i)) * right[i];
    right[i] = left[i] + side;
    left[i] -= side;
  }
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
    reads[i] = {from, noise_[b].begin, noise_[b].step, kLeans[kPartials + b]};
    place_[b] += samples;
    if (place_[b] >= table.length) place_[b] -= table.length;
  }
}

void Vocoder::finish_ramp() RT_SAFE {
  std::copy_n(target_.begin(), kPartials, bank_.amp.begin());
  for (std::size_t b = 0; b < kNoiseBands; ++b) noise_[b] = {target_[kPartials + b], 0.0F};
  width_ = {target_width_, 0.0F};
  ramp_index_ = 0;
  kernels_->renormalise(bank_);
}

}  // namespace rtsynth
