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
constexpr float kLogOfSemitone = 0.0577622650F;
// What the highest partial's turn of a sample may change by in a series of two terms: 2 cents. A
// vibrato of 50 cents at 6 Hz moves by 1.3 cents a step at most.
constexpr float kSmallAngle = 3e-3F;
constexpr float kNotTuned = std::numeric_limits<float>::infinity();

/// A number in 0..1 from the upper bits.
double unit(std::uint64_t bits) RT_SAFE { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

void Vocoder::prepare(double rate_hz, const Kernels& kernels, const NoiseTables& tables) {
  rate_hz_ = rate_hz;
  kernels_ = &kernels;
  tables_ = &tables;
  tilt_.prepare(kernels);
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
  glides_ = false;
}

void Vocoder::start(const Variation& variation, double f0_hz, float semitones, const Frame& first,
                    std::int64_t now) RT_SAFE {
  f0_hz_ = f0_hz * std::exp2(static_cast<double>(variation.cents) / 1200.0);
  shade_ = variation.shade;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    if (tables_->bands[b].length == 0) shade_[kPartials + b] = 0.0F;
  }
  tilt_.start(shade_, f0_hz_);
  tuned_groups_ = 0;
  bend_.set(semitones);
  cents_.set(first.cents);
  tune(now);
  piece_.samples = piece_.used = 0;
  ramp_index_ = 0;
  width_ = {first.width, 0.0F};
  aim_width(first.width);
  shape(first.amplitudes);
  for (std::size_t k = 0; k < kPartials; ++k) {
    const std::uint64_t bits = hash_bits(variation.seed + k);
    const double half = kLeastPhase + unit(bits) * (std::numbers::pi - 2.0 * kLeastPhase);
    const float phase = static_cast<float>((bits & 1) != 0 ? half : -half);
    Group& group = bank_.groups[k / kLanes];
    group.re[k % kLanes] = std::cos(phase);
    group.im[k % kLanes] = std::sin(phase);
    group.amp[k % kLanes] = target_[k];
  }
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    noise_[b] = target_[kPartials + b];
    noise_step_[b] = 0.0F;
  }
}

void Vocoder::bend_to(float semitones, std::int64_t now) RT_SAFE {
  bend_.aim(semitones, now, now + kTickSamples);
  tune_at_ = now;
}

/// Holds the pitch of the middle of the step that begins, as long as the pitch moves. Exact where a
/// frame begins; from there on the rotations glide along.
void Vocoder::tune(std::int64_t now) RT_SAFE {
  const std::int64_t end = (now / kPitchSamples + 1) * kPitchSamples;
  const bool moves = !bend_.flat() || !cents_.flat();
  tune_at_ = moves ? end : std::numeric_limits<std::int64_t>::max();
  const double middle = 0.5 * static_cast<double>(now + end);
  const float semitones = bend_.at(middle) + 0.01F * cents_.at(middle);
  const float moved = semitones - tuned_;
  if (std::abs(moved) < kLeastSemitones) return;
  tuned_ = semitones;
  const float change = kLogOfSemitone * moved;
  const float delta = radians_ * (change + 0.5F * change * change);
  if (glides_ && std::abs(delta) * std::max(top_, reach_) <= kSmallAngle) {
    radians_ += delta;
    kernels_->glide(ratio_.data(), delta, bank_);
    return;
  }
  const double hz = f0_hz_ * static_cast<double>(std::exp2(semitones / 12.0F));
  radians_ = static_cast<float>(kTwoPi * hz / rate_hz_);
  top_ = static_cast<float>(kTopOfRate * rate_hz_ / hz);
  kernels_->rotations(ratio_.data(), radians_, bank_);
  glides_ = true;
}

void Vocoder::ramp_to(const Frame& target, int samples, float gain, std::int64_t now) RT_SAFE {
  const float per_sample = 1.0F / static_cast<float>(samples);
  cents_.aim(target.cents, now, now + samples);
  tune_at_ = now;
  glides_ = false;
  width_.begin = width_.at(ramp_index_);
  width_.step = (target.width - width_.begin) * per_sample;
  aim_width(target.width);
  shape(target.amplitudes);
  std::array<float, kGroups> loudest;
  kernels_->aim(bank_, target_.data(), per_sample, loudest.data());
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    noise_[b] += noise_step_[b] * static_cast<float>(ramp_index_);
    noise_step_[b] = (target_[kPartials + b] - noise_[b]) * per_sample;
  }
  ramp_index_ = 0;
  ramp_end_ = now + samples;
  const float most = wide() ? gain * std::numbers::sqrt2_v<float> : gain;  // of one side
  const float least = kInaudible / std::max(most, 1e-9F);
  choose_groups(loudest.data(), least);
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

