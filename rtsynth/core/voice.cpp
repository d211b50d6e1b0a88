#include "voice.h"

#include <algorithm>
#include <cmath>

namespace rtsynth {
namespace {

constexpr float kKeySpread = 0.15F;  // pan of the lowest and the highest key
// Quiet frames after which a note ends: a slow attack or a gap must not end it.
constexpr int kQuietReleasedFrames = 8;
constexpr int kQuietHeldFrames = 94;        // half a second
constexpr float kSoftDb = -4.0F;            // of the soft pedal, all the way down
constexpr float kLog2PerDb = 0.166096405F;  // log2(10) / 20
}  // namespace

void Voice::prepare(const VoiceContext& context) {
  context_ = context;
  vocoder_.prepare(context.rate_hz, *context.kernels, *context.noise);
  reader_.prepare(*context.takes, *context.kernels);
  envelope_.prepare(context.rate_hz);
  hop_samples_ = context.rate_hz / kFrameRateHz;
}

void Voice::start(const NoteOn& note, const Channel& channel, std::int64_t now) RT_SAFE {
  note_ = note;
  own_id_ = take_of(note.timbre, note.place.key, static_cast<int>(note.velocity));
  base_key_ = note.place.key;
  key_hz_ = 440.0 * std::exp2((base_key_ - 69) / 12.0);
  const float velocity = note.velocity / 127.0F;
  velocity_gain_ = velocity * velocity * note.gain;  // contract.velocity_gain_db
  if (note.soft > 0.0F) velocity_gain_ *= std::exp2(kSoftDb * kLog2PerDb * note.soft);
  spread_ = kKeySpread * static_cast<float>(note.key - 64) / 64.0F;
  pan_ = 2.0F;
  active_ = true;
  sounded_ = own_traced_ = false;
  frame_ = skipped_ = 0;
  onset_ = now;
  trace_ = context_.trace->begin(note.channel * 128 + note.key, note.due);
  envelope_.start(now);
  key_pressure_.set(0.0F);
  expression_.reset();
  started_ = now;
  said_gain_ = 1.0F;
  said_pan_ = 0.0F;
  begun_turn_ = channel.heard().vibrato_turn;
  offset_.set(note.place.semitones + note.glide_from);
  if (note.glide_from != 0.0F) aim_pitch(note.place, note.glide_s, now);
  follow(channel, now);
  int take = context_.takes->pin(own_id_);
  own_ = take != TakeStore::kNone;
  middle_ = false;
  (own_ ? context_.counters->cache_hits : context_.counters->cache_misses).add();
  if (!own_) take = context_.takes->pin_nearest(own_id_);
  gain_left_ = gain_right_ = {};
  gain_since_ = now;
  if (take != TakeStore::kNone) begin(take, now);
  ask_ahead(now);
  aim_gain(channel, now);
  add_noise(now);
}

/// Frame 0 of a take sounds from `now`.
void Voice::begin(int take, std::int64_t now) RT_SAFE {
  const std::uint64_t seed = hash_bits(context_.seed ^ hash_bits(note_.serial));
  onset_ = now;
  envelope_.start(now);
  gain_left_ = gain_right_ = {};
  gain_since_ = now;
  quiet_frames_ = 0;
  if (own_) trace_own(now);
  reader_.start(take, seed);
  vocoder_.set_partials(reader_.tuning());
  Frame first;
  read(first);
  vocoder_.tilt_to(tilt_);
  vocoder_.start(draw_variation(seed, context_.variation, *context_.kernels), key_hz_, bend_, first,
                 now);
  frame_ = 1;
  if (reader_.advance()) ++late_frames_;
  next_frame_at_ = now + boundary(frame_);
  aim_frame(now);
}

void Voice::aim_frame(std::int64_t now) RT_SAFE {
  if (reader_.retuned()) vocoder_.set_partials(reader_.tuning());
  Frame target;
  read(target);
  vocoder_.tilt_to(tilt_);
  vocoder_.ramp_to(target, static_cast<int>(next_frame_at_ - now), loudness(now), now);
}

void Voice::next_frame(std::int64_t now) RT_SAFE {
  vocoder_.finish_ramp();
  ++frame_;
  if (reader_.advance()) ++late_frames_;
  next_frame_at_ = onset_ + boundary(frame_);
  aim_frame(now);
  quiet_frames_ = level(now) < kInaudible ? quiet_frames_ + 1 : 0;
}

float Voice::level(std::int64_t now) const RT_SAFE {
  if (!reader_.active()) return 0.0F;
  return vocoder_.level() * loudness(now);
}

/// What the vocoder's sound is multiplied with from here on, at most.
float Voice::loudness(std::int64_t now) const RT_SAFE {
  const float boost = context_.boost->load(std::memory_order_relaxed);
  // A host that turns a note down to nothing may turn it up again: it has to go on.
  return velocity_gain_ * lift_ * std::max(said_gain_, 1.0F) * envelope_.fall(now) * boost;
}

void Voice::tick(const Channel& channel, std::int64_t now) RT_SAFE {
  report_late();
  if (finished(now)) {
    stop();
    return;
  }
  follow(channel, now);
  if (own_ && !context_.takes->is_current(reader_.take(), own_id())) {
    own_ = middle_ = false;
  }
  if (!own_) look_for_own(now);
  ask_ahead(now);
  if (reader_.active()) vocoder_.bend_to(bend_, now);
  aim_gain(channel, now);
  add_noise(now);
}

bool Voice::finished(std::int64_t now) const RT_SAFE {
  if (envelope_.fading() && envelope_.fall(now) <= 0.0F) return true;
  if (!reader_.active()) return envelope_.released() || envelope_.fading();
  return quiet_frames_ >= (envelope_.released() ? kQuietReleasedFrames : kQuietHeldFrames);
}

/// Goes over to the note's own take as soon as the frame that is due is in it: after a miss, and
/// when the generator made its timbre anew.
void Voice::look_for_own(std::int64_t now) RT_SAFE {
  const TakeStore::Place place = pin_own();
  if (place.take == TakeStore::kNone) return;
  own_ = true;
  middle_ = place.middle;
  if (!reader_.active()) {
    begin(place.take, now);
    return;
  }
  trace_own(now);
  context_.counters->arrivals.add();
  reader_.crossfade_to(place.take, place.frame, kArrivalFrames);
  aim_frame(now);  // from the middle of a ramp: heard at once
}

void Voice::trace_own(std::int64_t now) RT_SAFE {
  if (!own_traced_) context_.trace->first_own(trace_, now);
  own_traced_ = true;
}

/// What its noise will be at the next tick.
void Voice::add_noise(std::int64_t now) RT_SAFE {
  if (!reader_.active()) return;
  const std::int64_t tick = (now / kTickSamples + 1) * kTickSamples;
  const auto index = static_cast<int>(tick - gain_since_);
  NoiseShare share = vocoder_.noise(tick, now);
  share.left = gain_left_.line().at(index);
  share.right = gain_right_.line().at(index);
  share.channel = static_cast<std::size_t>(note_.channel);
  context_.noise_bus->add(share);
}

void Voice::release(const Channel& channel, std::int64_t now, float speed, float db_per_s) RT_SAFE {
  envelope_.release(now, std::min(speed * release_db_per_s(), db_per_s));
  aim_gain(channel, now);
}

void Voice::damp(const Channel& channel, std::int64_t now, float part) RT_SAFE {
  envelope_.damp(now, part * release_db_per_s());
  aim_gain(channel, now);
}

void Voice::fade(const Channel& channel, std::int64_t now, double seconds) RT_SAFE {
  envelope_.fade(now, seconds);
  aim_gain(channel, now);
}

void Voice::resume(const Channel& channel, std::int64_t now, std::int64_t missed) RT_SAFE {
  onset_ += missed;
  next_frame_at_ += missed;
  gain_since_ += missed;
  if (reader_.active()) aim_frame(now);
  aim_gain(channel, now);
}

void Voice::stop() RT_SAFE {
  report_late();
  reader_.stop();
  active_ = false;
}

void Voice::render(float* left, float* right, int samples, std::int64_t now) RT_SAFE {
  if (!reader_.active()) return;
  if (!sounded_) {
    render_first(left, right, samples, now);
    return;
  }
  for (int done = 0; done < samples;) {
    const std::int64_t at = now + done;
    const auto to_frame = static_cast<int>(next_frame_at_ - at);
    const int run = std::min(samples - done, to_frame);
    vocoder_.render(gain_left_.line(), gain_right_.line(), static_cast<int>(at - gain_since_) + 1,
                    left + done, right + done, run, at);
    done += run;
    if (run == to_frame) next_frame(now + done);
  }
}

/// By itself, to see at which sample the note begins to sound.
void Voice::render_first(float* left, float* right, int samples, std::int64_t now) RT_SAFE {
  std::array<float, kTickSamples> own_left{};
  std::array<float, kTickSamples> own_right{};
  sounded_ = true;
  render(own_left.data(), own_right.data(), samples, now);
  sounded_ = false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i) {
    left[i] += own_left[i];
    right[i] += own_right[i];
    if (sounded_ || (own_left[i] == 0.0F && own_right[i] == 0.0F)) continue;
    sounded_ = true;
    context_.trace->first_sound(trace_, now + static_cast<std::int64_t>(i));
  }
}

}  // namespace rtsynth
