#include "noise.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <map>
#include <mutex>
#include <numbers>

namespace rtsynth {
namespace {

using Complex = std::complex<double>;
using Values = std::vector<double>;

constexpr std::size_t kPairs = kNoiseBands / 2;
// 0.75 to 1 s at 88.2 kHz, longer than an ear remembers noise; products of 2, 3 and 5 for the
// Fourier transform. Bands b and b + 16 share a length (they come from one transform).
constexpr std::array<int, kPairs> kLengths = {60000, 60750, 61440, 62208, 62500, 64000,
                                              64800, 65536, 67500, 69120, 69984, 72000,
                                              73728, 75000, 77760, 80000};

/// Inverse Fourier transform in place, without a factor: Stockham's order of passes (each reads in
/// long strides and writes in order, so nothing is permuted), by the factors 4, 2, 3 and 5.
class Fourier {
 public:
  /// Plans transforms of n values; memory is kept from one length to the next.
  void plan(std::size_t n) {
    n_ = n;
    for (Values* values : {&re_, &im_, &turn_re_, &turn_im_}) values->resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
      turn_re_[i] = std::cos(angle);
      turn_im_[i] = std::sin(angle);
    }
  }

  void transform(Values& re, Values& im) {
    std::size_t done = 1;  // transforms of this length are there
    for (std::size_t left = n_; left > 1;) {
      const std::size_t p = left % 4 == 0 ? 4 : left % 2 == 0 ? 2 : left % 3 == 0 ? 3 : 5;
      left /= p;
      p == 4   ? pass<4>(re, im, left, done)
      : p == 2 ? pass<2>(re, im, left, done)
      : p == 3 ? pass<3>(re, im, left, done)
               : pass<5>(re, im, left, done);
      done *= p;
      re.swap(re_);
      im.swap(im_);
    }
  }

 private:
  /// `left * done` sums of kP values each; the inner loop is the one that is vectorised.
  template <std::size_t kP>
  void pass(const Values& re, const Values& im, std::size_t left, std::size_t done) {
    for (std::size_t k = 0; k < left; ++k) {
      for (std::size_t r = 0; r < kP; ++r) {
        std::array<double, kP> c, s;  // of value q: its turn in the sum, and the sum's own
        for (std::size_t q = 0; q < kP; ++q) {
          const std::size_t sum = (q * r % kP) * (n_ / kP) + k * r * done;
          const std::size_t turn = sum < n_ ? sum : sum - n_;
          c[q] = turn_re_[turn];
          s[q] = turn_im_[turn];
        }
        const double* from_re = re.data() + done * k;
        const double* from_im = im.data() + done * k;
        double* __restrict to_re = re_.data() + done * (kP * k + r);
        double* __restrict to_im = im_.data() + done * (kP * k + r);
        for (std::size_t j = 0; j < done; ++j) {
          double sum_re = 0.0, sum_im = 0.0;
          for (std::size_t q = 0; q < kP; ++q) {
            const std::size_t at = j + q * left * done;
            sum_re += c[q] * from_re[at] - s[q] * from_im[at];
            sum_im += c[q] * from_im[at] + s[q] * from_re[at];
          }
          to_re[j] = sum_re;
          to_im[j] = sum_im;
        }
      }
    }
  }

  std::size_t n_ = 0;
  Values re_, im_;
  Values turn_re_, turn_im_;
};

/// A complex Gaussian number of unit variance (Box-Muller).
Complex gaussian(std::uint64_t seed) {
  const double u = (static_cast<double>(hash_bits(seed) >> 11) + 1.0) * 0x1p-53;
  const double v = static_cast<double>(hash_bits(seed ^ 0x5851F42D4C957F2DULL) >> 11) * 0x1p-53;
  return std::polar(std::sqrt(-std::log(u)), 2.0 * std::numbers::pi * v);
}

/// Adds `factor` times the two-sided spectrum of a real noise of RMS `level` in a band.
void add_band(Values& re, Values& im, std::size_t band, double rate_hz, Complex factor) {
  const auto n = static_cast<double>(re.size());
  const double low_hz = noise_edge_hz(band);
  const double high_hz = noise_edge_hz(band + 1);
  const double top_hz = std::min(high_hz, kTopOfRate * rate_hz);
  if (top_hz <= low_hz) return;
  const double level = std::sqrt((top_hz - low_hz) / (high_hz - low_hz));
  const auto first = static_cast<std::size_t>(std::max(1.0, std::ceil(low_hz * n / rate_hz)));
  const auto last = std::max(static_cast<std::size_t>(std::ceil(top_hz * n / rate_hz)), first + 1);
  std::vector<Complex> values;
  double power = 0.0;
  for (std::size_t i = first; i < last; ++i) {
    values.push_back(gaussian(band << 32 | i));
    power += 2.0 * std::norm(values.back());
  }
  const double scale = level / std::sqrt(power);
  const auto add = [&re, &im](std::size_t at, Complex value) {
    re[at] += value.real();
    im[at] += value.imag();
  };
  for (std::size_t i = first; i < last; ++i) {
    const Complex value = scale * values[i - first];
    add(i, factor * value);
    add(re.size() - i, factor * std::conj(value));
  }
}

struct Workspace {
  Fourier fourier;
  Values re, im;
};

/// Two bands from one transform: one in the real part, one in the imaginary part.
void make_pair_of_bands(NoiseTables& tables, std::size_t pair, double rate_hz, Workspace& work) {
  const int length = kLengths[pair];
  Values& re = work.re;
  Values& im = work.im;
  re.assign(static_cast<std::size_t>(length), 0.0);
  im.assign(re.size(), 0.0);
  add_band(re, im, pair, rate_hz, {1.0, 0.0});
  add_band(re, im, pair + kPairs, rate_hz, {0.0, 1.0});
  work.fourier.plan(re.size());
  work.fourier.transform(re, im);
  for (const std::size_t band : {pair, pair + kPairs}) {
    if (noise_edge_hz(band) >= kTopOfRate * rate_hz) continue;
    const Values& wave = band == pair ? re : im;
    auto& samples = tables.bands[band].samples;
    samples.resize(wave.size() + kTickSamples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = static_cast<float>(wave[i % wave.size()]);
    }
    tables.bands[band].length = length;
  }
}

}  // namespace

double noise_edge_hz(std::size_t edge) {
  const double top = std::log1p(kNoiseTopHz / kNoiseKneeHz);
  return kNoiseKneeHz * std::expm1(top * static_cast<double>(edge) / double{kNoiseBands});
}

std::shared_ptr<const NoiseTables> noise_tables(double rate_hz) {
  static std::mutex mutex;
  static std::map<double, std::shared_ptr<const NoiseTables>> made;
  const std::lock_guard lock(mutex);
  auto& entry = made[rate_hz];
  if (!entry) {
    auto tables = std::make_shared<NoiseTables>();
    Workspace work;
    for (std::size_t pair = 0; pair < kPairs; ++pair)
      make_pair_of_bands(*tables, pair, rate_hz, work);
    entry = std::move(tables);
  }
  return entry;
}

}  // namespace rtsynth
