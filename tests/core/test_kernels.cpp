// The hot loops: right, and the same on every instruction set of this machine.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"
#include "kernels.h"

using namespace rtsynth;

namespace {

Bank make_bank() {
  Bank bank;
  for (std::size_t k = 0; k < kPartials; ++k) {
    const float phase = 0.3F + 0.7F * static_cast<float>(k);
    const float w = 0.01F * static_cast<float>(k + 1);
    bank.re[k] = std::cos(phase);
    bank.im[k] = std::sin(phase);
    bank.cosine[k] = std::cos(w);
    bank.sine[k] = std::sin(w);
    bank.amp[k] = 1.0F / static_cast<float>(k + 1);
    bank.step[k] = -0.001F * bank.amp[k];
  }
  for (const std::uint8_t group : {0, 1, 3, 4, 6}) {
    bank.groups[static_cast<std::size_t>(bank.group_count++)] = group;
  }
  return bank;
}

}  // namespace

TEST_CASE("every instruction set gives the same bits as the portable one") {
  const Kernels& portable = *kernel_set(0);
  for (int index = 1; index < 3; ++index) {
    const Kernels* other = kernel_set(index);
    if (other == nullptr) continue;
    CAPTURE(other->name);
    Bank a = make_bank();
    Bank b = make_bank();
    float out_a[kTickSamples], out_b[kTickSamples];
    for (const int samples : {64, 1, 13, 64}) {
      portable.bank(a, out_a, samples);
      other->bank(b, out_b, samples);
      CHECK(std::memcmp(out_a, out_b, sizeof(float) * static_cast<std::size_t>(samples)) == 0);
    }
    float side_a[kTickSamples], side_b[kTickSamples];
    for (const int samples : {64, 3}) {
      portable.wide_bank(a, out_a, side_a, samples);
      other->wide_bank(b, out_b, side_b, samples);
      CHECK(std::memcmp(out_a, out_b, sizeof(float) * static_cast<std::size_t>(samples)) == 0);
      CHECK(std::memcmp(side_a, side_b, sizeof(float) * static_cast<std::size_t>(samples)) == 0);
    }
    portable.renormalise(a);
    other->renormalise(b);
    std::vector<float> ratio(kPartials);
    for (std::size_t k = 0; k < kPartials; ++k) ratio[k] = 1.003F * static_cast<float>(k + 1);
    portable.rotations(ratio.data(), 0.0213F, a);
    other->rotations(ratio.data(), 0.0213F, b);
    CHECK(std::memcmp(&a, &b, sizeof(Bank)) == 0);

    std::int16_t frame[kFrameLevels];
    for (std::size_t i = 0; i < kFrameLevels; ++i)
      frame[i] = static_cast<std::int16_t>(i * 150 - 25600);
    Amplitudes linear_a, linear_b;
    portable.levels(frame, -3.3F, linear_a.data());
    other->levels(frame, -3.3F, linear_b.data());
    CHECK(std::memcmp(linear_a.data(), linear_b.data(), sizeof(Amplitudes)) == 0);
    unsigned char coarse[kFrameLevels];
    for (std::size_t i = 0; i < kFrameLevels; ++i) coarse[i] = static_cast<unsigned char>(i + 60);
    portable.coarse_levels(coarse, -3.3F, linear_a.data());
    other->coarse_levels(coarse, -3.3F, linear_b.data());
    CHECK(std::memcmp(linear_a.data(), linear_b.data(), sizeof(Amplitudes)) == 0);
  }
}

TEST_CASE("the bank is a sum of sinusoids") {
  Bank bank = make_bank();
  const Bank start = bank;
  float out[kTickSamples];
  best_kernels().bank(bank, out, kTickSamples);
  for (int i = 0; i < kTickSamples; ++i) {
    double sum = 0.0;
    for (int g = 0; g < start.group_count; ++g) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::size_t k = start.groups[static_cast<std::size_t>(g)] * kLanes + lane;
        const double phase =
            0.3 + 0.7 * static_cast<double>(k) + 0.01 * static_cast<double>(k + 1) * i;
        sum += (start.amp[k] + start.step[k] * i) * std::sin(phase);
      }
    }
    CHECK(out[i] == doctest::Approx(sum).epsilon(1e-4));
  }
}

TEST_CASE("the wide bank: the same sum in the middle, each partial times its lean at the side") {
  Bank narrow = make_bank();
  Bank wide = make_bank();
  float out[kTickSamples], mid[kTickSamples], side[kTickSamples];
  best_kernels().bank(narrow, out, kTickSamples);
  best_kernels().wide_bank(wide, mid, side, kTickSamples);
  CHECK(std::memcmp(out, mid, sizeof(out)) == 0);
  CHECK(std::memcmp(&narrow, &wide, sizeof(Bank)) == 0);
  Bank one = make_bank();
  for (std::size_t k = 0; k < kPartials; ++k) {
    if (k != 17) one.amp[k] = one.step[k] = 0.0F;
  }
  best_kernels().wide_bank(one, mid, side, kTickSamples);
  for (int i = 0; i < kTickSamples; ++i) {
    CHECK(side[i] == doctest::Approx(mid[i] * stereo_lean(18)).epsilon(1e-6));
  }
}

