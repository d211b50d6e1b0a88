// Takes that are missing, late or at their end: the note goes on.
#include <doctest/doctest.h>

#include "helpers.h"

using namespace rtsynth;

namespace {

TakeSpec partial_spec(std::size_t partial, int pages) {
  TakeSpec spec;
  spec.pages = pages;
  spec.level = [partial](int, std::size_t v) { return v + 1 == partial ? 0.0F : -100.0F; };
  return spec;
}

std::vector<Request> requests_of(Engine& engine) {
  std::vector<Request> all;
  for (Request r; engine.requests().read(r);) all.push_back(r);
  return all;
}

}  // namespace

TEST_CASE("a missing take: the nearest sounds at once, at the right pitch, and its own follows") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 69, 7}, partial_spec(2, 8)));  // another key and layer
  REQUIRE(send(*engine, 0x90, 60, 100, 100));
  auto out = left_of(render(*engine, 24000));
  CHECK(first_sound(out) == 100 / 2);  // one side: half as many values
  const double hz = measure_hz(out, 4800, 19200, 2.0 * key_hz(60));
  CHECK(std::abs(cents(hz, 2.0 * key_hz(60))) < 0.1);
  CHECK(engine->counters().cache_misses.get() == 1);

  const auto requests = requests_of(*engine);
  REQUIRE_FALSE(requests.empty());
  CHECK(requests[0].take.key == 60);
  CHECK(requests[0].take.layer == 6);
  CHECK(requests[0].first_frame == 0);
  CHECK(requests[0].sounding);

  REQUIRE(put_take(engine->takes(), {0, 60, 6}, partial_spec(3, 8)));
  out = left_of(render(*engine, 9600));
  const auto [own_re, own_im] = probe(out, 4800, 4800, 3.0 * key_hz(60));
  const auto [old_re, old_im] = probe(out, 4800, 4800, 2.0 * key_hz(60));
  CHECK(std::hypot(own_re, own_im) > 100.0 * std::hypot(old_re, old_im));
  Trace::Row row;
  REQUIRE(engine->trace().read(row));
  CHECK(row.first_sound == 100);
  CHECK(row.first_own >= 24000);
  CHECK(row.first_own <= 24000 + kTickSamples);
}

TEST_CASE("its own frames fade in within four frames and without a click") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 50, 7}, partial_spec(1, 8)));
  REQUIRE(send(*engine, 0x90, 48, 127));
  const auto before = left_of(render(*engine, 10000));
  REQUIRE(put_take(engine->takes(), {0, 48, 7}, partial_spec(2, 8)));
  const auto after = left_of(render(*engine, 10000));
  CHECK(largest_step(after, 0, 10000) < 2.2F * largest_step(before, 5000, 5000));
  CHECK(std::abs(after[0] - before.back()) < 1.1F * largest_step(before, 5000, 5000));
}

TEST_CASE("with no take at all a note waits, and begins with frame 0 of its own") {
  auto engine = make_engine();
  REQUIRE(send(*engine, 0x90, 60, 100));
  auto out = render(*engine, 9600);
  CHECK(first_sound(out) == -1);
  CHECK(engine->counters().voices.get() == 1);
  TakeSpec spec = partial_spec(1, 1);
  spec.level = [](int frame, std::size_t v) { return v == 0 && frame < 2 ? 0.0F : -100.0F; };
  REQUIRE(put_take(engine->takes(), {0, 60, 6}, spec));
  out = render(*engine, 9600);
  CHECK(first_sound(out) == 0);  // 9600 is a tick
  CHECK(level_db(out, 0, 300) > -40.0);
  CHECK(level_db(out, 1000, 300) < -80.0);

  auto other = make_engine();
  REQUIRE(send(*other, 0x90, 60, 100));
  REQUIRE(send(*other, 0x80, 60, 0, 5000));
  render(*other, 9600);
  CHECK(other->counters().voices.get() == 0);
}

TEST_CASE("pages are asked for ahead, once, and again when they do not come") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, partial_spec(1, 1)));
  REQUIRE(send(*engine, 0x90, 60, 120));
  render(*engine, 64);
  auto requests = requests_of(*engine);
  REQUIRE(requests.size() == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(requests[static_cast<std::size_t>(i)].first_frame == (i + 1) * int{kPageFrames});
    CHECK_FALSE(requests[static_cast<std::size_t>(i)].sounding);
  }
  render(*engine, 4000);
  CHECK(requests_of(*engine).empty());
  render(*engine, 4800);  // 0.18 s: the page runs out
  requests = requests_of(*engine);
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].sounding);
  CHECK(engine->counters().late_frames.get() > 0);

  const auto late = engine->counters().late_frames.get();
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, partial_spec(1, 7), 1));
  const auto out = left_of(render(*engine, 24000));
  CHECK(engine->counters().late_frames.get() == late);
  CHECK(rms(out, 20000, 2000) > 0.01);
}

TEST_CASE("two voices on one take ask for its pages once") {
  auto engine = make_engine();
  REQUIRE(send(*engine, 0x90, 60, 120));
  REQUIRE(send(*engine, 0x91, 60, 120));
  render(*engine, 640);
  CHECK(requests_of(*engine).size() == 4);
}

