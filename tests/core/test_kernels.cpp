// The hot loops: right, and the same on every instruction set of this machine.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"
#include "kernels.h"

using namespace rtsynth;

namespace {

Group& group_of(Bank& bank, std::size_t k) { return bank.groups[k / kLanes]; }

std::vector<float> ratios(float first) {
  std::vector<float> ratio(kPartials);
  for (std::size_t k = 0; k < kPartials; ++k) ratio[k] = first * static_cast<float>(k + 1);
  return ratio;
}

Bank make_bank() {
  Bank bank;
  for (std::size_t k = 0; k < kPartials; ++k) {
    const float phase = 0.3F + 0.7F * static_cast<float>(k);
    Group& group = group_of(bank, k);
    group.re[k % kLanes] = std::cos(phase);
    group.im[k % kLanes] = std::sin(phase);
    group.amp[k % kLanes] = 1.0F / static_cast<float>(k + 1);
    group.step[k % kLanes] = -0.001F * group.amp[k % kLanes];
  }
  for (const std::uint8_t group : {0, 1, 3, 4, 6}) {
    bank.heard[static_cast<std::size_t>(bank.heard_count++)] = group;
  }
  best_kernels().rotations(ratios(1.0F).data(), 0.01F, bank);
  return bank;
}

bool same(const float* a, const float* b, int count) {
  return std::memcmp(a, b, sizeof(float) * static_cast<std::size_t>(count)) == 0;
}

/// The bank's sums of sets that fuse and of one that does not: -120 dB of the loudest partial.
bool alike(const float* a, const float* b, int count) {
  float largest = 0.0F;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest < 1e-6F * static_cast<float>(kGroups);
}

/// Of all that is stored; the padding behind it may be anything.
bool same_bits(const Bank& a, const Bank& b) {
  return std::memcmp(&a.groups, &b.groups, sizeof(a.groups)) == 0 && a.heard == b.heard &&
         a.heard_count == b.heard_count;
}

}  // namespace

TEST_CASE("instruction sets that fuse give the same bits") {
  if (kernel_set(1) == nullptr || kernel_set(2) == nullptr) return;
  Bank a = make_bank();
  Bank b = make_bank();
  float mid_a[kPieceSamples], mid_b[kPieceSamples], side_a[kPieceSamples], side_b[kPieceSamples];
  for (int heard = 1; heard <= int{kGroups}; ++heard) {
    for (int g = 0; g < heard; ++g) {
      a.heard[static_cast<std::size_t>(g)] = static_cast<std::uint8_t>(g);
    }
    b.heard = a.heard;
    a.heard_count = b.heard_count = heard;
    for (const int samples : {kPieceSamples, 1, 13}) {
      kernel_set(1)->bank(a, mid_a, side_a, samples);
      kernel_set(2)->bank(b, mid_b, side_b, samples);
      CHECK(same(mid_a, mid_b, samples));
      kernel_set(1)->wide_bank(a, mid_a, side_a, samples);
      kernel_set(2)->wide_bank(b, mid_b, side_b, samples);
      CHECK(same(mid_a, mid_b, samples));
      CHECK(same(side_a, side_b, samples));
    }
  }
  CHECK(same_bits(a, b));
}