/// The target from a frame's amplitudes; also measures level().
void Vocoder::shape(const Amplitudes& amplitudes) RT_SAFE {
  const Shape own = {tilt_.weights(), share_.data(), ratio_.data(), top_};
  level_ = std::sqrt(kernels_->shape(own, amplitudes.data(), target_.data()));
}

void Vocoder::choose_groups(const float* loudest, float least) RT_SAFE {
  std::uint32_t heard = 0;
  for (std::size_t g = 0; g < kGroups; ++g) {
    if (loudest[g] >= least) heard |= 1U << g;
  }
  // A soft note's onset may be too quiet to hear: its first sample is not 0 all the same.
  if (heard == 0) heard = 1;
  bank_.heard_count = 0;
  for (std::size_t g = 0; g < kGroups; ++g) {
    if ((heard >> g & 1U) == 0) continue;
    bank_.heard[static_cast<std::size_t>(bank_.heard_count++)] = static_cast<std::uint8_t>(g);
  }
  reach_ = ratio_[(bank_.heard[static_cast<std::size_t>(bank_.heard_count - 1)] + 1U) * kLanes - 1];
  if ((heard & ~tuned_groups_) != 0) tuned_ = kNotTuned;
  tuned_groups_ = heard;
}

void Vocoder::render(const Ramp& gain_left, const Ramp& gain_right, int gain_index, float* left,
                     float* right, int samples, std::int64_t now) RT_SAFE {
  alignas(kAlign) std::array<float, kTickSamples> mid;
  alignas(kAlign) std::array<float, kTickSamples> side;
  render_bank(mid.data(), side.data(), samples, now);
  const MixRamps ramps = {gain_left, gain_right, width_, gain_index, ramp_index_};
  (wide() ? kernels_->wide_mix : kernels_->mix)(ramps, mid.data(), side.data(), left, right,
                                                samples);
  ramp_index_ += samples;
}

void Vocoder::prefetch() const RT_SAFE {
  for (int h = 0; h < bank_.heard_count; ++h) {
    const Group& group = bank_.groups[bank_.heard[static_cast<std::size_t>(h)]];
    for (const Group::Lanes* lanes = &group.re; lanes <= &group.step; ++lanes) RT_PREFETCH(lanes);
  }
  RT_PREFETCH(&piece_.samples);
  RT_PREFETCH(&tune_at_);
}

/// Pieces begin and end where the clock and the frames say; what a host's block cuts off waits.
void Vocoder::render_bank(float* mid, float* side, int samples, std::int64_t now) RT_SAFE {
  for (int done = 0; done < samples;) {
    int run = std::min(piece_.samples - piece_.used, samples - done);
    if (run > 0) {
      std::copy_n(piece_.mid.begin() + piece_.used, run, mid + done);
      std::copy_n(piece_.side.begin() + piece_.used, run, side + done);
      piece_.used += run;
      done += run;
      continue;
    }
    const std::int64_t at = now + done;
    const std::int64_t end = std::min((at / kPieceSamples + 1) * kPieceSamples, ramp_end_);
    run = static_cast<int>(end - at);
    if (run <= samples - done) {
      render_piece(mid + done, side + done, run, at);
      done += run;
    } else {
      render_piece(piece_.mid.data(), piece_.side.data(), run, at);
      piece_.samples = run;
      piece_.used = 0;
    }
  }
}

/// Middle and side of a wide note, only the middle of one without width.
void Vocoder::render_piece(float* mid, float* side, int samples, std::int64_t now) RT_SAFE {
  if (now >= tune_at_) tune(now);
  (wide() ? kernels_->wide_bank : kernels_->bank)(bank_, mid, side, samples);
}

NoiseShare Vocoder::noise(std::int64_t at, std::int64_t now) const RT_SAFE {
  const int index = ramp_index_ + static_cast<int>(std::min(at, ramp_end_) - now);
  return {noise_.data(), noise_step_.data(), static_cast<float>(index), width_.at(index)};
}

void Vocoder::finish_ramp() RT_SAFE {
  for (std::size_t g = 0; g < kGroups; ++g) {
    std::copy_n(target_.data() + g * kLanes, kLanes, bank_.groups[g].amp.begin());
  }
  std::copy_n(target_.data() + kPartials, kNoiseBands, noise_.begin());
  noise_step_ = {};
  width_ = {target_width_, 0.0F};
  ramp_index_ = 0;
  kernels_->renormalise(bank_);
}

}  // namespace rtsynth
