// Noise: the tables, and the bus in which the noises of all voices are one.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"
#include "kernels.h"

using namespace rtsynth;

namespace {

TakeSpec one_band(std::size_t band, float width = 0.0F) {
  TakeSpec spec;
  spec.width = width;
  spec.level = [band](int, std::size_t v) { return v == kPartials + band ? 0.0F : -100.0F; };
  return spec;
}

/// Powers of the sides, and what they have in common.
struct Powers {
  double left = 0.0, right = 0.0, both = 0.0;
};

Powers powers_of(const std::vector<float>& stereo, std::size_t first) {
  Powers sum;
  for (std::size_t i = 2 * first; i < stereo.size(); i += 2) {
    const double left = stereo[i], right = stereo[i + 1];
    sum.left += left * left;
    sum.right += right * right;
    sum.both += left * right;
  }
  return sum;
}

Powers operator+(const Powers& a, const Powers& b) {
  return {a.left + b.left, a.right + b.right, a.both + b.both};
}

/// Held notes of one band each, `pans` 0..127 on a channel each.
Powers played(std::initializer_list<int> pans, float width) {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, one_band(30, width)));
  int channel = 0;
  for (const int pan : pans) {
    REQUIRE(send(*engine, 0xB0 + channel, kPan, pan));
    REQUIRE(send(*engine, 0x90 + channel, 64, 127, 9600));
    ++channel;
  }
  return powers_of(render(*engine, 240000), 14400);
}

}  // namespace

TEST_CASE("the noises of notes add as powers, side by side and in what the sides share") {
  for (const float width : {0.0F, 1.0F}) {
    const Powers wanted = played({0}, width) + played({40}, width) + played({127}, width);
    const Powers heard = played({0, 40, 127}, width);
    CHECK(heard.left == doctest::Approx(wanted.left).epsilon(0.03));
    CHECK(heard.right == doctest::Approx(wanted.right).epsilon(0.03));
    const double size = std::sqrt(wanted.left * wanted.right);
    CHECK(std::abs(heard.both - wanted.both) < 0.05 * size);
    CHECK(wanted.both < 0.8 * size);
  }
}

TEST_CASE("both sides of a note without width have the same noise") {
  const Powers heard = played({30}, 0.0F);
  CHECK(heard.both / std::sqrt(heard.left * heard.right) > 0.9999);
  CHECK(heard.left > 1.5 * heard.right);
  CHECK(played({0}, 0.0F).right < 1e-9 * played({0}, 0.0F).left);
  CHECK(played({127}, 0.0F).left < 1e-9 * played({127}, 0.0F).right);
}

TEST_CASE("noise begins with its note, not before, and leaves nothing behind") {
  for (const std::int64_t due : {6400, 6401, 6463}) {
    auto engine = make_engine();
    REQUIRE(put_take(engine->takes(), {0, 64, 7}, one_band(12)));
    REQUIRE(send(*engine, 0x90, 64, 127, due));
    const auto out = render(*engine, 9600);
    CHECK(first_sound(out) == due);
    CHECK(level_db(out, static_cast<std::size_t>(due) + 192, 1920) > -30.0);
    REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
    render(*engine, 480);
    CHECK(first_sound(render(*engine, 4800)) == -1);
  }
}

TEST_CASE("a note's noise rises in a straight line, not at once") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, one_band(31)));
  REQUIRE(send(*engine, 0x90, 64, 127, 6400));
  const auto left = left_of(render(*engine, 9600));
  const double steady = rms(left, 7000, 2000);
  CHECK(rms(left, 6400, 16) < 0.3 * steady);
  CHECK(rms(left, 6528, 256) > 0.7 * steady);
}

TEST_CASE("every instruction set makes the same noise, bit for bit") {
  const auto tables = noise_tables(kRate);
  std::vector<float> first;
  for (int index = 0; const Kernels* kernels = kernel_set(index); ++index) {
    CAPTURE(kernels->name);
    NoiseBus bus;
    bus.prepare(*kernels, *tables, 1);
    std::array<float, kNoiseBands> begin, step;
    for (std::size_t b = 0; b < kNoiseBands; ++b) {
      begin[b] = 0.01F * static_cast<float>(b + 1);
      step[b] = -1e-4F * begin[b];
    }
    Sends sends;
    sends.aim(1, {0.4F, 0.2F});
    std::vector<float> out;
    for (int tick = 0; tick < 2; ++tick) {
      bus.tick();
      bus.add({begin.data(), step.data(), 9.0F, 0.5F, 0.7F, 0.2F, 0});
      bus.add({begin.data(), step.data(), 70.0F, 0.0F, 0.1F, 0.6F, 1});
      MixBuses mix;
      mix.clear(kTickSamples);
      bus.render(mix, sends, kTickSamples, tick * kTickSamples);
      for (const Bus* each : {&mix.dry, &mix.reverb, &mix.chorus}) {
        CHECK(each->used);
        out.insert(out.end(), each->left.begin(), each->left.end());
        out.insert(out.end(), each->right.begin(), each->right.end());
      }
    }
    if (index == 0) first = out;
    CHECK(first == out);
    CHECK(rms(out, 0, out.size()) > 0.01);
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
