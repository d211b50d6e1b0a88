// A note held for an hour: its pitch and its level do not drift, and nothing in it slows down.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

constexpr int kHop = 256;
constexpr std::int64_t kHour = std::int64_t{3600} * 48000 / kHop * kHop;

/// One vocoder, frame by frame.
struct Held {
  Vocoder vocoder;
  Frame frame;
  std::int64_t now = 0;

  explicit Held(double hz) {
    vocoder.prepare(kRate, best_kernels(), *noise_tables(kRate));
    vocoder.set_partials({});
    Variation plain;
    plain.shade.fill(1.0F);
    frame.amplitudes[0] = 0.5F;
    vocoder.start(plain, hz, 0.0F, frame, now);
  }
  void render(std::vector<float>& out, std::size_t samples) {
    std::array<float, kTickSamples> right{};
    out.assign(samples, 0.0F);
    const DenormalGuard guard;
    for (std::size_t done = 0; done < samples; done += kHop) {
      vocoder.ramp_to(frame, kHop, 1.0F, now);
      for (std::size_t tick = 0; tick < kHop; tick += kTickSamples) {
        vocoder.render({1.0F, 0.0F}, {1.0F, 0.0F}, 0, &out[done + tick], right.data(), kTickSamples,
                       now);
        now += kTickSamples;
      }
      vocoder.finish_ramp();
    }
  }
};

int denormals(const std::vector<float>& values) {
  return static_cast<int>(std::count_if(
      values.begin(), values.end(), [](float x) { return std::fpclassify(x) == FP_SUBNORMAL; }));
}

}  // namespace

TEST_CASE("a note that is held for an hour keeps its pitch and its level") {
  constexpr std::size_t kWindow = std::size_t{192} * kHop;
  for (const int key : {21, 60, 108}) {
    CAPTURE(key);
    Held held(key_hz(key));
    std::vector<float> first, last, skipped;
    held.render(first, kWindow);
    while (held.now < kHour - static_cast<std::int64_t>(kWindow)) held.render(skipped, kWindow);
    held.render(last, kWindow);
    const double hz = measure_hz(last, 0, kWindow, key_hz(key));
    CHECK(std::abs(cents(hz, key_hz(key))) < 0.05);
    const auto level = [key](const std::vector<float>& x) {
      const auto [re, im] = probe(x, 0, kWindow, key_hz(key));
      return to_db(std::hypot(re, im));
    };
    CHECK(std::abs(level(last) - level(first)) < 0.01);
    CHECK(std::abs(level(last) - to_db(0.5)) < 0.01);
    CHECK(denormals(last) == 0);
  }
}

TEST_CASE("a note that dies away leaves no denormals in its sound") {
  Held held(key_hz(60));
  std::vector<float> out;
  for (int i = 0; i < 400; ++i) {  // down to far below what a float holds
    held.frame.amplitudes[0] *= 0.7F;
    held.render(out, kHop);
    CHECK(denormals(out) == 0);
  }
  CHECK(out.back() == 0.0F);
}
