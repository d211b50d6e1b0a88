#include "engine.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace rtsynth {
namespace {

double checked_rate(double rate_hz) {
  if (!(rate_hz >= 8000.0 && rate_hz <= 384000.0)) {
    throw std::invalid_argument("the sample rate must lie within 8000..384000 Hz");
  }
  return rate_hz;
}

// Of a block the audio thread spins for this part at most until its workers are ready.
constexpr double kPatience = 0.25;
constexpr std::int64_t kOfflinePatienceNs = 60'000'000'000;

const EngineConfig& checked(const EngineConfig& config) {
  checked_rate(config.rate_hz);
  if (config.polyphony < 1 || config.polyphony > kMostPolyphony) {
    throw std::invalid_argument("the polyphony must lie within 1..4096");
  }
  if (config.render_threads < 0 || config.render_threads > Workers::kMost) {
    throw std::invalid_argument("the render threads must lie within 0..4");
  }
  if (!(config.variation >= 0.0F && config.variation <= 1.0F)) {
    throw std::invalid_argument("the variation must lie within 0..1");
  }
  return config;
}

}  // namespace

Engine::Engine(const EngineConfig& config)
    : Link(checked(config).arena_bytes, config.frames, config.memory), config_(config) {
  data().rate_hz.store(config.rate_hz);
  data().polyphony.store(config.polyphony);
  requests_.prepare(config.rate_hz, requests());
  tap_.prepare(config.rate_hz, counters());
  live_clock_.prepare(config.rate_hz);
  output_.prepare(config.rate_hz, counters(), peaks());
  effects_.prepare(config.rate_hz);
  noise_ = noise_tables(config.rate_hz);
  noise_bus_.prepare(best_kernels(), *noise_, config.seed);
  voices_.prepare(config.polyphony, config.render_threads, voice_context());
}

void Engine::set_rate(double rate_hz) {
  noise_ = noise_tables(checked_rate(rate_hz));
  config_.rate_hz = rate_hz;
  data().rate_hz.store(rate_hz);
  requests_.prepare(rate_hz, requests());
  live_clock_.prepare(rate_hz);
  output_.set_rate(rate_hz);
  effects_.prepare(rate_hz);
  noise_bus_.prepare(best_kernels(), *noise_, config_.seed);
  voices_.set_rate(voice_context());
}

void Engine::restart(std::int64_t clock) {
  set_rate(config_.rate_hz);
  voices_.restart(clock);
  output_.restart();
  clock_ = begun_ = clock;
  counters().clock_samples.set(clock);
  if (clock_ % kTickSamples != 0) tick();
}

VoiceContext Engine::voice_context() {
  VoiceContext context;
  context.rate_hz = config_.rate_hz;
  context.seed = config_.seed;
  context.variation = config_.variation;
  context.takes = &takes();
  context.requests = &requests_;
  context.counters = &counters();
  context.trace = &trace_;
  context.kernels = &best_kernels();
  context.noise = noise_.get();
  context.noise_bus = &noise_bus_;
  context.boost = &boost_;
  return context;
}

Engine::~Engine() = default;

void Engine::render(const StereoOut& out, int samples, const BlockInput& input) RT_SAFE {
  if (samples <= 0) return;
  const DenormalGuard guard;
  const std::int64_t begin_ns = now_ns();
  const double block_ns = 1e9 * samples / config_.rate_hz;
  voices_.units().set_patience(input.pace == Pace::kOffline
                                   ? kOfflinePatienceNs
                                   : static_cast<std::int64_t>(kPatience * block_ns));
  render_blocks(out, samples, input);
  counters().clock_samples.set(clock_);
  counters().block_samples.set(samples);
  load().add(now_ns() - begin_ns, block_ns);
  data().audio_beat_ns.store(begin_ns, std::memory_order_relaxed);
}

/// In segments that end where an event is due or a tick is: never longer than kTickSamples.
void Engine::render_blocks(const StereoOut& out, int samples, const BlockInput& input) RT_SAFE {
  std::span<const Event> events = input.events;
  const std::int64_t begin = clock_;
  const std::int64_t end = begin + samples;
  while (clock_ < end) {
    if (clock_ % kTickSamples == 0) tick();
    // What Python chose is there for the note that is scheduled for, or comes with, this sample.
    const std::int64_t next_played = take_events(data().played, input.live, begin);
    const std::int64_t next_scheduled = take_events(data().scheduled, input.live, begin);
    const std::int64_t next_brought = take_events(events, begin);
    const std::int64_t next_tick = (clock_ / kTickSamples + 1) * kTickSamples;
    const std::int64_t next = std::min({next_played, next_brought, next_scheduled, next_tick, end});
    render_segment(out, clock_ - begin, static_cast<int>(next - clock_));
    clock_ = next;
  }
}

