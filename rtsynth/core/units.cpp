#include "units.h"

#include "load_meter.h"

namespace rtsynth {
namespace {

constexpr int kLeastSamples = 16;  // a shorter segment is rendered before a worker is awake

}  // namespace

void Units::prepare(std::size_t voices, int threads, Counters& counters) {
  workers_.stop();
  counters_ = &counters;
  // Of each channel one unit may not be full.
  count_ = voices / Unit::kVoices + kChannels + kHeld * static_cast<std::size_t>(threads);
  units_ = std::make_unique<Unit[]>(count_);
  late_ = 0;
  workers_.start(threads, units_.get());
}

void Units::collect_all() {
  while (late_ != 0) {
    collect();
    relax();
  }
}

void Units::begin(int samples, std::int64_t now) RT_SAFE {
  samples_ = samples;
  now_ = now;
  end_ = 0;
  open_ = {};
  voices_ = 0;
}

std::uint16_t Units::add(Voice& voice, std::size_t channel) RT_SAFE {
  Unit*& open = open_[channel];
  if (open == nullptr || open->count == Unit::kVoices) {
    while (units_[end_].away) ++end_;
    open = &units_[end_++];
    open->count = 0;
    open->channel = channel;
    open->samples = samples_;
    open->now = now_;
  }
  open->voices[open->count++] = &voice;
  ++voices_;
  return static_cast<std::uint16_t>(open - units_.get());
}

bool Units::render(MixBuses& mix, const Sends& sends) RT_SAFE {
  const auto index = static_cast<int>(now_ % kTickSamples);
  const std::size_t late_before = late_;
  const bool shared = worth_workers();
  if (shared) render_with_workers();
  for (std::size_t i = 0; i < end_; ++i) {
    Unit& unit = units_[i];
    if (unit.away) continue;
    if (!shared) {
      unit.render();
    } else if (!finished(unit)) {
      continue;
    }
    mix.add(unit.left.data(), unit.right.data(), sends.lines(unit.channel), index, samples_);
  }
  return late_ != late_before;
}

bool Units::worth_workers() const RT_SAFE {
  return workers_.threads() != 0 && voices_ >= kLeastVoices && samples_ >= kLeastSamples;
}

/// Returns when no unit is left that nobody took.
void Units::render_with_workers() RT_SAFE {
  workers_.follow_caller();
  for (std::size_t i = 0; i < end_; ++i) {
    if (!units_[i].away) units_[i].state.store(Unit::State::kReady, std::memory_order_release);
  }
  workers_.wake(end_);
  for (std::size_t i = 0; i < end_; ++i) {
    if (units_[i].away || !units_[i].take()) continue;
    units_[i].render();
    units_[i].done();
  }
}

/// Spins while there is patience; a unit that is not finished then goes away.
bool Units::finished(Unit& unit) RT_SAFE {
  if (!unit.is_done()) {
    const std::int64_t begin_ns = now_ns();
    std::int64_t spun_ns = 0;
    while (!unit.is_done() && spun_ns < patience_ns_) {
      relax();
      spun_ns = now_ns() - begin_ns;
    }
    patience_ns_ -= spun_ns;
    if (!unit.is_done()) {
      unit.away = true;
      ++late_;
      counters_->units_late.add();
      return false;
    }
  }
  unit.state.store(Unit::State::kFree, std::memory_order_relaxed);
  return true;
}

void Units::collect() RT_SAFE {
  for (std::size_t i = 0; i < count_; ++i) {
    Unit& unit = units_[i];
    if (!unit.away || !unit.is_done()) continue;
    unit.away = false;
    unit.state.store(Unit::State::kFree, std::memory_order_relaxed);
    --late_;
  }
}

}  // namespace rtsynth
