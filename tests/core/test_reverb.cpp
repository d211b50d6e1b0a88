// The reverberation: decay, density, colour, sides, and what settings do while it sounds.
#include <doctest/doctest.h>

#include <functional>

#include "helpers.h"
#include "reverb.h"
#include "spectrum.h"

using namespace rtsynth;

namespace {

struct Sides {
  std::vector<float> left, right;
};

using Sound = std::function<float(int sample)>;
using Turn = std::function<void(Reverb& reverb, int sample)>;

const Sound kImpulse = [](int i) { return i == 0 ? 1.0F : 0.0F; };

/// What comes back of a sound that is sent on both sides (or on one); `turn` is called at ticks.
Sides played(
    double rate_hz, const ReverbSettings& settings, int samples, const Sound& sound,
    const Turn& turn = [](Reverb&, int) {}, bool both = true) {
  Reverb reverb;
  reverb.prepare(rate_hz, settings);
  Sides out;
  MixBuses mix;
  for (int done = 0; done < samples; done += kTickSamples) {
    mix.clear(kTickSamples);
    for (int k = 0; k < kTickSamples; ++k) {
      const float x = sound(done + k);
      mix.reverb.left[static_cast<std::size_t>(k)] = x;
      mix.reverb.right[static_cast<std::size_t>(k)] = both ? x : 0.0F;
      mix.reverb.used = mix.reverb.used || x != 0.0F;
    }
    turn(reverb, done);
    {
      const DenormalGuard guard;
      reverb.tick();
      reverb.render(mix, 0, kTickSamples);
    }
    out.left.insert(out.left.end(), mix.dry.left.begin(), mix.dry.left.end());
    out.right.insert(out.right.end(), mix.dry.right.begin(), mix.dry.right.end());
  }
  return out;
}

ReverbSettings room(float time_s, float size, float damping) {
  ReverbSettings settings;
  settings.time_s = time_s;
  settings.size = size;
  settings.damping = damping;
  settings.delay_ms = 0.0F;
  return settings;
}

/// Two poles in a row at `hz`: what is left are low frequencies.
std::vector<float> low_pass(const std::vector<float>& x, double hz, double rate_hz) {
  const double part = 1.0 - std::exp(-2.0 * std::numbers::pi * hz / rate_hz);
  double first = 0.0, second = 0.0;
  std::vector<float> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    first += part * (static_cast<double>(x[i]) - first);
    second += part * (first - second);
    out[i] = static_cast<float>(second);
  }
  return out;
}

/// Time to -60 dB by the slope of the backward integral between -5 and -35 dB (M. R. Schroeder,
/// "New method of measuring reverberation time", J. Acoust. Soc. Am. 37, 1965).
double decay_s(const std::vector<float>& x, double rate_hz) {
  std::vector<double> left(x.size() + 1, 0.0);
  for (std::size_t i = x.size(); i-- > 0;) {
    left[i] = left[i + 1] + static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  const auto reaches = [&left](double db) {
    std::size_t i = 0;
    while (10.0 * std::log10(left[i] / left[0]) > db) ++i;
    return static_cast<double>(i);
  };
  return 2.0 * (reaches(-35.0) - reaches(-5.0)) / rate_hz;
}

/// Part of the samples beyond the standard deviation, in 20 ms around a time, over that of normal
/// noise (J. S. Abel and P. Huang, "A simple, robust measure of reverberation echo density", 121st
/// AES Convention, 2006).
double echo_density(const std::vector<float>& x, double at_s, double rate_hz) {
  const auto size = static_cast<std::size_t>(0.02 * rate_hz);
  const auto first = static_cast<std::size_t>(at_s * rate_hz) - size / 2;
  double total = 0.0, sum = 0.0, beyond = 0.0;
  const auto weight = [size](std::size_t i) {
    return 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) /
                                static_cast<double>(size));
  };
  for (std::size_t i = 0; i < size; ++i) {
    total += weight(i);
    sum += weight(i) * static_cast<double>(x[first + i]) * static_cast<double>(x[first + i]);
  }
  const double deviation = std::sqrt(sum / total);
  for (std::size_t i = 0; i < size; ++i) {
    if (std::abs(static_cast<double>(x[first + i])) > deviation) beyond += weight(i);
  }
  return beyond / total / std::erfc(1.0 / std::numbers::sqrt2);
}

double correlation(const Sides& sides, std::size_t first, std::size_t count) {
  double both = 0.0, left = 0.0, right = 0.0;
  for (std::size_t i = first; i < first + count; ++i) {
    const auto l = static_cast<double>(sides.left[i]), r = static_cast<double>(sides.right[i]);
    both += l * r;
    left += l * l;
    right += r * r;
  }
  return both / std::sqrt(left * right);
}

float white(int i) {
  const auto bits = hash_bits(static_cast<std::uint64_t>(i));
  return static_cast<float>(static_cast<double>(bits >> 11) * 0x1p-52 - 1.0);
}

}  // namespace

