#include "chorus.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace rtsynth {
namespace {

constexpr double kGlideS = 0.1;  // what the depth moves by must not be heard as a pitch
// Shortest delays: long enough not to be heard as a filter, too short for an echo.
constexpr std::array<double, Chorus::kTaps> kBaseS = {0.0091, 0.0127, 0.0158};
constexpr float kTapGain = 0.57735027F;  // 1 / sqrt(kTaps)
constexpr double kSideTurn = 1.0 / 6.0;
constexpr double kTwoPi = 2.0 * std::numbers::pi;

}  // namespace

void Chorus::Swing::aim(float to, float to_slope) RT_SAFE {
  const float way = to - value;
  cubic = {value, slope, 3.0F * way - 2.0F * slope - to_slope, slope + to_slope - 2.0F * way};
  value = to;
  slope = to_slope;
}

float Chorus::Swing::at(int index) const RT_SAFE {
  const float t = static_cast<float>(index + 1) / static_cast<float>(kTickSamples);
  return cubic[0] + t * (cubic[1] + t * (cubic[2] + t * cubic[3]));
}

void Chorus::prepare(double rate_hz, const ChorusSettings& settings) {
  rate_hz_ = rate_hz;
  glide_part_ = glide_part(kGlideS, rate_hz);
  table_.prepare();
  set(settings);
  speed_.set(speed_.target());
  depth_.set(depth_.target());
  level_.set(level_.target());
  for (std::size_t i = 0; i < kTaps; ++i) {
    base_[i] =
        std::max(static_cast<int>(kBaseS[i] * rate_hz), kTickSamples + SincTable::kAround + 1);
  }
  const double deepest_s = 1e-3 * static_cast<double>(info_of(Parameter::kChorusDepth).high);
  const int longest = base_.back() + static_cast<int>(deepest_s * rate_hz) + SincTable::kMost;
  for (Side& side : sides_) side.line.prepare(longest);
  longest_ticks_ = sides_[0].line.size() / kTickSamples + 1;
  gate_.prepare(sides_[0].line.size(), rate_hz);
  phase_ = 0.0;
  swing();
  swing();
  in_ = {1.0F, 0.0F};
  out_ = {kTapGain * level_.value(), 0.0F};
  quiet_ticks_ = 0;
  kept_ = active_ = false;
}

void Chorus::set(const ChorusSettings& settings) RT_SAFE {
  speed_.aim(settings.rate_hz);
  depth_.aim(static_cast<float>(1e-3 * rate_hz_) * settings.depth_ms);
  level_.aim(settings.level);
}

void Chorus::tick() RT_SAFE {
  quiet_ticks_ = kept_ ? 0 : quiet_ticks_ + 1;
  kept_ = false;
  if (quiet_ticks_ > longest_ticks_) active_ = false;
  speed_.tick(glide_part_);
  depth_.tick(glide_part_);
  level_.tick(glide_part_);
  gate_.tick();
  if (active_) swing();
  const float open = gate_.shut() ? 0.0F : gate_.open();
  in_.aim(kTickSamples, open, kTickSamples);
  out_.aim(kTickSamples, kTapGain * open * level_.value(), kTickSamples);
}

/// Half the depth to either side, above the shortest delay.
void Chorus::swing() RT_SAFE {
  const double turn = static_cast<double>(speed_.value()) * kTickSamples / rate_hz_;
  const float half = 0.5F * depth_.value();
  const auto slope = half * static_cast<float>(kTwoPi * turn);
  phase_ += turn;
  phase_ -= std::floor(phase_);
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    for (std::size_t tap = 0; tap < kTaps; ++tap) {
      const double turns = phase_ + kSideTurn * static_cast<double>(side) +
                           static_cast<double>(tap) / static_cast<double>(kTaps);
      const auto angle = static_cast<float>(kTwoPi * (turns - std::floor(turns)));
      sides_[side].swings[tap].aim(half * (1.0F + std::sin(angle)), slope * std::cos(angle));
    }
  }
}

void Chorus::render(MixBuses& mix, int index, int samples) RT_SAFE {
  if (!active_ && !mix.chorus.used) return;
  active_ = true;
  if (gate_.shut()) {
    constexpr Block kNothing{};
    for (Side& side : sides_) side.line.write(kNothing.data(), samples);
  } else {
    process(mix.chorus, mix.dry, index, samples);
  }
}

void Chorus::process(const Bus& in, Bus& out, int index, int samples) RT_SAFE {
  const float* from[2] = {in.left.data(), in.right.data()};
  alignas(kAlign) std::array<Block, 2> heard;
  std::uint32_t bits = 0;
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    alignas(kAlign) Block fed;
    for (int k = 0; k < samples; ++k) {
      float& sample = fed[static_cast<std::size_t>(k)];
      sample = or_nothing(in_.at(index + k) * from[side][k]);
      bits |= std::bit_cast<std::uint32_t>(sample);
    }
    add_taps(sides_[side], heard[side], index, samples);
    sides_[side].line.write(fed.data(), samples);
  }
  kept_ |= bits != 0;
  out.add(heard[0].data(), heard[1].data(), out_, index, samples);
}

void Chorus::add_taps(const Side& side, Block& out, int index, int samples) const RT_SAFE {
  std::fill_n(out.begin(), samples, 0.0F);
  for (std::size_t tap = 0; tap < kTaps; ++tap) {
    alignas(kAlign) Block more;
    alignas(kAlign) Block heard;
    for (int k = 0; k < samples; ++k) {
      more[static_cast<std::size_t>(k)] = std::max(side.swings[tap].at(index + k), 0.0F);
    }
    table_.read(side.line, base_[tap], more.data(), heard.data(), samples);
    for (std::size_t k = 0; k < static_cast<std::size_t>(samples); ++k) out[k] += heard[k];
  }
}

}  // namespace rtsynth