TEST_CASE("a sustained note goes round for as long as it is held, a decaying one falls") {
  auto engine = make_engine();
  TakeSpec sustained;
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, sustained));
  REQUIRE(send(*engine, 0x90, 60, 127));
  render(*engine, 48000, 480);
  const auto early = render(*engine, 4800);
  auto out = render(*engine, 48000 * 30, 4800);
  CHECK(level_db(out, 48000 * 29, 40000) ==
        doctest::Approx(level_db(early, 0, 4800)).epsilon(0.01));
  const auto left = left_of(out);
  CHECK(largest_step(left, 0, left.size()) < 1.2F * largest_step(left_of(early), 0, 4800));
  CHECK(engine->counters().late_frames.get() == 0);
  CHECK(requests_of(*engine).empty());

  auto other = make_engine();
  TakeSpec decaying;
  decaying.tail_db_per_s = -12.0F;
  REQUIRE(put_take(other->takes(), {0, 60, 7}, decaying));
  REQUIRE(send(*other, 0x90, 60, 127));
  out = render(*other, 48000 * 14, 4800);
  const double first = level_db(out, 48000 * 10, 4800);
  CHECK(level_db(out, 48000 * 13, 4800) - first ==
        doctest::Approx(-12.0 * (13.05 - 10.923)).epsilon(0.03));
  render(*other, 48000 * 6, 4800);
  CHECK(other->counters().voices.get() == 0);  // it ended by itself
}

TEST_CASE("a note whose own frames die away ends though its key is held") {
  auto engine = make_engine();
  TakeSpec spec;
  spec.tail_db_per_s = -30.0F;
  spec.level = [](int frame, std::size_t v) {
    return v == 0 ? -0.5F * static_cast<float>(frame) : -100.0F;
  };
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, spec));
  REQUIRE(send(*engine, 0x90, 60, 127));
  render(*engine, 48000 * 3);
  CHECK(engine->counters().voices.get() == 0);
}

TEST_CASE("a slow attack does not end a note") {
  auto engine = make_engine();
  TakeSpec spec;
  spec.level = [](int frame, std::size_t v) { return v == 0 && frame >= 30 ? 0.0F : -100.0F; };
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, spec));
  REQUIRE(send(*engine, 0x90, 60, 127));
  CHECK(level_db(render(*engine, 24000), 12000, 4800) > -40.0);
}

TEST_CASE("a held note goes over to the new take when its timbre was dropped and made anew") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, partial_spec(1, 12)));
  REQUIRE(send(*engine, 0x90, 60, 127));
  render(*engine, 9600);
  CHECK(engine->takes().drop_timbre(0) == 1);  // still read
  CHECK(engine->takes().pages_of({0, 60, 7}) == 0);
  const auto old = left_of(render(*engine, 4800));
  CHECK(rms(old, 0, 4800) > 0.01);
  const auto requests = requests_of(*engine);
  REQUIRE_FALSE(requests.empty());
  CHECK(requests.front().first_frame == 0);
  CHECK(requests.front().sounding);
  REQUIRE(put_take(engine->takes(), {0, 60, 7}, partial_spec(2, 12)));
  const auto fresh = left_of(render(*engine, 9600));
  const auto [re, im] = probe(fresh, 4800, 4800, 2.0 * key_hz(60));
  CHECK(std::hypot(re, im) > 0.01);
  CHECK(largest_step(fresh, 0, 9600) < 2.2F * largest_step(old, 0, 4800));
  CHECK(engine->takes().drop_timbre(0) == 1);  // the old one was freed, the new one is read
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  render(*engine, 640);
  CHECK(engine->takes().drop_timbre(0) == 0);
  CHECK(engine->takes().used_bytes() == 0);
}

TEST_CASE("its own frames are heard from the next tick on, not from the next frame on") {
  constexpr int kArrival = 256 * 94 + 70;  // in the middle of a frame, not on a tick
  const auto played = [](bool arrives) {
    auto engine = make_engine();
    REQUIRE(put_take(engine->takes(), {0, 50, 7}, partial_spec(1, 8)));
    REQUIRE(send(*engine, 0x90, 48, 127));
    render(*engine, kArrival);
    if (arrives) REQUIRE(put_take(engine->takes(), {0, 48, 7}, partial_spec(2, 8)));
    return render(*engine, 256);
  };
  const auto with = played(true);
  const auto without = played(false);
  std::size_t first = 0;
  while (first < with.size() && with[first] == without[first]) ++first;
  CHECK(first / 2 <= 2 * kTickSamples);
}

TEST_CASE("a sustained note's jump back is a fade of eight frames, and gives its pins back") {
  auto engine = make_engine();
  TakeSpec spec;  // the part that is gone back to is 12 dB louder than the end
  spec.level = [](int frame, std::size_t v) {
    if (v != 0) return -100.0F;
    return frame < int{kTakeFrames} - 2 * kLoopFrames ? 0.0F : -12.0F;
  };
  REQUIRE(put_take(engine->takes(), {0, 81, 7}, spec));
  REQUIRE(send(*engine, 0x90, 81, 127));
  render(*engine, 256 * (kTakeFrames - kLoopFrames - 2), 4096);
  const auto out = render(*engine, 256 * 16);
  double last_db = level_db(out, 0, 256);
  for (std::size_t frame = 1; frame < 16; ++frame) {
    const double db = level_db(out, 256 * frame, 256);
    CHECK(db - last_db < 4.0);
    last_db = db;
  }
  CHECK(last_db - level_db(out, 0, 256) > 9.0);
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  render(*engine, 640);
  CHECK(engine->takes().drop_timbre(0) == 0);
}
