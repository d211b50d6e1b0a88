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

constexpr std::size_t kPairs = kNoiseBands / 2;
// 0.75 to 1 s at 88.2 kHz, longer than an ear remembers noise; products of 2, 3 and 5 for the
// Fourier transform. Bands b and b + 16 share a length (they come from one transform).
constexpr std::array<int, kPairs> kLengths = {60000, 60750, 61440, 62208, 62500, 64000,
                                              64800, 65536, 67500, 69120, 69984, 72000,
                                              73728, 75000, 77760, 80000};

/// Discrete Fourier transform by recursion on the factors 4, 2, 3, 5 (Cooley-Tukey).
class Fourier {
 public:
  explicit Fourier(int n) : n_(n), turns_(static_cast<std::size_t>(n)) {
    for (int i = 0; i < n; ++i) {
      turns_[static_cast<std::size_t>(i)] = std::polar(1.0, 2.0 * std::numbers::pi * i / n);
    }
  }
  void transform(const Complex* in, Complex* out) const { recurse(in, out, n_, 1); }

 private:
  void recurse(const Complex* in, Complex* out, int n, int stride) const {
    if (n == 1) {
      *out = *in;
      return;
    }
    const int p = n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : n % 3 == 0 ? 3 : 5;
    const int m = n / p;
    for (int q = 0; q < p; ++q) recurse(in + q * stride, out + q * m, m, stride * p);
    for (int k = 0; k < m; ++k) butterfly(out + k, p, m, k, stride);
  }
  void butterfly(Complex* out, int p, int m, int k, int stride) const {
    std::array<Complex, 5> part{};
    for (int q = 0; q < p; ++q)
      part[static_cast<std::size_t>(q)] = out[q * m] * turn(q * k * stride);
    for (int r = 0; r < p; ++r) {
      Complex sum = part[0];
      for (int q = 1; q < p; ++q) {
        sum +=
            part[static_cast<std::size_t>(q)] * turn(static_cast<std::int64_t>(q) * r * (n_ / p));
      }
      out[r * m] = sum;
    }
  }
  [[nodiscard]] Complex turn(std::int64_t i) const {
    return turns_[static_cast<std::size_t>(i % n_)];
  }

  int n_;
  std::vector<Complex> turns_;
};

/// A complex Gaussian number of unit variance (Box-Muller).
Complex gaussian(std::uint64_t seed) {
  const double u = (static_cast<double>(hash_bits(seed) >> 11) + 1.0) * 0x1p-53;
  const double v = static_cast<double>(hash_bits(seed ^ 0x5851F42D4C957F2DULL) >> 11) * 0x1p-53;
  return std::polar(std::sqrt(-std::log(u)), 2.0 * std::numbers::pi * v);
}

/// Adds `factor` times the two-sided spectrum of a real noise of RMS `level` in a band.
void add_band(std::vector<Complex>& spectrum, std::size_t band, double rate_hz, Complex factor) {
  const auto n = static_cast<double>(spectrum.size());
  const double low_hz = noise_edge_hz(band);
  const double high_hz = noise_edge_hz(band + 1);
  const double top_hz = std::min(high_hz, kTopOfRate * rate_hz);
  if (top_hz <= low_hz) return;
  const double level = std::sqrt((top_hz - low_hz) / (high_hz - low_hz));
  const auto first = static_cast<std::size_t>(std::max(1.0, std::ceil(low_hz * n / rate_hz)));
  const auto last = std::max(static_cast<std::size_t>(std::ceil(top_hz * n / rate_hz)), first + 1);
  double power = 0.0;
  for (std::size_t i = first; i < last; ++i) power += 2.0 * std::norm(gaussian(band << 32 | i));
  const double scale = level / std::sqrt(power);
  for (std::size_t i = first; i < last; ++i) {
    const Complex value = scale * gaussian(band << 32 | i);
    spectrum[i] += factor * value;
    spectrum[spectrum.size() - i] += factor * std::conj(value);
  }
}

/// Two bands from one transform: one in the real part, one in the imaginary part.
void make_pair_of_bands(NoiseTables& tables, std::size_t pair, double rate_hz) {
  const int length = kLengths[pair];
  std::vector<Complex> spectrum(static_cast<std::size_t>(length));
  std::vector<Complex> wave(spectrum.size());
  add_band(spectrum, pair, rate_hz, {1.0, 0.0});
  add_band(spectrum, pair + kPairs, rate_hz, {0.0, 1.0});
  Fourier(length).transform(spectrum.data(), wave.data());
  for (const std::size_t band : {pair, pair + kPairs}) {
    if (noise_edge_hz(band) >= kTopOfRate * rate_hz) continue;
    auto& samples = tables.bands[band].samples;
    samples.resize(wave.size() + kTickSamples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Complex value = wave[i % wave.size()];
      samples[i] = static_cast<float>(band == pair ? value.real() : value.imag());
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
    for (std::size_t pair = 0; pair < kPairs; ++pair) make_pair_of_bands(*tables, pair, rate_hz);
    entry = std::move(tables);
  }
  return entry;
}

}  // namespace rtsynth
