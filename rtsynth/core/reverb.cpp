#include "reverb.h"

#include <algorithm>
#include <cmath>

namespace rtsynth {
namespace {

constexpr double kGlideS = 0.05;
// The sides' allpass filters differ, so that what both sides have in common comes apart.
constexpr Diffuser::Lengths kLeftS = {0.004771, 0.003595, 0.012735, 0.009307};
constexpr Diffuser::Lengths kRightS = {0.004211, 0.003931, 0.011293, 0.010507};

}  // namespace

void Reverb::prepare(double rate_hz, const ReverbSettings& settings) {
  glide_part_ = glide_part(kGlideS, rate_hz);
  set(settings);
  time_.set(time_.target());
  damping_.set(damping_.target());
  level_.set(level_.target());
  diffusers_[0].prepare(rate_hz, kLeftS, delay_s_);
  diffusers_[1].prepare(rate_hz, kRightS, delay_s_);
  network_.prepare(rate_hz, size_, decay());
  const int longest = std::max(diffusers_[0].longest(), network_.longest());
  longest_ticks_ = longest / kTickSamples + 1;
  gate_.prepare(longest, rate_hz);
  in_ = {network_.input_gain(), 0.0F};
  out_ = {level_.value(), 0.0F};
  quiet_ticks_ = 0;
  kept_ = active_ = false;
}

void Reverb::set(const ReverbSettings& settings) RT_SAFE {
  time_.aim(std::log2(settings.time_s));
  damping_.aim(settings.damping);
  level_.aim(settings.level);
  size_ = settings.size;
  delay_s_ = 1e-3F * settings.delay_ms;
}

Decay Reverb::decay() const RT_SAFE { return {std::exp2(time_.value()), damping_.value()}; }

void Reverb::tick() RT_SAFE {
  quiet_ticks_ = kept_ ? 0 : quiet_ticks_ + 1;
  kept_ = false;
  if (quiet_ticks_ > longest_ticks_) active_ = false;
  time_.tick(glide_part_);
  damping_.tick(glide_part_);
  level_.tick(glide_part_);
  gate_.tick();
  for (Diffuser& diffuser : diffusers_) diffuser.tick(delay_s_);
  network_.tick(size_, decay(), active_);
  const auto aim = [](GainRamp& ramp, float target)
                       RT_SAFE { ramp.aim(kTickSamples, target, kTickSamples); };
  const float open = gate_.shut() ? 0.0F : gate_.open();
  aim(in_, open * network_.input_gain());
  aim(out_, open * level_.value());
}

void Reverb::render(MixBuses& mix, int index, int samples) RT_SAFE {
  if (!active_ && !mix.reverb.used) return;
  active_ = true;
  if (gate_.shut()) {
    for (Diffuser& diffuser : diffusers_) diffuser.forget(samples);
    network_.forget(samples);
  } else {
    process(mix.reverb, mix.dry, index, samples);
  }
}

void Reverb::process(const Bus& in, Bus& out, int index, int samples) RT_SAFE {
  const float* sides[2] = {in.left.data(), in.right.data()};
  alignas(kAlign) std::array<Block, 2> diffused;
  for (std::size_t side = 0; side < 2; ++side) {
    alignas(kAlign) Block fed;
    for (int k = 0; k < samples; ++k) {
      fed[static_cast<std::size_t>(k)] = or_nothing(in_.at(index + k) * sides[side][k]);
    }
    kept_ |= diffusers_[side].render(fed.data(), diffused[side], index, samples);
  }
  alignas(kAlign) Block left;
  alignas(kAlign) Block right;
  kept_ |= network_.render(diffused[0].data(), diffused[1].data(), left.data(), right.data(), index,
                           samples);
  out.add(left.data(), right.data(), out_, index, samples);
}

}  // namespace rtsynth
