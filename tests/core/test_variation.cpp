// Repeated notes differ a little, and a seed repeats them.
#include <doctest/doctest.h>

#include <cstring>

#include "helpers.h"
#include "variation.h"

using namespace rtsynth;

namespace {

/// Levels in dB of partial 1 and 8 of `notes` repetitions of a note.
std::vector<std::array<double, 2>> repeated(float variation, int notes) {
  auto engine = make_engine(8, kRate, 5, variation);
  TakeSpec spec;
  spec.level = [](int, std::size_t v) { return v == 0 || v == 7 ? 0.0F : -100.0F; };
  spec.release_db_per_s = -2000.0F;
  REQUIRE(put_take(engine->takes(), {0, 69, 7}, spec));
  std::vector<std::array<double, 2>> levels;
  for (int i = 0; i < notes; ++i) {
    REQUIRE(send(*engine, 0x90, 69, 127));
    const auto left = left_of(render(*engine, 12800));
    REQUIRE(send(*engine, 0x80, 69, 0));
    render(*engine, 6400);
    const auto level = [&left](double hz) {
      const auto [re, im] = probe(left, 3200, 9600, hz);
      return to_db(std::hypot(re, im));
    };
    levels.push_back({level(440.0), level(3520.0)});
  }
  return levels;
}

double deviation(const std::vector<double>& values) {
  double sum = 0.0, squares = 0.0;
  for (const double v : values) {
    sum += v;
    squares += v * v;
  }
  const auto n = static_cast<double>(values.size());
  return std::sqrt(squares / n - sum / n * (sum / n));
}

}  // namespace

TEST_CASE("draws: a function of the seed, as far apart as is meant, never far off") {
  std::vector<double> cents, gains, firsts, tops;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const Variation drawn = draw_variation(hash_bits(seed), 1.0F, best_kernels());
    const double gain_db = to_db(drawn.shade[kPartials]);
    CHECK(drawn.shade[kPartials] == drawn.shade[kFrameLevels - 1]);  // noise has the gain alone
    cents.push_back(drawn.cents);
    gains.push_back(gain_db);
    firsts.push_back(to_db(drawn.shade[0]) - gain_db);
    tops.push_back(to_db(drawn.shade[127]) - gain_db);
    CHECK(std::abs(drawn.cents) <= 1.5F);
    const auto [least, most] = std::minmax_element(drawn.shade.begin(), drawn.shade.end());
    CHECK(to_db(*least) > -3.5);
    CHECK(to_db(*most) < 3.5);
  }
  CHECK(deviation(cents) == doctest::Approx(0.6).epsilon(0.08));
  CHECK(deviation(gains) == doctest::Approx(0.3).epsilon(0.08));
  CHECK(deviation(firsts) == doctest::Approx(0.4).epsilon(0.08));
  CHECK(deviation(tops) > 1.2);  // the tilt's limit and the partial's own
  CHECK(deviation(tops) < 1.6);
  const Variation one = draw_variation(7, 1.0F, best_kernels());
  const Variation two = draw_variation(7, 1.0F, best_kernels());
  CHECK(one.seed == two.seed);
  CHECK(one.cents == two.cents);
  CHECK(std::memcmp(&one.shade, &two.shade, sizeof(Amplitudes)) == 0);
}

TEST_CASE("without variation a note is exactly its frames") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Variation drawn = draw_variation(seed, 0.0F, best_kernels());
    CHECK(drawn.cents == 0.0F);
    CHECK(std::count(drawn.shade.begin(), drawn.shade.end(), 1.0F) == int{kFrameLevels});
  }
  const auto levels = repeated(0.0F, 3);
  for (const auto& level : levels) {
    CHECK(level[0] == doctest::Approx(levels[0][0]).epsilon(1e-4));
    CHECK(level[1] == doctest::Approx(levels[0][1]).epsilon(1e-4));
  }
}

TEST_CASE("repeated notes differ a little in level and brightness, and a seed repeats them") {
  const auto levels = repeated(1.0F, 24);
  std::vector<double> first, brightness;
  for (const auto& level : levels) {
    first.push_back(level[0]);
    brightness.push_back(level[1] - level[0]);
  }
  CHECK(deviation(first) > 0.2);
  CHECK(deviation(first) < 1.0);
  CHECK(deviation(brightness) > 0.5);
  CHECK(deviation(brightness) < 2.5);
  CHECK(repeated(1.0F, 24) == levels);
}