TEST_CASE("every instruction set gives what the portable one gives, to the bit but in the bank") {
  const Kernels& portable = *kernel_set(0);
  for (int index = 1; index < 3; ++index) {
    const Kernels* other = kernel_set(index);
    if (other == nullptr) continue;
    CAPTURE(other->name);
    Bank a = make_bank();
    Bank b = make_bank();
    float mid_a[kPieceSamples], mid_b[kPieceSamples];
    float side_a[kPieceSamples], side_b[kPieceSamples];
    for (int heard = 1; heard <= int{kGroups}; ++heard) {
      a.heard_count = b.heard_count = heard;
      for (int g = 0; g < heard; ++g) {
        a.heard[static_cast<std::size_t>(g)] = static_cast<std::uint8_t>(g);
      }
      b.heard = a.heard;
      for (const int samples : {kPieceSamples, 1, 13, kPieceSamples}) {
        portable.bank(a, mid_a, side_a, samples);
        other->bank(b, mid_b, side_b, samples);
        CHECK(alike(mid_a, mid_b, samples));
      }
      for (const int samples : {kPieceSamples, 3}) {
        portable.wide_bank(a, mid_a, side_a, samples);
        other->wide_bank(b, mid_b, side_b, samples);
        CHECK(alike(mid_a, mid_b, samples));
        CHECK(alike(side_a, side_b, samples));
      }
    }
    portable.renormalise(a);
    other->renormalise(b);
    portable.rotations(ratios(1.003F).data(), 0.0213F, a);
    other->rotations(ratios(1.003F).data(), 0.0213F, b);
    portable.glide(ratios(1.003F).data(), 1e-5F, a);
    other->glide(ratios(1.003F).data(), 1e-5F, b);
    CHECK(same_bits(a, b));

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

    Amplitudes shade, share, target_a, target_b;
    shade.fill(0.9F);
    share.fill(0.8F);
    const std::vector<float> ratio = ratios(1.1F);
    const Shape shape = {shade.data(), share.data(), ratio.data(), 100.0F};
    CHECK(portable.shape(shape, linear_a.data(), target_a.data()) ==
          other->shape(shape, linear_a.data(), target_b.data()));
    CHECK(std::memcmp(target_a.data(), target_b.data(), sizeof(Amplitudes)) == 0);
    float loudest_a[kGroups], loudest_b[kGroups];
    portable.aim(a, target_a.data(), 0.01F, loudest_a);
    other->aim(b, target_a.data(), 0.01F, loudest_b);
    CHECK(std::memcmp(loudest_a, loudest_b, sizeof(loudest_a)) == 0);
    CHECK(same_bits(a, b));
    const MixRamps ramps = {{0.1F, 0.01F}, {0.9F, -0.003F}, {0.5F, 0.001F}, 3, 40};
    float left_a[kPieceSamples] = {}, right_a[kPieceSamples] = {};
    float left_b[kPieceSamples] = {}, right_b[kPieceSamples] = {};
    for (const int samples : {kPieceSamples, 5}) {
      portable.mix(ramps, mid_a, side_a, left_a, right_a, samples);
      other->mix(ramps, mid_a, side_a, left_b, right_b, samples);
      portable.wide_mix(ramps, mid_a, side_a, left_a, right_a, samples);
      other->wide_mix(ramps, mid_a, side_a, left_b, right_b, samples);
    }
    CHECK(same(left_a, left_b, kPieceSamples));
    CHECK(same(right_a, right_b, kPieceSamples));
  }
}

TEST_CASE("the bank is a sum of sinusoids, a piece or some samples at a time") {
  for (const int step : {kPieceSamples, 5, 1}) {
    Bank bank = make_bank();
    float out[kTickSamples], side[kPieceSamples];
    for (int i = 0; i < kTickSamples; i += step) {
      best_kernels().bank(bank, out + i, side, std::min(step, kTickSamples - i));
    }
    Bank start = make_bank();
    for (int i = 0; i < kTickSamples; ++i) {
      double sum = 0.0;
      for (int h = 0; h < start.heard_count; ++h) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const std::size_t k = start.heard[static_cast<std::size_t>(h)] * kLanes + lane;
          const Group& group = group_of(start, k);
          const double phase =
              0.3 + 0.7 * static_cast<double>(k) + 0.01 * static_cast<double>(k + 1) * i;
          sum += (group.amp[lane] + group.step[lane] * i) * std::sin(phase);
        }
      }
      CHECK(std::abs(out[i] - sum) < 2e-5);
    }
  }
}

TEST_CASE("a low partial is clean: what rounding adds in a piece lies 95 dB below it") {
  for (const float radians : {0.0036F, 0.02F, 0.1F}) {  // 27.5, 153 and 764 Hz
    Bank bank;
    bank.heard_count = 1;
    bank.groups[0].re[0] = 1.0F;
    bank.groups[0].amp[0] = 1.0F;
    best_kernels().rotations(ratios(1.0F).data(), radians, bank);
    float out[kPieceSamples], side[kPieceSamples];
    double most = 0.0;
    for (int piece = 0; piece < 16; ++piece) {
      best_kernels().bank(bank, out, side, kPieceSamples);
      for (int i = 0; i < kPieceSamples; ++i) {
        const double wanted = std::sin(static_cast<double>(radians) * (piece * 16 + i));
        most = std::max(most, std::abs(static_cast<double>(out[i]) - wanted));
      }
    }
    CHECK(to_db(most) < -95.0);
  }
}