TEST_CASE("low frequencies decay by 60 dB in reverb_time") {
  for (const double rate_hz : {44100.0, 48000.0, 96000.0}) {
    for (const float time_s : {0.3F, 1.8F, 6.0F}) {
      for (const float size : {0.0F, 0.6F, 1.0F}) {
        for (const float damping : {0.0F, 0.4F, 1.0F}) {
          if (rate_hz != 48000.0 && (time_s == 6.0F || size != 0.6F)) continue;
          CAPTURE(rate_hz);
          CAPTURE(time_s);
          CAPTURE(size);
          CAPTURE(damping);
          const auto samples = static_cast<int>((0.8 * time_s + 0.4) * rate_hz);
          const Sides out = played(rate_hz, room(time_s, size, damping), samples, kImpulse);
          const double measured = decay_s(low_pass(out.left, 200.0, rate_hz), rate_hz);
          CHECK(measured == doctest::Approx(time_s).epsilon(0.15));
          if (damping == 0.0F) {
            CHECK(decay_s(out.right, rate_hz) == doctest::Approx(time_s).epsilon(0.15));
          }
        }
      }
    }
  }
}

TEST_CASE("damping shortens the decay of high frequencies") {
  double before_s = 100.0;
  for (const float damping : {0.0F, 0.3F, 0.6F, 1.0F}) {
    auto out = played(kRate, room(2.0F, 0.6F, damping), 96000, kImpulse).left;
    const auto low = low_pass(out, 6000.0, kRate);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= low[i];
    const double high_s = decay_s(out, kRate);
    CHECK(high_s < 0.8 * before_s);
    before_s = high_s;
  }
  CHECK(before_s < 0.7);
}

TEST_CASE("echoes are as dense as noise within 100 ms") {
  for (const float size : {0.0F, 0.3F, 0.6F, 1.0F}) {
    for (const bool both : {true, false}) {
      const Sides out =
          played(kRate, room(1.8F, size, 0.4F), 24000, kImpulse, [](Reverb&, int) {}, both);
      CAPTURE(size);
      CAPTURE(both);
      for (const std::vector<float>& side : {out.left, out.right}) {
        CHECK(echo_density(side, 0.1, kRate) > 0.85);
        CHECK(echo_density(side, 0.2, kRate) == doctest::Approx(1.0).epsilon(0.15));
      }
    }
  }
}

TEST_CASE("no mode rings: the crest of a late spectrum is near that of noise") {
  constexpr std::size_t kFirst = 48000, kCount = 32768;
  constexpr std::size_t kLow = 100, kHigh = 8192;  // bins: 150 Hz to 12 kHz
  const auto crest = [](const std::vector<double>& power) {
    double most = 0.0, sum = 0.0;
    for (std::size_t b = kLow; b < kHigh; ++b) {
      most = std::max(most, power[b]);
      sum += power[b];
    }
    return 10.0 * std::log10(most * static_cast<double>(kHigh - kLow) / sum);
  };
  std::vector<float> noise(kCount);
  for (std::size_t i = 0; i < kCount; ++i) noise[i] = white(static_cast<int>(i));
  const double wanted_db = crest(powers(noise, 0, kCount));
  CHECK(wanted_db == doctest::Approx(10.0 * std::log10(std::log(8000.0))).epsilon(0.2));
  for (const float time_s : {1.8F, 4.0F}) {
    for (const float size : {0.3F, 0.6F, 1.0F}) {
      auto out = played(kRate, room(time_s, size, 0.0F), kFirst + kCount, kImpulse).left;
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] *= std::pow(1000.0F, static_cast<float>(i) / (time_s * 48000.0F));
      }
      CAPTURE(time_s);
      CAPTURE(size);
      CHECK(crest(powers(out, kFirst, kCount)) < wanted_db + 3.0);
    }
  }
}

TEST_CASE("the sides have nothing in common, though what is sent is the same") {
  for (const float size : {0.0F, 0.6F, 1.0F}) {
    const Sides out = played(kRate, room(2.0F, size, 0.4F), 96000, kImpulse);
    CHECK(std::abs(correlation(out, 0, 96000)) < 0.15);
    CHECK(std::abs(correlation(out, 4800, 91200)) < 0.1);
    CHECK(rms(out.left, 0, 96000) == doctest::Approx(rms(out.right, 0, 96000)).epsilon(0.25));
  }
}

TEST_CASE("a steady sound comes back as loud as it went in, however long the reverberation") {
  for (const float time_s : {0.3F, 1.8F, 6.0F}) {
    for (const float size : {0.0F, 1.0F}) {
      const int samples = static_cast<int>(3.0F * time_s * 48000.0F) + 48000;
      const Sides out = played(kRate, room(time_s, size, 0.0F), samples, white);
      const auto first = out.left.size() - 48000;
      CAPTURE(time_s);
      CAPTURE(size);
      CHECK(to_db(rms(out.left, first, 48000) * std::sqrt(3.0)) ==
            doctest::Approx(0.0).epsilon(1.5).scale(1.0));
    }
  }
}

