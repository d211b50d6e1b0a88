// The limiter: nothing below its knee, never above 1, and hardly a distortion between.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"
#include "limiter.h"

using namespace rtsynth;

namespace {

std::vector<float> sine(double hz, float peak, int samples) {
  std::vector<float> x(static_cast<std::size_t>(samples));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = peak * static_cast<float>(
                      std::sin(2.0 * std::numbers::pi * hz * static_cast<double>(i) / kRate));
  }
  return x;
}

/// Both sides alike, in blocks.
std::vector<float> limited(std::vector<float> x, int block = 64) {
  Limiter limiter;
  limiter.prepare(kRate);
  std::vector<float> right = x;
  const auto size = static_cast<int>(x.size());
  for (int done = 0; done < size; done += block) {
    limiter.render(x.data() + done, right.data() + done, std::min(block, size - done));
  }
  CHECK(std::memcmp(x.data(), right.data(), x.size() * sizeof(float)) == 0);
  return x;
}

/// Power of the harmonics 2..10 over that of the fundamental, in dB.
double distortion_db(const std::vector<float>& x, double hz) {
  double harmonics = 0.0;
  for (int k = 2; k <= 10; ++k) {
    const auto [re, im] = probe(x, x.size() - 48000, 48000, k * hz);
    harmonics += re * re + im * im;
  }
  const auto [re, im] = probe(x, x.size() - 48000, 48000, hz);
  return 10.0 * std::log10(harmonics / (re * re + im * im));
}

}  // namespace

TEST_CASE("below the knee nothing is changed, bit for bit") {
  const auto x = sine(441.0, Limiter::kKnee, 48000);
  const auto out = limited(x);
  CHECK(std::memcmp(x.data(), out.data(), x.size() * sizeof(float)) == 0);
}

TEST_CASE("whatever comes, what leaves is within 1, and higher peaks leave higher") {
  float before = 0.0F;
  for (const float peak : {0.5F, 0.9F, 1.0F, 2.0F, 10.0F, 1e6F, 1e30F}) {
    const auto out = limited(sine(97.0, peak, 9600));
    const float highest = *std::max_element(out.begin(), out.end());
    CHECK(highest <= 1.0F);
    CHECK(highest >= before);
    before = highest;
  }
  auto burst = sine(5000.0, 0.3F, 9600);
  for (std::size_t i = 3000; i < 3003; ++i) burst[i] = -50.0F;
  for (const float y : limited(burst)) CHECK(std::abs(y) <= 1.0F);
}

TEST_CASE("a steady tone 6 dB above full scale is turned down, not distorted") {
  for (const double hz : {30.0, 50.0, 110.0, 441.0, 3000.0}) {
    CAPTURE(hz);
    CHECK(distortion_db(limited(sine(hz, 2.0F, 96000)), hz) < -70.0);
  }
}

TEST_CASE("it lets go, and then nothing is changed again") {
  auto x = sine(200.0, 4.0F, 4800);
  const auto quiet = sine(200.0, 0.5F, 96000);
  x.insert(x.end(), quiet.begin(), quiet.end());
  const auto out = limited(x);
  CHECK(rms(out, 4800, 960) < 0.5 * rms(quiet, 0, 960));
  CHECK(rms(out, 4800 + 19200, 960) > 0.9 * rms(quiet, 19200, 960));
  CHECK(std::memcmp(out.data() + 76800, x.data() + 76800, 24000 * sizeof(float)) == 0);
}

TEST_CASE("the limiter does the same in blocks of any size") {
  auto x = sine(60.0, 0.7F, 20000);
  for (std::size_t i = 3333; i < 9000; ++i) x[i] *= 3.0F;
  const auto whole = limited(x, 20000);
  for (const int block : {1, 7, 64, 500}) CHECK(limited(x, block) == whole);
}