TEST_CASE("the wide bank: the same sum in the middle, each partial times its lean at the side") {
  Bank narrow = make_bank();
  Bank wide = make_bank();
  float out[kPieceSamples], mid[kPieceSamples], side[kPieceSamples];
  best_kernels().bank(narrow, out, side, kPieceSamples);
  best_kernels().wide_bank(wide, mid, side, kPieceSamples);
  CHECK(std::memcmp(out, mid, sizeof(out)) == 0);
  CHECK(same_bits(narrow, wide));
  for (const std::size_t k : {std::size_t{17}, std::size_t{50}}) {
    Bank one = make_bank();
    for (std::size_t other = 0; other < kPartials; ++other) {
      if (other == k) continue;
      group_of(one, other).amp[other % kLanes] = 0.0F;
      group_of(one, other).step[other % kLanes] = 0.0F;
    }
    best_kernels().wide_bank(one, mid, side, kPieceSamples);
    for (int i = 0; i < kPieceSamples; ++i) {
      CHECK(side[i] == doctest::Approx(mid[i] * stereo_lean(k + 1)).epsilon(1e-6));
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

TEST_CASE("rotations glide to where they would be made anew") {
  for (const float delta : {1e-5F, -1e-5F, 3e-7F}) {
    Bank glided = make_bank();
    const std::vector<float> ratio = ratios(1.0F);
    const Kernels& kernels = best_kernels();
    kernels.rotations(ratio.data(), 0.02F, glided);
    for (int i = 0; i < 3; ++i) kernels.glide(ratio.data(), delta, glided);
    Bank anew = make_bank();
    kernels.rotations(ratio.data(), 0.02F + 3.0F * delta, anew);
    for (const std::size_t k : {0U, 9U, 31U, 60U, 110U}) {
      const Group& a = group_of(glided, k);
      const Group& b = group_of(anew, k);
      const std::size_t lane = k % kLanes;
      CHECK(std::abs(a.sine[lane] - b.sine[lane]) < 1e-6F);
      CHECK(std::abs(a.cosine[lane] - b.cosine[lane]) < 1e-6F);
      CHECK(std::abs(a.twice_cosine[lane] - b.twice_cosine[lane]) < 1e-6F);
      CHECK(std::abs(a.piece_sine[lane] - b.piece_sine[lane]) < 1e-5F);
      CHECK(std::abs(a.piece_cosine[lane] - b.piece_cosine[lane]) < 1e-5F);
    }
  }
}

TEST_CASE("rotations have length 1 and the right angle, of a sample and of a piece") {
  for (const float radians : {0.0004F, 0.0036F, 0.01F, 0.024F}) {
    Bank bank = make_bank();
    Bank before = bank;
    best_kernels().rotations(ratios(1.0F).data(), radians, bank);
    for (std::size_t k = 0; k < kPartials; ++k) {
      const Group& group = group_of(bank, k);
      const std::size_t lane = k % kLanes;
      const auto end = bank.heard.begin() + bank.heard_count;
      if (std::find(bank.heard.begin(), end, k / kLanes) == end) {
        CHECK(group.cosine[lane] == group_of(before, k).cosine[lane]);  // not heard: left alone
        continue;
      }
      const double wanted = static_cast<double>(radians) * static_cast<double>(k + 1);
      if (wanted > 3.0) continue;
      const auto angle = [lane](const Group::Lanes& sine, const Group::Lanes& cosine) {
        CHECK(std::abs(std::hypot(cosine[lane], sine[lane]) - 1.0F) < 4e-7F);
        return std::atan2(static_cast<double>(sine[lane]), static_cast<double>(cosine[lane]));
      };
      CHECK(std::abs(angle(group.sine, group.cosine) / wanted - 1.0) < 1e-6);  // 0.002 cent
      const double turned = angle(group.piece_sine, group.piece_cosine) - kPieceSamples * wanted;
      const double off = std::remainder(turned, 2.0 * std::numbers::pi);
      CHECK(std::abs(off / (kPieceSamples * wanted)) < 1e-6);
      CHECK(group.twice_cosine[lane] == doctest::Approx(2.0 * std::cos(wanted)).epsilon(1e-6));
    }
  }
}
