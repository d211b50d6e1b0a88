#include "instance.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>

#include "audio_side.h"
#include "connection.h"
#include "parameter_values.h"
#include "preset_table.h"
#include "state.h"

namespace rtsynth::plugin {
namespace {

constexpr double kReleaseS = 10.0;      // of the slowest timbre, to silence
constexpr double kReverbFactor = 1.5;   // its time is that to -60 dB; silence is -90
constexpr double kAnswerS = 0.5;        // for the server to say what the state is
constexpr double kServerS = 60.0;       // for a server to start, once, before a bounce
constexpr double kPlainRateHz = 48000;  // until the host says another one

double value_of(const SavedState& state, std::string_view name) {
  const auto found = std::ranges::find(state.values, name, &std::pair<std::string, double>::first);
  return found != state.values.end() ? found->second : 0.0;
}

}  // namespace

struct Instance::Parts {
  explicit Parts(const Setup& its_setup) : setup(its_setup) {}

  void say(const char* line) const {
    if (setup.log != nullptr) setup.log(setup.context, line);
  }
  void call(void (*news)(void* context)) const {
    if (news != nullptr) news(setup.context);
  }
  bool start(double rate_hz);
  void connect();
  void apply(const SavedState& state);
  void load_preset(std::string_view name);
  [[nodiscard]] DeskState ask();
  [[nodiscard]] bool is_pending(std::size_t place, const DeskState& known) const;
  void wait_for_server();

