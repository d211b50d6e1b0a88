// A voice by itself: where it glides from, and how it goes over to another key.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

/// One voice and all that it needs; block by block as the engine would have it.
class Rig {
 public:
  Rig() {
    takes_.prepare(std::size_t{16} << 20);
    requests_.prepare(kRate, *queue_);
    noise_ = noise_tables(kRate);
    bus_.prepare(best_kernels(), *noise_, 1);
    channels.prepare(kRate);
    VoiceContext context;
    context.rate_hz = kRate;
    context.variation = 0.0F;
    context.takes = &takes_;
    context.requests = &requests_;
    context.counters = &counters;
    context.trace = &trace_;
    context.kernels = &best_kernels();
    context.noise = noise_.get();
    context.noise_bus = &bus_;
    context.boost = &boost_;
    voice.prepare(context);
  }
  void put(int key, const TakeSpec& spec) { REQUIRE(put_take(takes_, {0, key, 7}, spec)); }
  void start(NoteOn note) {
    note.velocity = 127;
    note.place = channels.place(0, note.key);
    voice.start(note, channels.at(0), clock_);
  }
  void move_to(int key, double seconds) {
    voice.move_to(key, channels.place(0, key), seconds, clock_);
  }
  [[nodiscard]] std::vector<float> render(int samples) {
    std::vector<float> left(static_cast<std::size_t>(samples));
    std::vector<float> right(left.size());
    for (int done = 0; done < samples; done += kTickSamples) {
      channels.tick();
      voice.tick(channels.at(0), clock_);
      voice.render(left.data() + done, right.data() + done, kTickSamples, clock_);
      clock_ += kTickSamples;
    }
    return left;
  }

  Channels channels;
  Voice voice;
  Counters counters;

 private:
  OwnTakes takes_;
  std::unique_ptr<RequestQueue> queue_ = std::make_unique<RequestQueue>();
  Requests requests_;
  Trace trace_;
  NoiseBus bus_;
  std::shared_ptr<const NoiseTables> noise_;
  std::atomic<float> boost_{1.0F};
  std::int64_t clock_ = 0;
};

double cents_at(const std::vector<float>& left, std::size_t first, std::size_t count, double hz) {
  return cents(measure_hz(left, first, count, hz), hz);
}

/// Keys have different partials, so that one hears whose take is played.
TakeSpec take_of_key(int partial, float tail_db_per_s = 0.0F) {
  TakeSpec spec;
  spec.tail_db_per_s = tail_db_per_s;
  spec.level = [partial](int frame, std::size_t v) {
    if (v == 0) return 0.0F;
    const bool attack = frame < 12 && v == 10;  // and a click at the onset
    return attack || static_cast<int>(v) + 1 == partial ? -6.0F : -100.0F;
  };
  return spec;
}

double level_at(const std::vector<float>& left, std::size_t first, std::size_t count, double hz) {
  const auto [re, im] = probe(left, first, count, hz);
  return to_db(std::hypot(re, im));
}

}  // namespace

TEST_CASE("a note glides from where it is told to, in the channel's time, whatever the way") {
  for (const float from : {-12.0F, 3.0F}) {
    Rig rig;
    rig.put(69, TakeSpec{});
    rig.channels.at(0).control(kPortamentoTime, 85);  // 0.51 s
    NoteOn note;
    note.key = 69;
    note.glide_from = from;
    const double glide_s = note.glide_s = rig.channels.at(0).portamento_s();
    CHECK(glide_s == doctest::Approx(0.005 * std::pow(1000.0, 85.0 / 127.0)));
    rig.start(note);
    const auto left = rig.render(48000);
    for (const double part : {0.1, 0.5, 0.9}) {
      const auto first = static_cast<std::size_t>(part * glide_s * kRate) - 480;
      const double hz = 440.0 * std::exp2(from * (1.0 - part) / 12.0);
      CAPTURE(part);
      CHECK(std::abs(cents_at(left, first, 960, hz)) < 12.0);
    }
    CHECK(std::abs(cents_at(left, 30000, 9600, 440.0)) < 0.1);
    CHECK(largest_step(left, 0, 24000) < 1.25F * largest_step(left, 30000, 9600));
  }
}

