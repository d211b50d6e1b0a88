// A Fourier transform for the tests.
#pragma once

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace rtsynth {

/// In place; the length is a power of two.
inline void transform(std::vector<std::complex<double>>& x) {
  const std::size_t n = x.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (std::size_t size = 2; size <= n; size *= 2) {
    const auto turn = std::polar(1.0, -2.0 * std::numbers::pi / static_cast<double>(size));
    for (std::size_t begin = 0; begin < n; begin += size) {
      std::complex<double> w = 1.0;
      for (std::size_t k = 0; k < size / 2; ++k, w *= turn) {
        const auto odd = w * x[begin + k + size / 2];
        x[begin + k + size / 2] = x[begin + k] - odd;
        x[begin + k] += odd;
      }
    }
  }
}

/// Powers of the bins below half the rate of `count` samples (a power of two) under a Hann window.
inline std::vector<double> powers(const std::vector<float>& samples, std::size_t first,
                                  std::size_t count) {
  std::vector<std::complex<double>> x(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double turn = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    const double window = 0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * turn);
    x[i] = window * static_cast<double>(samples[first + i]);
  }
  transform(x);
  std::vector<double> power(count / 2);
  for (std::size_t i = 0; i < power.size(); ++i) power[i] = std::norm(x[i]);
  return power;
}

}  // namespace rtsynth