void Engine::tick() RT_SAFE {
  takes().set_time(ticks_++);
  noise_bus_.tick();
  voices_.tick(clock_);
  effects_.tick();
  output_.tick();
}

/// Carries out what is due; returns when the queue's next event is.
std::int64_t Engine::take_events(Events& events, const LiveWindow& live,
                                 std::int64_t begin) RT_SAFE {
  while (const Event* event = events.peek()) {
    std::int64_t due = event->due == Event::kNow ? clock_ : event->due;
    if (event->live_ns > 0) {
      const std::int64_t offset = live.offset(event->live_ns);
      if (offset == kNotInThisBlock) return kNotInThisBlock;
      due = live.samples == 0 ? clock_ : begin + offset;
    }
    if (due > clock_) return due;
    carry_out(*event, due);
    events.pop();
  }
  return kNotInThisBlock;
}

/// The same of what came with the block.
std::int64_t Engine::take_events(std::span<const Event>& events, std::int64_t begin) RT_SAFE {
  while (!events.empty()) {
    const std::int64_t due = begin + events.front().due;
    if (due > clock_) return due;
    carry_out(events.front(), due);
    events = events.subspan(1);
  }
  return kNotInThisBlock;
}

void Engine::carry_out(const Event& event, std::int64_t due) RT_SAFE {
  if (!is_sound(event)) {
    counters().unsound_events.add();
    return;
  }
  switch (event.kind) {
    case Event::Kind::kMidi:
      voices_.message(event.status, event.data1, event.data2, due, clock_);
      break;
    case Event::Kind::kTimbre:
      if (event.change != Event::kAnyChange && event.change < carried_[event.status]) break;
      voices_.set_timbre(event.status, static_cast<int>(event.value));
      break;
    case Event::Kind::kProgram:
      carried_[event.status] = event.change;
      if (event.value >= 0.0F) voices_.set_program(event.status, static_cast<int>(event.value));
      break;
    case Event::Kind::kBendRange:
      voices_.set_bend_range(event.status, event.value);
      break;
    case Event::Kind::kGain:
      output_.set_gain(event.value, clock_ == begun_);
      boost_.store(std::max(event.value, 1.0F), std::memory_order_relaxed);
      break;
    case Event::Kind::kPanic:
      voices_.panic(clock_);
      effects_.silence();
      break;
    case Event::Kind::kParameter:
      set_parameter(static_cast<Parameter>(event.data1), event.status, event.value);
      break;
    case Event::Kind::kTune:
      voices_.tune(event.status, event.data1, event.value, event.data2 != 0);
      break;
    case Event::Kind::kVelocity:
      voices_.set_velocity(event.data1, event.value);
      break;
    case Event::Kind::kLayer:
      voices_.set_layer(event.status, event.data1, static_cast<LayerField>(event.data2),
                        event.value);
      break;
    case Event::Kind::kIgnore:
      voices_.ignore(event.status, event.data1, event.value != 0.0F, clock_);
      break;
    case Event::Kind::kReset:
      voices_.reset(clock_);
      break;
    case Event::Kind::kCarry:
      voices_.carry(event.status, event.data1, static_cast<int>(event.value));
      break;
    case Event::Kind::kNote:
      voices_.express(event.status, event.data1, static_cast<NoteField>(event.data2), event.value,
                      clock_);
      break;
  }
}

void Engine::set_parameter(Parameter parameter, int channel, float value) RT_SAFE {
  if (info_of(parameter).of_channel) {
    voices_.set_parameter(channel, parameter, value);
  } else if (parameter == Parameter::kVolume) {
    output_.set_volume(value, clock_ == begun_);
  } else if (parameter == Parameter::kBalance) {
    output_.set_balance(value, clock_ == begun_);
  } else {
    effects_.set(parameter, value);
  }
}

void Engine::render_segment(const StereoOut& out, std::int64_t at, int samples) RT_SAFE {
  MixBuses mix;
  mix.clear(samples);
  voices_.render(mix, samples, clock_);
  noise_bus_.render(mix, voices_.sends(), samples, clock_);
  effects_.render(mix, static_cast<int>(clock_ % kTickSamples), samples);
  float* left = mix.dry.left.data();
  float* right = mix.dry.right.data();
  output_.render(left, right, samples);
  tap_.write(left, right, samples, clock_);
  float* out_left = out.left + static_cast<std::size_t>(at) * out.stride;
  float* out_right = out.right + static_cast<std::size_t>(at) * out.stride;
  for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i) {
    out_left[i * out.stride] = left[i];
    out_right[i * out.stride] = right[i];
  }
}

}  // namespace rtsynth
