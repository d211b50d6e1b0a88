#include "noise_bus.h"

#include <cmath>

namespace rtsynth {
namespace {

/// Where the second stream reads: half a table away, what it gives has nothing to do with the
/// first.
int second_place(int place, int length) RT_SAFE {
  const int second = place + length / 2;
  return second < length ? second : second - length;
}

}  // namespace

void NoiseBus::prepare(const Kernels& kernels, const NoiseTables& tables, std::uint64_t seed) {
  kernels_ = &kernels;
  tables_ = &tables;
  powers_ = {};
  of_channel_ = {};
  channels_ = 0;
  sends_ = {};
  sent_ = {};
  lines_ = {};
  since_ = 0;
  aimed_ = true;
  band_count_ = 0;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    length_[b] = tables.bands[b].length;
    const auto length = static_cast<std::uint64_t>(length_[b]);
    place_[b] = length == 0 ? 0 : static_cast<int>(hash_bits(seed + b) % length);
  }
}

/// The tables are larger than a cache: what is read next is fetched while voices are rendered.
void NoiseBus::tick() RT_SAFE {
  powers_ = {};
  of_channel_ = {};
  channels_ = 0;
  aimed_ = false;
  constexpr int kLine = 16;  // floats in a cache line
  for (int i = 0; i < band_count_; ++i) {
    const std::size_t b = bands_[static_cast<std::size_t>(i)];
    const float* samples = tables_->bands[b].samples.data();
    for (int at = 0; at < kTickSamples; at += kLine) {
      RT_PREFETCH(samples + place_[b] + at);
      RT_PREFETCH(samples + second_place(place_[b], length_[b]) + at);
    }
  }
}

void NoiseBus::add(const NoiseShare& share) RT_SAFE {
  kernels_->noise_powers(share, powers_, of_channel_[share.channel]);
  channels_ |= 1U << share.channel;
  aimed_ = false;
}

/// From where the lines are at `now` to what the powers say, at the next tick.
void NoiseBus::aim(const Sends& sends, std::int64_t now) RT_SAFE {
  const int index = static_cast<int>(now - since_);
  const int samples = kTickSamples - static_cast<int>(now % kTickSamples);
  kernels_->aim_noise(powers_, index, 1.0F / static_cast<float>(samples), lines_);
  sent_ = mean(sends);
  sends_.aim(index, sent_, samples);
  since_ = now;
  aimed_ = true;
  choose_bands();
}

/// Powers add: the mean of the squares, weighted by the channels' powers. Without any it stays.
SendLevels NoiseBus::mean(const Sends& sends) const RT_SAFE {
  float total = 0.0F, reverb = 0.0F, chorus = 0.0F;
  for (std::size_t c = 0; c < kChannels; ++c) {
    if ((channels_ >> c & 1U) == 0) continue;
    const SendLevels& level = sends.next(c);
    float power = 0.0F;
    for (const float of_band : of_channel_[c]) power += of_band;
    total += power;
    reverb += power * level.reverb * level.reverb;
    chorus += power * level.chorus * level.chorus;
  }
  if (total < kLeastNoise * kLeastNoise) return sent_;
  return {std::sqrt(reverb / total), std::sqrt(chorus / total)};
}

void NoiseBus::choose_bands() RT_SAFE {
  band_count_ = 0;
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const auto sounds = [b](const NoiseLines::Bands& line) RT_SAFE { return line[b] != 0.0F; };
    if (length_[b] == 0) continue;
    if (sounds(lines_.left) || sounds(lines_.right) || sounds(lines_.left_step) ||
        sounds(lines_.right_step)) {
      bands_[static_cast<std::size_t>(band_count_++)] = static_cast<std::uint8_t>(b);
    }
  }
}

void NoiseBus::render(MixBuses& mix, const Sends& sends, int samples, std::int64_t now) RT_SAFE {
  if (!aimed_) aim(sends, now);
  std::array<NoiseRead, kNoiseBands> reads;
  for (int i = 0; i < band_count_; ++i) {
    const std::size_t b = bands_[static_cast<std::size_t>(i)];
    const float* table = tables_->bands[b].samples.data();
    reads[static_cast<std::size_t>(i)] = {table + place_[b],
                                          table + second_place(place_[b], length_[b]),
                                          {lines_.left[b], lines_.left_step[b]},
                                          {lines_.both[b], lines_.both_step[b]},
                                          {lines_.right[b], lines_.right_step[b]}};
  }
  if (band_count_ > 0) {
    const auto index = static_cast<int>(now - since_);
    alignas(kAlign) std::array<float, kTickSamples> left{};
    alignas(kAlign) std::array<float, kTickSamples> right{};
    kernels_->noise(reads.data(), band_count_, index, left.data(), right.data(), samples);
    mix.add(left.data(), right.data(), sends_, index, samples);
  }
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    place_[b] += length_[b] == 0 ? 0 : samples;
    place_[b] -= place_[b] >= length_[b] ? length_[b] : 0;
  }
}

}  // namespace rtsynth
