// The chorus: where its taps are, how clean they read, its sides, and that it ends.
#include <doctest/doctest.h>

#include <functional>

#include "chorus.h"
#include "helpers.h"
#include "spectrum.h"

using namespace rtsynth;

namespace {

struct Sides {
  std::vector<float> left, right;
};

Sides played(
    const ChorusSettings& settings, int samples, const std::function<float(int)>& sound,
    const std::function<void(Chorus&, int)>& turn = [](Chorus&, int) {}, double rate_hz = kRate) {
  Chorus chorus;
  chorus.prepare(rate_hz, settings);
  Sides out;
  MixBuses mix;
  for (int done = 0; done < samples; done += kTickSamples) {
    mix.clear(kTickSamples);
    for (int k = 0; k < kTickSamples; ++k) {
      const float x = sound(done + k);
      mix.chorus.left[static_cast<std::size_t>(k)] = x;
      mix.chorus.right[static_cast<std::size_t>(k)] = x;
      mix.chorus.used = mix.chorus.used || x != 0.0F;
    }
    turn(chorus, done);
    {
      const DenormalGuard guard;
      chorus.tick();
      chorus.render(mix, 0, kTickSamples);
    }
    out.left.insert(out.left.end(), mix.dry.left.begin(), mix.dry.left.end());
    out.right.insert(out.right.end(), mix.dry.right.begin(), mix.dry.right.end());
  }
  return out;
}

float tone(int sample, double hz) {
  return static_cast<float>(
      std::sin(2.0 * std::numbers::pi * hz * static_cast<double>(sample) / kRate));
}

float impulse(int sample) { return sample == 0 ? 1.0F : 0.0F; }

}  // namespace

TEST_CASE("three taps a side, no later than the depth allows, and no feedback") {
  ChorusSettings settings;
  settings.depth_ms = 10.0F;
  const Sides out = played(settings, 48000, impulse);
  for (const std::vector<float>& side : {out.left, out.right}) {
    double power = 0.0;
    for (std::size_t i = 0; i < side.size(); ++i) {
      const auto x = static_cast<double>(side[i]);
      power += x * x;
      if (i < 430 || i > 1248) CHECK(std::abs(x) == 0.0);  // 9 ms .. 26 ms
    }
    CHECK(power == doctest::Approx(1.0).epsilon(0.15));  // three thirds
  }
}

TEST_CASE("what the chorus reads between samples is clean") {
  for (const double hz : {1000.0, 5000.0, 10000.0}) {
    ChorusSettings settings;  // as it is at the start
    const auto out = played(settings, 48000 + 65536, [hz](int i) { return tone(i, hz); }).left;
    const auto power = powers(out, 48000, 65536);
    const auto middle = static_cast<std::size_t>(hz / kRate * 65536.0);
    double near = 0.0, far = 0.0;  // of the tone within 60 Hz, which its detune does not leave
    for (std::size_t b = 20; b < power.size(); ++b) {
      (std::abs(static_cast<double>(b) - static_cast<double>(middle)) < 82.0 ? near : far) +=
          power[b];
    }
    CAPTURE(hz);
    CHECK(10.0 * std::log10(far / near) < (hz < 2000.0 ? -78.0 : -65.0));
  }
}

TEST_CASE("a fast and deep chorus has no buzz of the ticks in it") {
  ChorusSettings settings;
  settings.rate_hz = 5.0F;
  settings.depth_ms = 10.0F;
  const auto out = played(settings, 48000 + 65536, [](int i) { return tone(i, 1000.0); }).left;
  const auto power = powers(out, 48000, 65536);
  double near = 0.0, far = 0.0;  // it is detuned by 157 Hz; ticks come 750 times a second
  for (std::size_t b = 20; b < power.size(); ++b) {
    (std::abs(static_cast<double>(b) - 1365.0) < 410.0 ? near : far) += power[b];
  }
  CHECK(10.0 * std::log10(far / near) < -75.0);
}

TEST_CASE("the sides differ, and both are as loud as what is sent") {
  ChorusSettings settings;
  const Sides out = played(settings, 480000, [](int i) {
    return static_cast<float>(hash_bits(static_cast<std::uint64_t>(i)) >> 40) * 0x1p-23F - 1.0F;
  });
  double both = 0.0;
  for (std::size_t i = 48000; i < 480000; ++i) {
    both += static_cast<double>(out.left[i]) * static_cast<double>(out.right[i]);
  }
  const double left = rms(out.left, 48000, 432000), right = rms(out.right, 48000, 432000);
  CHECK(std::abs(both / 432000.0) / (left * right) < 0.5);
  CHECK(to_db(left * std::sqrt(3.0)) == doctest::Approx(0.0).epsilon(1.0).scale(1.0));
  CHECK(to_db(right * std::sqrt(3.0)) == doctest::Approx(0.0).epsilon(1.0).scale(1.0));
}

TEST_CASE("a chorus whose settings are swept makes no click") {
  struct Swept {
    float ChorusSettings::* setting;
    float low, high;
  };
  for (const Swept swept :
       {Swept{&ChorusSettings::rate_hz, 0.05F, 5.0F}, Swept{&ChorusSettings::depth_ms, 0.0F, 10.0F},
        Swept{&ChorusSettings::level, 0.0F, 2.0F}}) {
    const auto out = played(
                         {}, 192000, [](int i) { return 0.5F * tone(i, 480.0); },
                         [swept](Chorus& chorus, int sample) {
                           ChorusSettings settings;
                           settings.*swept.setting =
                               sample / 9600 % 2 == 0 ? swept.low : swept.high;
                           chorus.set(settings);
                         })
                         .left;
    float most = 0.0F;
    for (std::size_t i = 4800; i + 4 < out.size(); ++i) {
      most = std::max(
          most, std::abs(out[i] - 4 * out[i + 1] + 6 * out[i + 2] - 4 * out[i + 3] + out[i + 4]));
    }
    CHECK(most < 2e-3F);
  }
}

TEST_CASE("whatever the rate, a chorus is finite and ends") {
  for (const double rate_hz : {8000.0, 44100.0, 384000.0}) {
    ChorusSettings settings;
    settings.depth_ms = 10.0F;
    settings.rate_hz = 5.0F;
    const auto samples = static_cast<int>(0.2 * rate_hz) / 64 * 64;
    const auto out = played(settings, samples, impulse, [](Chorus&, int) {}, rate_hz).left;
    float most = 0.0F;
    for (const float x : out) most = std::isfinite(x) ? std::max(most, std::abs(x)) : 1e9F;
    CHECK(most < 2.0F);
    CHECK(most > 0.1F);
    CHECK(out.back() == 0.0F);
  }
  Chorus chorus;
  chorus.prepare(kRate, {});
  MixBuses mix;
  mix.clear(kTickSamples);
  mix.chorus.left[0] = 1.0F;
  mix.chorus.used = true;
  int ticks = 0;
  do {
    chorus.render(mix, 0, kTickSamples);
    mix.clear(kTickSamples);
    chorus.tick();
  } while (chorus.active() && ++ticks < 750);
  CHECK_FALSE(chorus.active());
}
