#include "null_device.h"

#include <chrono>
#include <stdexcept>

#include "pa_callback.h"

namespace rtsynth {
namespace {

constexpr int kMostSamples = 1 << 16;

}  // namespace

NullDevice::NullDevice(Engine& engine, int block_samples)
    : engine_(engine), block_samples_(block_samples) {
  if (block_samples < 1 || block_samples > kMostSamples) {
    throw std::invalid_argument("the block must lie within 1..65536 samples");
  }
  block_.resize(2 * static_cast<std::size_t>(block_samples));
}

void NullDevice::start() {
  if (running_.exchange(true)) return;
  thread_ = std::thread([this] { run(); });
}

void NullDevice::stop() {
  running_.store(false);
  if (thread_.joinable()) thread_.join();
}

void NullDevice::run() {
  using Clock = std::chrono::steady_clock;
  const double block_s = block_samples_ / engine_.config().rate_hz;
  const auto block =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(block_s));
  const auto begin = Clock::now();
  for (double count = 1.0; running_.load(std::memory_order_relaxed); count += 1.0) {
    const auto offset = std::chrono::duration<double>(count * block_s);
    const auto due = begin + std::chrono::duration_cast<Clock::duration>(offset);
    std::this_thread::sleep_until(due);
    float* out = block_.data();
    render_for_device(engine_, {out, out + 1, 2}, block_samples_,
                      Clock::now() > due + block ? 1 : 0);
  }
}

}  // namespace rtsynth
