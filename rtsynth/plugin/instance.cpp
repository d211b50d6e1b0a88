#include "instance.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "block_events.h"
#include "host_parameters.h"
#include "pa_callback.h"
#include "parameter_table.h"
#include "queue.h"
#include "state.h"

namespace rtsynth::plugin {
namespace {

constexpr std::size_t kCount = kHostParameters.size();
constexpr double kReleaseS = 10.0;  // of the slowest timbre, to silence

const int kReverbTimeIndex = index_of("reverb_time").value();

}  // namespace

struct Instance::Parts {
  explicit Parts(const Setup& its_setup) : setup(its_setup), engine(EngineConfig{}) {
    for (std::size_t i = 0; i < kCount; ++i) values[i].store(kHostParameters[i].preset);
  }

  void say(const char* line) const {
    if (setup.log != nullptr) setup.log(setup.context, line);
  }

  void keep(std::size_t index, double value) RT_SAFE {
    values[index].store(inside(kHostParameters[index], value), std::memory_order_relaxed);
  }
  /// [main] Carried out with the next block.
  void set(std::size_t index, double value) {
    keep(index, value);
    waiting[index].store(true, std::memory_order_relaxed);
    any_waiting.store(true, std::memory_order_release);
  }
  void carry_out_waiting() RT_SAFE {
    if (!any_waiting.exchange(false, std::memory_order_acquire)) return;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (!waiting[i].exchange(false, std::memory_order_relaxed)) continue;
      block.add_parameter(kHostParameters[i], values[i].load(std::memory_order_relaxed), 0);
    }
  }
  void take(const HostEvent& event, int due) RT_SAFE;
  void render(const StereoOut& out, int first, int samples, Pace pace) RT_SAFE;
  void process(const StereoOut& out, int samples, std::span<const HostEvent> events,
               Pace pace) RT_SAFE;

  Setup setup;
  Engine engine;
  BlockEvents block;  // [audio]
  std::array<std::atomic<double>, kCount> values;
  std::array<std::atomic<bool>, kCount> waiting{};
  std::atomic<bool> any_waiting{false};
  std::atomic<bool> is_offline{false};
  std::string desk;  // [main] its state as it was loaded
};

void Instance::Parts::take(const HostEvent& event, int due) RT_SAFE {
  if (event.kind != EventKind::kParameter) return block.add(event, due);
  const auto index = static_cast<std::size_t>(event.index);
  if (event.index < 0 || index >= kCount || std::isnan(event.value)) return;
  keep(index, event.value);
  block.add_parameter(kHostParameters[index], values[index].load(std::memory_order_relaxed), due);
}

void Instance::Parts::render(const StereoOut& out, int first, int samples, Pace pace) RT_SAFE {
  const auto at = static_cast<std::size_t>(first) * out.stride;
  const StereoOut part = {out.left + at, out.right + at, out.stride};
  if (pace == Pace::kDevice) {
    render_for_device(engine, part, samples, 0, block.all());
  } else {
    engine.render(part, samples, {{}, block.all(), pace});
  }
  block.clear();
}

/// Where events do not find room, in parts. Those of a block without samples wait for the next one.
void Instance::Parts::process(const StereoOut& out, int samples, std::span<const HostEvent> events,
                              Pace pace) RT_SAFE {
  const DenormalGuard guard;
  int done = 0;
  int at = 0;
  carry_out_waiting();
  for (const HostEvent& event : events) {
    at = std::clamp(event.sample, at, std::max(samples - 1, at));
    if (!block.has_room()) {
      const int part = std::min(std::max(at - done, 1), samples - done);
      if (part <= 0) break;  // thousands of events at one sample
      render(out, done, part, pace);
      done += part;
    }
    take(event, std::max(at - done, 0));
  }
  if (samples > done) render(out, done, samples - done, pace);
}

Instance::Instance(const Setup& setup) : parts_(std::make_unique<Parts>(setup)) {}
Instance::~Instance() = default;

void Instance::activate(double rate_hz, int /*most_samples*/) {
  if (parts_->engine.config().rate_hz != rate_hz) parts_->engine.set_rate(rate_hz);
}

void Instance::deactivate() { parts_->block.add_panic(0); }

void Instance::set_offline(bool on) { parts_->is_offline.store(on); }

bool Instance::offline() const RT_SAFE { return parts_->is_offline.load(); }

void Instance::process(const StereoOut& out, int samples, std::span<const HostEvent> events,
                       const Transport& /*transport*/) RT_SAFE {
  parts_->process(out, samples, events, Pace::kDevice);
}

void Instance::process_offline(const StereoOut& out, int samples, std::span<const HostEvent> events,
                               const Transport& /*transport*/) {
  parts_->process(out, samples, events, Pace::kOffline);
}

void Instance::reset() RT_SAFE { parts_->block.add_panic(0); }

bool Instance::next_moved(Moved& /*moved*/) RT_SAFE { return false; }

bool Instance::sounds() const RT_SAFE {
  return parts_->engine.counters().voices.get() > 0 || parts_->engine.effects().active();
}

double Instance::value(int index) const RT_SAFE {
  return parts_->values[static_cast<std::size_t>(index)].load(std::memory_order_relaxed);
}

void Instance::set_value(int index, double value) {
  parts_->set(static_cast<std::size_t>(index), value);
}

std::string Instance::save() {
  SavedState state;
  for (std::size_t i = 0; i < kCount; ++i) {
    state.values.emplace_back(kHostParameters[i].name, parts_->values[i].load());
  }
  state.desk = parts_->desk;
  return write_state(state);
}

bool Instance::load(std::string_view bytes) {
  SavedState state;
  const StateFault fault = read_state(bytes, state);
  if (fault != StateFault::kNone) {
    parts_->say(line_of(fault));
    return false;
  }
  parts_->desk = std::move(state.desk);
  for (std::size_t i = 0; i < kCount; ++i) parts_->set(i, kHostParameters[i].preset);
  for (const auto& [name, value] : state.values) {
    if (const auto index = index_of(name)) set_value(*index, value);
  }
  return true;
}

std::vector<std::string> Instance::presets() const { return {}; }

void Instance::load_preset(std::string_view /*name*/) {}

std::int64_t Instance::tail_samples() const RT_SAFE {
  const double seconds = kReleaseS + 3.0 * value(kReverbTimeIndex);
  return static_cast<std::int64_t>(seconds * parts_->engine.config().rate_hz);
}

}  // namespace rtsynth::plugin