TEST_CASE("legato: the voice glides to the other key and goes over to its take, without attack") {
  Rig rig;
  rig.put(60, take_of_key(3));
  rig.put(64, take_of_key(5));
  NoteOn note;
  note.key = 60;
  rig.start(note);
  const auto before = rig.render(38400);
  CHECK(level_at(before, 19200, 9600, 3.0 * key_hz(60)) > -40.0);
  rig.move_to(64, 0.05);
  const auto after = rig.render(38400);
  CHECK(rig.voice.note().key == 64);
  CHECK(std::abs(cents_at(after, 9600, 9600, key_hz(64))) < 0.2);
  CHECK(std::abs(cents_at(after, 960, 960, key_hz(62))) < 80.0);  // on its way
  CHECK(level_at(after, 9600, 9600, 5.0 * key_hz(64)) > -40.0);
  CHECK(level_at(after, 9600, 9600, 3.0 * key_hz(64)) < -80.0);
  CHECK(level_at(after, 0, 9600, 11.0 * key_hz(64)) < -60.0);  // no attack
  CHECK(level_at(before, 0, 2048, 11.0 * key_hz(60)) > -40.0);
  CHECK(rig.counters.notes.get() == 0);
  CHECK(rig.counters.late_frames.get() == 0);
  for (std::size_t at = 0; at < 9000; at += 300)
    CHECK(rms(after, at, 300) > 0.5 * rms(before, 30000, 300));
}

TEST_CASE("legato without the other key's take: the own one goes on, moved, until it arrives") {
  Rig rig;
  rig.put(60, take_of_key(3));
  NoteOn note;
  note.key = 60;
  rig.start(note);
  const auto before = rig.render(19200);
  rig.move_to(64, 0.0);
  const auto moved = rig.render(19200);
  CHECK(level_at(moved, 4800, 9600, 3.0 * key_hz(64)) > -40.0);
  rig.put(64, take_of_key(5));
  const auto after = rig.render(19200);
  CHECK(level_at(after, 4800, 9600, 5.0 * key_hz(64)) > -40.0);
  CHECK(largest_step(after, 0, 4800) < 1.2F * largest_step(after, 9600, 9600));
}

TEST_CASE("legato on a decaying sound goes on as far into the other take as it was in its own") {
  Rig rig;
  TakeSpec spec;
  spec.tail_db_per_s = -30.0F;
  spec.level = [](int frame, std::size_t v) {
    return v == 0 ? -30.0F * static_cast<float>(frame) / static_cast<float>(kFrameRateHz) : -100.0F;
  };
  rig.put(60, spec);
  rig.put(64, spec);
  NoteOn note;
  note.key = 60;
  rig.start(note);
  (void)rig.render(48000);
  rig.move_to(64, 0.0);
  const auto after = rig.render(9600);
  Rig other;
  other.put(60, spec);
  other.start(note);
  (void)other.render(48000);
  const auto unmoved = other.render(9600);
  CHECK(std::abs(to_db(rms(after, 4800, 4800)) - to_db(rms(unmoved, 4800, 4800))) < 0.3);
}

TEST_CASE("the soft pedal makes a note softer and duller, a layer has its gain and pan") {
  TakeSpec spec;
  spec.level = [](int, std::size_t v) { return v == 0 || v == 7 ? 0.0F : -100.0F; };
  double first[2], eighth[2];
  for (const int soft : {0, 1}) {
    Rig rig;
    rig.put(57, spec);
    NoteOn note;
    note.key = 57;
    note.soft = static_cast<float>(soft);
    rig.start(note);
    const auto left = rig.render(19200);
    first[soft] = level_at(left, 4800, 9600, 220.0);
    eighth[soft] = level_at(left, 4800, 9600, 8.0 * 220.0);
  }
  CHECK(first[1] - first[0] == doctest::Approx(-4.0).epsilon(0.01));
  CHECK(eighth[1] - eighth[0] == doctest::Approx(-4.0 - 3.0 * 1.5).epsilon(0.01));
  Rig rig;
  rig.put(64, spec);
  NoteOn note;
  note.key = 64;
  note.gain = 0.5F;
  note.pan = 1.0F;
  rig.start(note);
  CHECK(rms(rig.render(9600), 0, 9600) < 1e-6);  // all of it is on the right
}
