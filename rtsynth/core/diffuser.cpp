#include "diffuser.h"

#include <bit>

namespace rtsynth {
namespace {

constexpr double kFadeS = 0.04;  // to another delay
constexpr std::array<float, Diffuser::kFilters> kGains = {0.75F, 0.75F, 0.625F, 0.625F};

}  // namespace

void Diffuser::prepare(double rate_hz, const Lengths& lengths_s, float delay_s) {
  rate_hz_ = static_cast<float>(rate_hz);
  before_.prepare(in_samples(static_cast<float>(kLongestDelayS)) + 2 * kTickSamples);
  for (std::size_t i = 0; i < kFilters; ++i) {
    // No shorter than what is rendered at a time.
    length_[i] = std::max(static_cast<int>(lengths_s[i] * rate_hz), kTickSamples);
    filters_[i].prepare(length_[i] + kTickSamples);
  }
  fade_.prepare(kFadeS, rate_hz);
  delay_ = next_ = in_samples(delay_s);
}

void Diffuser::tick(float delay_s) RT_SAFE {
  const int wanted = in_samples(delay_s);
  if (fade_.over() && wanted != next_) {
    next_ = wanted;
    fade_.begin();
  }
  if (!fade_.tick()) delay_ = next_;
}

bool Diffuser::render(const float* in, Block& out, int index, int samples) RT_SAFE {
  std::uint32_t bits = 0;
  for (int k = 0; k < samples; ++k) bits |= std::bit_cast<std::uint32_t>(in[k]);
  before_.write(in, samples);
  before_.read(delay_ + samples, out.data(), samples);
  if (!fade_.over()) {
    alignas(kAlign) Block to;
    before_.read(next_ + samples, to.data(), samples);
    fade_.mix(out.data(), to.data(), index, samples);
  }
  for (std::size_t i = 0; i < kFilters; ++i) {
    alignas(kAlign) Block kept;
    const float gain = kGains[i];
    filters_[i].read(length_[i], kept.data(), samples);
    for (std::size_t k = 0; k < static_cast<std::size_t>(samples); ++k) {
      const float fed = or_nothing(out[k] - gain * kept[k]);
      out[k] = kept[k] + gain * fed;
      kept[k] = fed;
      bits |= std::bit_cast<std::uint32_t>(fed);
    }
    filters_[i].write(kept.data(), samples);
  }
  return bits != 0;
}

void Diffuser::forget(int samples) RT_SAFE {
  constexpr Block kNothing{};
  before_.write(kNothing.data(), samples);
  for (DelayLine& filter : filters_) filter.write(kNothing.data(), samples);
}

}  // namespace rtsynth
