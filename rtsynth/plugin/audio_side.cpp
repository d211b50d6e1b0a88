#include "audio_side.h"

#include <algorithm>
#include <cmath>

#include "midi_status.h"
#include "pa_callback.h"

namespace rtsynth::plugin {
namespace {

constexpr std::size_t kGain = place_of("gain");
constexpr float kMostLevelDb = 60.0F;

EngineConfig config_of(double rate_hz, std::size_t arena_bytes) {
  EngineConfig config;
  config.rate_hz = rate_hz;
  config.arena_bytes = arena_bytes;
  config.memory = Link::Memory::kShared;
  return config;
}

/// Its message is heard by the server, which follows that, and never tells it back.
constexpr bool is_heard(std::size_t place) RT_SAFE { return place == ParameterValues::kProgram; }

/// What the server carries out holds from the moment on at which it has heard of it: timbres,
/// tunings, and whatever controllers were learned. It knows by then which notes are held.
bool is_of_server(const HostEvent& event) RT_SAFE {
  if (event.kind == EventKind::kExpression) return false;
  if (event.kind == EventKind::kMidi) return (event.bytes[0] & 0xF0) != kBendStatus;
  if (event.kind != EventKind::kParameter) return true;
  const auto place = static_cast<std::size_t>(event.index);
  if (event.index < 0 || place >= ParameterValues::kCount || place == kGain) return false;
  return kHostParameters[place].home == Home::kTurn || kHostParameters[place].home == Home::kDesk;
}

/// Its timbre slot is the one that the server said last.
bool changes_program(const HostEvent& event) RT_SAFE {
  if (event.kind == EventKind::kMidi) return (event.bytes[0] & 0xF0) == kProgramStatus;
  return event.kind == EventKind::kParameter &&
         event.index == static_cast<int>(ParameterValues::kProgram);
}

/// Controllers and registered parameters of all that the host automates, and a reset's.
constexpr std::size_t kMessagesOfParameters = 512;

StereoOut part_of(const StereoOut& out, int first) RT_SAFE {
  const auto at = static_cast<std::size_t>(first) * out.stride;
  return {out.left + at, out.right + at, out.stride};
}

/// How far a sample of the song is behind the tick before it.
std::int64_t tick_part(std::int64_t sample) RT_SAFE {
  constexpr std::int64_t kTick = kTickSamples;
  return (sample % kTick + kTick) % kTick;
}

bool begins_note(const HostEvent& event) RT_SAFE {
  if (event.kind == EventKind::kNoteOn) return true;
  return event.kind == EventKind::kMidi && (event.bytes[0] & 0xF0) == 0x90 && event.bytes[2] > 0;
}

}  // namespace

void fill_with_silence(const StereoOut& out, int samples) RT_SAFE {
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(samples, 0)); ++i) {
    out.left[i * out.stride] = out.right[i * out.stride] = 0.0F;
  }
}

AudioSide::AudioSide(ParameterValues& values, double rate_hz, std::size_t arena_bytes)
    : values_(values), engine_(config_of(rate_hz, arena_bytes)) {}

void AudioSide::set_rate(double rate_hz) {
  if (rate_hz != this->rate_hz()) engine_.set_rate(rate_hz);
}

void AudioSide::stop() {
  reset();
  engine_.restart(engine_.counters().clock_samples.get());
}

void AudioSide::set_offline(bool on) {
  engine_.data().offline.store(on);
  anchors_ = on;
}

/// What is due before the host's events of a block. Where blocks without samples have filled up the
/// room it waits on.
void AudioSide::begin() RT_SAFE {
  if (!block_.has_room()) return;
  follow_level();
  values_.take_untold([this](std::size_t place) RT_SAFE { tell(place, 0); });
  values_.take_waiting([this](std::size_t place) RT_SAFE { carry_out(place, 0); });
}

void AudioSide::follow_level() RT_SAFE {
  const float level_db = engine_.data().level_db.load(std::memory_order_relaxed);
  if (level_db == level_db_ || !(std::abs(level_db) <= kMostLevelDb)) return;
  level_db_ = level_db;
  block_.set_level_db(level_db);
  block_.add_parameter(kHostParameters[kGain], values_.get(kGain), 0);
}

void AudioSide::process(const StereoOut& out, int samples,
                        std::span<const HostEvent> events) RT_SAFE {
  const DenormalGuard guard;
  const auto await = [](const HostEvent&) RT_SAFE { return false; };
  play(0, samples, events, await, [&](int first, int count) RT_SAFE {
    render_for_device(engine_, part_of(out, first), count, 0, block_.all());
  });
}

void AudioSide::process_offline(const StereoOut& out, int samples,
                                std::span<const HostEvent> events, const Transport& transport) {
  const std::int64_t sample = transport.known ? transport.sample : 0;
  if (samples > 0) begin_song(transport.playing, sample);
  wait_.begin();
  wait_.for_room(events.size() + kMessagesOfParameters);
  const int lead = lead_of(sample, samples, events);
  const auto early = std::partition_point(
      events.begin(), events.end(), [lead](const HostEvent& each) { return each.sample < lead; });
  const auto count = static_cast<std::size_t>(early - events.begin());
  if (lead > 0) {
    fill_with_silence(out, lead);
    play_offline(out, 0, 0, events.first(count));
  }
  if (lead < samples || lead == 0)
    play_offline(out, lead, samples - lead, events.subspan(lead > 0 ? count : 0));
}

/// The engine begins anew where the song is; its clock does not go below 0, and counts ticks alike.
void AudioSide::anchor(std::int64_t sample) {
  engine_.restart(sample >= 0 ? sample : tick_part(sample));
}

