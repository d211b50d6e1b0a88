// Not a test by itself: prints a hash of what each set of kernels that fuses a product into a sum
// makes of the same numbers. SSE2 cannot, and is compared within rounding (test_kernels.cpp).
// `python -m tests.guards aarch64` compares those of two processors.
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "kernels.h"

using namespace rtsynth;

namespace {

constexpr int kSamples = 16;
#if defined(__x86_64__)
constexpr int kFirstFused = 1;
#else
constexpr int kFirstFused = 0;
#endif

class Hash {
 public:
  template <typename T>
  void add(const T& value) {
    for (const std::byte part : std::as_bytes(std::span(&value, 1))) {
      hash_ = (hash_ ^ static_cast<std::uint64_t>(part)) * 1099511628211U;  // FNV-1a
    }
  }
  [[nodiscard]] unsigned long long get() const { return hash_; }

 private:
  std::uint64_t hash_ = 14695981039346656037U;
};

Bank make_bank() {
  Bank bank{};
  for (std::size_t k = 0; k < kPartials; ++k) {
    Group& group = bank.groups[k / kLanes];
    group.re[k % kLanes] = 0.6F;
    group.im[k % kLanes] = k % 2 == 0 ? -0.8F : 0.8F;
    group.amp[k % kLanes] = 1.0F / static_cast<float>(k + 1);
    group.step[k % kLanes] = -1e-4F * group.amp[k % kLanes];
  }
  return bank;
}

void sound(const Kernels& kernels, const std::vector<float>& ratio, Bank& bank, Hash& hash) {
  float mid[kSamples] = {}, side[kSamples] = {}, left[kSamples] = {}, right[kSamples] = {};
  const MixRamps ramps{{0.1F, 0.01F}, {0.9F, -0.003F}, {0.5F, 0.001F}, 3, 40};
  for (int heard = 1; heard <= int{kGroups}; ++heard) {
    bank.heard_count = heard;
    for (int g = 0; g < heard; ++g) bank.heard[static_cast<std::size_t>(g)] = std::uint8_t(g);
    kernels.rotations(ratio.data(), 0.0187F, bank);
    kernels.glide(ratio.data(), 1e-5F, bank);
    for (const int samples : {kSamples, 5, kSamples}) {
      kernels.bank(bank, mid, side, samples);
      hash.add(mid);
      kernels.wide_bank(bank, mid, side, samples);
      hash.add(mid);
      hash.add(side);
      kernels.mix(ramps, mid, side, left, right, samples);
      kernels.wide_mix(ramps, mid, side, left, right, samples);
    }
    kernels.renormalise(bank);
  }
  hash.add(left);
  hash.add(right);
  hash.add(bank.groups);
}

void frame(const Kernels& kernels, const std::vector<float>& ratio, Bank& bank, Hash& hash) {
  std::int16_t levels[kFrameLevels];
  for (std::size_t i = 0; i < kFrameLevels; ++i) {
    levels[i] = static_cast<std::int16_t>(static_cast<int>(i) * 150 - 25600);
  }
  Amplitudes amplitudes{}, shaped{}, ones{};
  kernels.levels(levels, -3.3F, amplitudes.data());
  hash.add(amplitudes);
  ones.fill(0.9F);
  const Shape shape{ones.data(), ones.data(), ratio.data(), 100.0F};
  hash.add(kernels.shape(shape, amplitudes.data(), shaped.data()));
  hash.add(shaped);
  float loudest[kGroups] = {};
  kernels.aim(bank, shaped.data(), 0.01F, loudest);
  hash.add(loudest);
  hash.add(bank.groups);
  NoisePowers powers{};
  NoiseLines lines{};
  NoiseShare share{};
  share.begin = amplitudes.data();
  share.step = shaped.data();
  share.index = 3;
  share.width = 0.4F;
  share.left = 0.3F;
  share.right = 0.7F;
  NoisePowers::Bands of_channel{};
  kernels.noise_powers(share, powers, of_channel);
  hash.add(of_channel);
  kernels.aim_noise(powers, 3, 0.01F, lines);
  hash.add(powers);
  hash.add(lines);
}

}  // namespace

int main() {
  std::vector<float> ratio(kPartials);
  for (std::size_t k = 0; k < kPartials; ++k) ratio[k] = 1.001F * static_cast<float>(k + 1);
  for (int index = kFirstFused; const Kernels* kernels = kernel_set(index); ++index) {
    Hash hash;
    static Bank bank;
    bank = make_bank();
    sound(*kernels, ratio, bank, hash);
    frame(*kernels, ratio, bank, hash);
    std::printf("%s %016llx\n", kernels->name, hash.get());
  }
  return 0;
}