  Setup setup;
  ParameterValues values;
  DeskState desk;  // [main] until there is a connection that keeps it
  std::atomic<bool> is_offline{false};
  bool gave_up = false;                    // [audio, offline] there was no server to wait for
  std::unique_ptr<AudioSide> audio;        // from the first activate() on
  std::unique_ptr<Connection> connection;  // likewise; the last one: its thread ends first
};

/// What a host only looks at takes no memory and needs no server: so not before it is to play.
bool Instance::Parts::start(double rate_hz) {
  try {
    if (audio) {
      audio->set_rate(rate_hz);
    } else {
      audio = std::make_unique<AudioSide>(values, rate_hz, setup.arena_bytes);
    }
    if (!connection) connect();
    return true;
  } catch (const std::exception& fault) {
    say(one_line(fault.what()).c_str());
    return audio != nullptr;
  }
}

void Instance::Parts::connect() {
  Listener listener;
  listener.log = [this](const char* line) { say(line); };
  listener.greets = [this] { values.unsettle(); };
  listener.settled = [this] { values.settle(); };
  listener.edited = [this] {
    call(setup.edited);
    call(setup.awake);
  };
  listener.listed = [this] { call(setup.listed); };
  listener.awake = [this] { call(setup.awake); };
  listener.beat_ns = [this] { return audio->server_beat_ns(); };
  const Hello hello{static_cast<long>(::getpid()), setup.format, setup.host};
  connection =
      std::make_unique<Connection>(hello, audio->segment(), desk.desk, std::move(listener));
  if (!desk.preset.empty()) connection->load_preset(desk.preset);
}

/// A bounce may begin before the server has been started and has loaded its instrument.
void Instance::Parts::wait_for_server() {
  const bool there = connection && connection->wait_settled(gave_up ? 0.0 : kServerS);
  gave_up = !there;
}

void Instance::Parts::apply(const SavedState& state) {
  std::array<double, ParameterValues::kCount> wanted;
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = kHostParameters[i].preset;
  for (const auto& [name, value] : state.values) {
    if (const auto index = index_of(name)) wanted[static_cast<std::size_t>(*index)] = value;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool is_preset = wanted[i] == kHostParameters[i].preset;
    // Without a desk's state the timbre is as at the start, whatever place the host shows.
    const bool in_desk = ParameterValues::is_of_timbre(i) && (!state.desk.empty() || is_preset);
    if (in_desk || is_preset) {
      values.follow(i, wanted[i]);
    } else {
      values.set(i, wanted[i]);  // the desk keeps no controllers: a reset must bring them back
    }
    if (!in_desk) values.wait(i);
  }
}

/// The server has loaded it before it says what the state is.
void Instance::Parts::load_preset(std::string_view name) {
  desk.preset = name;
  values.give_way();
  if (!connection) return;
  values.unsettle();
  connection->load_preset(name);
}

DeskState Instance::Parts::ask() {
  if (connection) desk = connection->state(kAnswerS);
  return desk;
}

/// Whether the host set a parameter of which the desk's state does not know.
bool Instance::Parts::is_pending(std::size_t place, const DeskState& known) const {
  if (!values.is_by_host(place)) return false;
  if (!known.preset.empty()) return true;
  return ParameterValues::is_of_timbre(place) && (values.waits(place) || !known.is_new);
}

Instance::Instance(const Setup& setup) : parts_(std::make_unique<Parts>(setup)) {}
Instance::~Instance() = default;

bool Instance::activate(double rate_hz, int /*most_samples*/) {
  if (!parts_->start(rate_hz)) return false;
  parts_->audio->set_offline(parts_->is_offline.load());
  return parts_->audio->rate_hz() == rate_hz;
}

void Instance::deactivate() {
  if (parts_->audio) parts_->audio->stop();
}

void Instance::set_offline(bool on) {
  parts_->is_offline.store(on);
  if (parts_->audio) parts_->audio->set_offline(on);
}

bool Instance::offline() const RT_SAFE { return parts_->is_offline.load(); }

void Instance::process(const StereoOut& out, int samples, std::span<const HostEvent> events,
                       const Transport& /*transport*/) RT_SAFE {
  if (!parts_->audio) return fill_with_silence(out, samples);
  parts_->audio->process(out, samples, events);
}

void Instance::process_offline(const StereoOut& out, int samples, std::span<const HostEvent> events,
                               const Transport& transport) {
  if (!parts_->audio) return fill_with_silence(out, samples);
  parts_->wait_for_server();
  parts_->audio->process_offline(out, samples, events, transport);
}

void Instance::reset() RT_SAFE {
  if (parts_->audio) parts_->audio->reset();
}

bool Instance::next_moved(Moved& moved) RT_SAFE {
  return parts_->audio && parts_->audio->next_moved(moved);
}

bool Instance::sounds() const RT_SAFE { return parts_->audio && parts_->audio->sounds(); }

bool Instance::rings_out() const RT_SAFE { return parts_->audio && parts_->audio->rings_out(); }

double Instance::value(int index) const RT_SAFE {
  return parts_->values.get(static_cast<std::size_t>(index));
}

void Instance::set_value(int index, double value) {
  const auto place = static_cast<std::size_t>(index);
  if (parts_->values.repeats(place, value)) return;
  parts_->values.set(place, value);
  parts_->values.wait(place);
}

std::string Instance::save() {
  const DeskState known = parts_->ask();
  const ParameterValues& values = parts_->values;
  SavedState state;
  state.desk = known.desk;
  state.preset = known.preset;
  for (std::size_t i = 0; i < ParameterValues::kCount; ++i) {
    double value = values.standing(i);
    const bool is_told = i < known.values.size() && std::isfinite(known.values[i]);
    if (is_told && !values.is_by_host(i)) value = inside(kHostParameters[i], known.values[i]);
    state.values.emplace_back(kHostParameters[i].name, value);
    if (parts_->is_pending(i, known)) state.pending.emplace_back(kHostParameters[i].name);
  }
  return write_state(state);
}

bool Instance::load(std::string_view bytes) {
  SavedState state;
  const StateFault fault = read_state(bytes, state);
  if (fault != StateFault::kNone) {
    parts_->say(line_of(fault));
    return false;
  }
  ParameterValues& values = parts_->values;
  if (parts_->connection) values.unsettle();  // an answer to the state follows
  parts_->apply(state);
  parts_->desk = {state.desk, state.preset, {}, false};
  if (parts_->connection) parts_->connection->set_state(state.desk);
  if (!state.preset.empty()) parts_->load_preset(state.preset);
  for (const std::string& name : state.pending) {
    const auto index = index_of(name);
    if (!index) continue;
    values.set(static_cast<std::size_t>(*index), value_of(state, name));
    values.wait(static_cast<std::size_t>(*index));
  }
  return true;
}

std::vector<std::string> Instance::presets() const {
  if (parts_->connection && parts_->connection->connected()) return parts_->connection->presets();
  std::vector<std::string> names;
  for (const BundledPreset& each : kBundledPresets) names.emplace_back(each.name);
  return names;
}

void Instance::load_preset(std::string_view name) {
  if (!parts_->connection) static_cast<void>(parts_->start(kPlainRateHz));
  parts_->load_preset(name);
}

std::int64_t Instance::tail_samples() const RT_SAFE {
  constexpr std::size_t kReverbTime = place_of("reverb_time");
  const double seconds = kReleaseS + kReverbFactor * parts_->values.get(kReverbTime);
  const double rate_hz = parts_->audio ? parts_->audio->rate_hz() : kPlainRateHz;
  return static_cast<std::int64_t>(seconds * rate_hz);
}

}  // namespace rtsynth::plugin