/// How many samples of a block the engine stands still for: those before the song, up to the tick
/// in which the first note begins.
int AudioSide::lead_of(std::int64_t sample, int samples, std::span<const HostEvent> events) {
  if (!leads_) return 0;
  std::int64_t lead = std::min<std::int64_t>(-sample, samples);
  const auto note = std::find_if(events.begin(), events.end(), begins_note);
  if (note != events.end()) lead = std::min(lead, note->sample - tick_part(sample + note->sample));
  leads_ = lead == samples;
  lead = std::max<std::int64_t>(lead, 0);
  if (!leads_ && tick_part(sample + lead) != 0) anchor(sample + lead);
  return static_cast<int>(lead);
}

void AudioSide::play_offline(const StereoOut& out, int first, int samples,
                             std::span<const HostEvent> events) {
  const auto await = [this](const HostEvent& event) {
    if (changes_program(event)) wait_.for_earlier();
    return is_of_server(event);
  };
  if (values_.waits(ParameterValues::kProgram)) wait_.for_earlier();
  play(first, samples, events, await,
       [&](int at, int count) { render_offline(part_of(out, at), count); });
}

/// A part of a block, whose events all lie there: in pieces, each of which begins where the server
/// wants to be asked again.
void AudioSide::render_offline(const StereoOut& out, int samples) {
  std::span<Event> events = block_.all();
  for (int done = 0; done < samples;) {
    wait_.for_followers();
    engine_.carry_out_played();
    const int count = engine_.until_look(engine_.counters().clock_samples.get(), samples - done);
    const bool is_last = done + count == samples;
    std::size_t here = 0;
    while (here < events.size() && (is_last || events[here].due < done + count)) {
      events[here++].due -= done;
    }
    wait_.for_frames(events.first(here), count);
    engine_.render(part_of(out, done), count, {{}, events.first(here), Pace::kOffline});
    events = events.subspan(here);
    done += count;
  }
}

/// What an earlier song left standing is taken back. Hosts let plugins run before the song does:
/// what they send then belongs to it.
void AudioSide::begin_song(bool playing, std::int64_t sample) {
  const bool begins = playing && !rolled_;
  if (anchors_ ? rendered_ : begins && rolled_since_) reset();
  if (anchors_ || begins) {
    leads_ = playing && sample < 0;
    anchor(leads_ ? 0 : sample);
    anchors_ = false;
  }
  rolled_ = playing;
  rolled_since_ = rolled_since_ || rolled_;
}

/// Where events do not find room, in parts; offline in parts as well, each of which begins with
/// what the server carries out. Those of a block without samples wait for the next one.
template <class Await, class Render>
void AudioSide::play(int first, int samples, std::span<const HostEvent> events, const Await& await,
                     const Render& render) {
  int done = 0;
  int at = 0;
  const auto render_to = [&](int end) {
    render(first + done, end - done);
    block_.clear();
    done = end;
  };
  begin();
  for (const HostEvent& event : events) {
    const bool begins = await(event);
    at = std::clamp(event.sample - first, at, std::max(samples - 1, at));
    if (!block_.has_room()) {
      if (done >= samples) break;  // thousands of events at one sample
      render_to(std::min(std::max(at, done + 1), samples));
    } else if (begins && at > done) {
      render_to(at);
    }
    take(event, std::max(at - done, 0));
  }
  if (samples > done) render_to(samples);
  rendered_ = rendered_ || samples > 0;
}

void AudioSide::take(const HostEvent& event, int due) RT_SAFE {
  if (event.kind != EventKind::kParameter) return block_.add(event, due);
  const auto place = static_cast<std::size_t>(event.index);
  if (event.index < 0 || place >= ParameterValues::kCount || std::isnan(event.value)) return;
  if (values_.repeats(place, event.value)) return;
  values_.set(place, event.value);
  carry_out(place, due);
}

void AudioSide::carry_out(std::size_t place, int due) RT_SAFE {
  if (!is_heard(place)) tell(place, due);  // before its messages are heard: they are no news then
  block_.add_parameter(kHostParameters[place], values_.standing(place), due);
}

/// A server that reads nothing misses values, and hears the last one of each once it reads again.
void AudioSide::tell(std::size_t place, int due) RT_SAFE {
  const std::int64_t sample = engine_.counters().clock_samples.get() + due;
  if (!engine_.data().told.push(
          {static_cast<std::int32_t>(place), values_.standing(place), sample}))
    values_.tell_later(place);
}

/// What was set comes back with the next block.
void AudioSide::reset() RT_SAFE {
  block_.reset();
  values_.take_back();
  anchors_ = engine_.data().offline.load(std::memory_order_relaxed);
  rendered_ = rolled_since_ = false;
}

bool AudioSide::next_moved(Moved& moved) RT_SAFE {
  if (const auto place = values_.next_unshown()) {
    moved = {static_cast<int>(*place), values_.get(*place)};
    return true;
  }
  HostValues& queue = engine_.data().moved;
  while (const HostValue* next = queue.peek()) {
    const HostValue value = *next;  // it may be another process's
    queue.pop();
    const auto place = static_cast<std::size_t>(value.index);
    if (value.index < 0 || place >= ParameterValues::kCount || std::isnan(value.value)) continue;
    const double before = values_.get(place);
    if (value.sample == HostValue::kPlayed) {
      values_.play(place, value.value);
    } else if (!values_.is_newer_of_host(place)) {
      values_.follow(place, value.value);
    }
    moved = {value.index, values_.get(place)};
    if (moved.value != before) return true;
  }
  values_.heard_all();
  return false;
}

bool AudioSide::sounds() RT_SAFE {
  return waits() || engine_.counters().voices.get() > 0 || engine_.effects().active();
}

bool AudioSide::rings_out() RT_SAFE {
  return !waits() && engine_.counters().held.get() == 0 && sounds();
}

}  // namespace rtsynth::plugin