TEST_CASE("wide noise: the same sum in the middle, each band times its lean at the side") {
  const auto tables = noise_tables(kRate);
  for (const int count : {1, 4, 7}) {
    std::vector<NoiseRead> reads;
    for (std::size_t b = 0; b < static_cast<std::size_t>(count); ++b) {
      reads.push_back({tables->bands[b].samples.data(), 0.5F, 0.001F, kLeans[kPartials + b]});
    }
    for (int index = 0; const Kernels* kernels = kernel_set(index); ++index) {
      float out[kTickSamples] = {}, mid[kTickSamples] = {}, side[kTickSamples] = {};
      kernels->noise(reads.data(), count, 9, out, kTickSamples);
      kernels->wide_noise(reads.data(), count, 9, mid, side, kTickSamples);
      CHECK(std::memcmp(out, mid, sizeof(out)) == 0);
      double wanted = 0.0;
      for (std::size_t b = 0; b < reads.size(); ++b) {
        wanted +=
            stereo_lean(b + 1) * (0.5 + 0.001 * 29) * static_cast<double>(reads[b].samples[20]);
      }
      CHECK(side[20] == doctest::Approx(wanted).epsilon(1e-4));
    }
  }
}

TEST_CASE("levels are right within 0.01 dB, -200 to +60 dB") {
  std::int16_t frame[kFrameLevels] = {};
  Amplitudes linear;
  for (float gain_db = -200.0F; gain_db < 60.0F; gain_db += 0.37F) {
    best_kernels().levels(frame, gain_db, linear.data());
    CHECK(std::abs(20.0 * std::log10(static_cast<double>(linear[0])) -
                   static_cast<double>(gain_db)) < 0.01);
  }
}

TEST_CASE("rotations have length 1 and the right angle") {
  std::vector<float> ratio(kPartials);
  for (std::size_t k = 0; k < kPartials; ++k) ratio[k] = static_cast<float>(k + 1);
  for (const float radians : {0.0004F, 0.0036F, 0.01F, 0.024F}) {
    Bank bank = make_bank();
    const Bank before = bank;
    best_kernels().rotations(ratio.data(), radians, bank);
    for (std::size_t k = 0; k < kPartials; ++k) {
      const auto end = bank.groups.begin() + bank.group_count;
      if (std::find(bank.groups.begin(), end, k / kLanes) == end) {
        CHECK(bank.cosine[k] == before.cosine[k]);  // cannot be heard: left alone
        continue;
      }
      const double wanted = static_cast<double>(radians) * static_cast<double>(k + 1);
      if (wanted > 3.0) continue;
      const float cosine = bank.cosine[k], sine = bank.sine[k];
      const double angle = std::atan2(static_cast<double>(sine), static_cast<double>(cosine));
      CHECK(std::abs(angle / wanted - 1.0) < 1e-6);  // 0.002 cent
      CHECK(std::abs(std::hypot(cosine, sine) - 1.0F) < 4e-7F);
    }
  }
}

TEST_CASE("noise tables: RMS 1, within the band, without a seam, and of different lengths") {
  const auto tables = noise_tables(kRate);
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    const auto& band = tables->bands[b];
    CAPTURE(b);
    REQUIRE(band.length > 50000);
    CHECK(rms(band.samples, 0, static_cast<std::size_t>(band.length)) ==
          doctest::Approx(1.0).epsilon(1e-3));
    CHECK(band.samples[0] == band.samples[static_cast<std::size_t>(band.length)]);
    if (b % kLanes != 0) CHECK(band.length != tables->bands[b - 1].length);
    const double middle_hz = 0.5 * (noise_edge_hz(b) + noise_edge_hz(b + 1));
    const auto count = static_cast<std::size_t>(band.length);
    double inside = 0.0, outside = 0.0;  // one bin's power, averaged over a few
    for (int i = 1; i <= 8; ++i) {
      const double bin_hz = kRate / band.length;
      const double in_hz = std::round(middle_hz / bin_hz + i) * bin_hz;
      const double out_hz = std::round(noise_edge_hz(b + 1) / bin_hz + 8 * i) * bin_hz;
      const auto [a, c] = probe(band.samples, 0, count, in_hz);
      const auto [d, e] = probe(band.samples, 0, count, out_hz);
      inside += a * a + c * c;
      outside += d * d + e * e;
    }
    CHECK(outside < 1e-6 * inside);
  }
}

TEST_CASE("noise bands above 0.45 of the sample rate are silent") {
  const auto tables = noise_tables(16000.0);
  for (std::size_t b = 0; b < kNoiseBands; ++b) {
    CHECK((tables->bands[b].length == 0) == (noise_edge_hz(b) >= 7200.0));
  }
}
