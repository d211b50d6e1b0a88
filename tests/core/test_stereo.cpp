// Stereo width: partials and noise bands lean to a side each, and their power stays.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"

using namespace rtsynth;

namespace {

struct Sides {
  double left = 0.0;  // RMS
  double right = 0.0;
};

/// A note of one level of a take (0..159), at the key that has no pan of its own.
Sides sides_of(std::size_t value, float width) {
  TakeSpec spec;
  spec.width = width;
  spec.level = [value](int, std::size_t v) { return v == value ? 0.0F : -100.0F; };
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, spec));
  REQUIRE(send(*engine, 0x90, 64, 127));
  const auto out = render(*engine, 96000);
  std::vector<float> right(out.begin() + 1, out.end());
  right.push_back(0.0F);
  return {rms(left_of(out), 4800, 91200), rms(left_of(right), 4800, 91200)};
}

/// Renders a ramp of `from` to `to` with the vocoder alone.
void render_ramp(const Frame& from, const Frame& to, int samples, float* left, float* right) {
  Vocoder vocoder;
  vocoder.prepare(kRate, best_kernels(), *noise_tables(kRate));
  vocoder.set_partials({});
  Variation plain;
  plain.shade.fill(1.0F);
  vocoder.start(plain, 220.0, 0.0F, from, 0);
  vocoder.ramp_to(to, samples, 1.0F, 0);
  for (int done = 0; done < samples; done += kTickSamples) {
    vocoder.render({1.0F, 0.0F}, {1.0F, 0.0F}, 0, left + done, right + done, kTickSamples, done);
  }
  vocoder.finish_ramp();
}

}  // namespace

TEST_CASE("leans are the contract's") {
  CHECK(kLeans[0] == doctest::Approx(0.2360679775));
  CHECK(kLeans[1] == doctest::Approx(-0.5278640450));
  CHECK(kLeans[kPartials] == kLeans[0]);  // bands begin anew
  CHECK(kLeans[15] == doctest::Approx(2.0 * (16 * 0.6180339887498949 - 9.0) - 1.0));
  CHECK(kLeans[127] == kLeans[15]);  // and so does every group of partials
}

TEST_CASE("width moves a level to its side and keeps its power") {
  for (const std::size_t value : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{36},
                                  std::size_t{kPartials + 8}, std::size_t{kPartials + 21}}) {
    const Sides narrow = sides_of(value, 0.0F);
    CHECK(narrow.left == doctest::Approx(narrow.right).epsilon(1e-6));
    for (const float width : {0.3F, 1.0F}) {
      const Sides wide = sides_of(value, width);
      const double x = static_cast<double>(width) * kLeans[value];
      CAPTURE(value);
      CAPTURE(width);
      CHECK(wide.right / wide.left == doctest::Approx((1.0 + x) / (1.0 - x)).epsilon(1e-3));
      CHECK(std::hypot(wide.left, wide.right) ==
            doctest::Approx(std::hypot(narrow.left, narrow.right)).epsilon(1e-3));
    }
  }
}

TEST_CASE("without width both sides are the same, bit for bit") {
  Frame frame;
  for (std::size_t i = 0; i < kFrameLevels; ++i) frame.amplitudes[i] = 0.01F;
  std::array<float, 256> left{}, right{};
  render_ramp(frame, frame, 256, left.data(), right.data());
  CHECK(std::memcmp(left.data(), right.data(), sizeof(left)) == 0);
  frame.width = 0.5F;
  left.fill(0.0F);
  right.fill(0.0F);
  render_ramp(frame, frame, 256, left.data(), right.data());
  CHECK(std::memcmp(left.data(), right.data(), sizeof(left)) != 0);
}

TEST_CASE("the width opens in a straight line") {
  Frame narrow, wide;
  narrow.amplitudes[1] = wide.amplitudes[1] = 1.0F;  // leans by -0.53
  wide.width = 1.0F;
  std::array<float, 256> left{}, right{};
  render_ramp(narrow, wide, 256, left.data(), right.data());
  double last = 0.0;
  for (std::size_t i = 0; i < 256; ++i) {
    const double mid = 0.5 * (static_cast<double>(left[i]) + right[i]);
    if (std::abs(mid) < 0.05) continue;
    const double lean = 0.5 * (static_cast<double>(right[i]) - left[i]) / mid;
    CHECK(lean == doctest::Approx(kLeans[1] * static_cast<double>(i) / 256.0).epsilon(1e-3));
    last = lean;
  }
  CHECK(last < -0.5);
}

TEST_CASE("a note fades from a narrow substitute to its own wide take without a click") {
  auto engine = make_engine();
  TakeSpec narrow, wide;
  wide.width = 1.0F;
  REQUIRE(put_take(engine->takes(), {0, 58, 7}, narrow));
  REQUIRE(send(*engine, 0x90, 57, 127));
  const auto before = left_of(render(*engine, 9600));
  REQUIRE(put_take(engine->takes(), {0, 57, 7}, wide));
  const auto after = left_of(render(*engine, 9600));
  CHECK(largest_step(after, 0, 9600) < 1.05F * largest_step(before, 4800, 4800));
  CHECK(std::abs(after[0] - before.back()) < 1.05F * largest_step(before, 4800, 4800));
}