TEST_CASE("settings that are swept make no click") {
  struct Swept {
    const char* name;
    float ReverbSettings::* setting;
    float low, high;
  };
  const Sound tone = [](int i) {
    return 0.5F * std::sin(2.0F * std::numbers::pi_v<float> * static_cast<float>(i % 4800) * 0.01F);
  };
  const auto roughness = [](const std::vector<float>& x) {  // what is far above 480 Hz
    float most = 0.0F;
    for (std::size_t i = 48000; i + 4 < x.size(); ++i) {
      most = std::max(most, std::abs(x[i] - 4 * x[i + 1] + 6 * x[i + 2] - 4 * x[i + 3] + x[i + 4]));
    }
    return most;
  };
  const Swept all[] = {{"time", &ReverbSettings::time_s, 0.2F, 12.0F},
                       {"size", &ReverbSettings::size, 0.0F, 1.0F},
                       {"damping", &ReverbSettings::damping, 0.0F, 1.0F},
                       {"delay", &ReverbSettings::delay_ms, 0.0F, 200.0F},
                       {"level", &ReverbSettings::level, 0.0F, 2.0F}};
  for (const Swept& swept : all) {
    for (const int period : {96000, 9600, 64}) {  // slow, fast, and at every tick
      const auto out = played(kRate, {}, 192000, tone, [&](Reverb& reverb, int sample) {
        ReverbSettings settings;
        const float part = static_cast<float>(sample % period) / static_cast<float>(period);
        const bool jump = period == 64 && sample / 64 % 2 == 0;
        settings.*swept.setting =
            swept.low + (jump ? 1.0F : std::abs(2.0F * part - 1.0F)) * (swept.high - swept.low);
        reverb.set(settings);
      });
      CAPTURE(swept.name);
      CAPTURE(period);
      CHECK(roughness(out.left) < 2e-3F);
    }
  }
}

TEST_CASE("whatever the settings, what comes back is finite and ends") {
  for (const double rate_hz : {8000.0, 48000.0, 384000.0}) {
    for (int corner = 0; corner < 16; ++corner) {
      ReverbSettings settings;
      settings.time_s = (corner & 1) != 0 ? 12.0F : 0.2F;
      settings.size = (corner & 2) != 0 ? 1.0F : 0.0F;
      settings.damping = (corner & 4) != 0 ? 1.0F : 0.0F;
      settings.delay_ms = (corner & 8) != 0 ? 200.0F : 0.0F;
      settings.level = 2.0F;
      const int samples = static_cast<int>(0.5 * rate_hz) / 64 * 64;
      const auto out =
          played(rate_hz, settings, samples, [](int i) { return i < 480 ? white(i) : 0.0F; });
      float most = 0.0F;
      for (const float x : out.left) most = std::isfinite(x) ? std::max(most, std::abs(x)) : 1e9F;
      CAPTURE(rate_hz);
      CAPTURE(corner);
      CHECK(most < 8.0F);
      CHECK(most > 1e-4F);
    }
  }
}

TEST_CASE("a sample that is not finite does not come back") {
  const auto out = played(kRate, {}, 48000, [](int i) {
                     return i == 100 ? std::nanf("") : i == 200 ? INFINITY : white(i);
                   }).left;
  CHECK(std::isfinite(rms(out, 0, out.size())));
  CHECK(rms(out, 24000, 24000) > 0.05);
}

TEST_CASE("a tail ends in exact silence, and then costs nothing") {
  for (const float time_s : {0.2F, 2.0F, 12.0F}) {
    Reverb reverb;
    reverb.prepare(kRate, room(time_s, 1.0F, 0.0F));
    CHECK_FALSE(reverb.active());
    MixBuses mix;
    mix.clear(kTickSamples);
    reverb.tick();
    reverb.render(mix, 0, kTickSamples);
    CHECK_FALSE(reverb.active());
    CHECK_FALSE(mix.dry.used);
    mix.reverb.left[0] = 1.0F;
    mix.reverb.used = true;
    int ticks = 0;
    do {
      reverb.render(mix, 0, kTickSamples);
      mix.clear(kTickSamples);
      reverb.tick();
    } while (reverb.active() && ++ticks < 600 * 750);
    CAPTURE(time_s);
    CHECK_FALSE(reverb.active());
    CHECK(ticks > 1.5 * time_s * 750.0F);
    CHECK(ticks < 4.0 * time_s * 750.0F + 750.0F);
    reverb.render(mix, 0, kTickSamples);
    CHECK_FALSE(mix.dry.used);
  }
}

TEST_CASE("silence() ends a tail within 5 ms, without a click, and what is sent later is heard") {
  const Sound bursts = [](int i) { return i % 48000 < 4800 ? white(i) : 0.0F; };
  const auto out =
      played(kRate, room(8.0F, 0.6F, 0.0F), 96000, bursts, [](Reverb& reverb, int sample) {
        if (sample == 9600) reverb.silence();
      });
  CHECK(rms(out.left, 9000, 600) > 0.05);
  CHECK(largest_step(out.left, 9600, 480) < 1.2F * largest_step(out.left, 8000, 1600));
  CHECK(rms(out.left, 9600 + 384, 38000) == 0.0);
  CHECK(rms(out.left, 50000, 4000) > 0.05);
}
