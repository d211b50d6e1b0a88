// Render threads: the same samples whoever renders them, and a thread that is late costs no time.
#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "helpers.h"
#include "null_device.h"

using namespace rtsynth;

namespace {

#if defined(RTSYNTH_SANITIZED)
constexpr int kNotes = 165;
#else
constexpr int kNotes = 810;  // long enough to render for a worker to wake up meanwhile
#endif
constexpr int kLowKey = 30;
constexpr int kHighKey = kLowKey + kNotes / kSounding;

std::unique_ptr<Engine> engine_with(int threads, int polyphony = 2 * kNotes) {
  EngineConfig config;
  config.polyphony = polyphony;
  config.arena_bytes = std::size_t{16} << 20;
  config.seed = 1;
  config.render_threads = threads;
  auto engine = std::make_unique<Engine>(config);
  for (int key = kLowKey; key < kHighKey; ++key) {
    TakeSpec spec = key % 3 == 0 ? dense_spec() : lively_spec();
    spec.gain_db = -50.0F;
    spec.pages = key % 3 == 0 ? 1 : 4;  // some run out
    REQUIRE(put_take(engine->takes(), {0, key, 7}, spec));
  }
  return engine;
}

/// `kNotes` at once, of all keys on all channels.
void strike(Engine& engine, std::int64_t due, std::int64_t apart = 0) {
  for (int i = 0; i < kNotes; ++i) {
    REQUIRE(
        send(engine, 0x90 + sounding_channel(i), kLowKey + i / kSounding, 127, due + i * apart));
  }
}

void play(Engine& engine) {
  strike(engine, 5, 1);
  REQUIRE(send(engine, 0xB3, kReverbSend, 100, 2000));
  REQUIRE(send(engine, 0xB7, kChorusSend, 60, 2500));
  for (int i = 0; i < 16; ++i) REQUIRE(send(engine, 0xE0 + i, 0, 40 + i * 5, 3000 + 100 * i));
  strike(engine, 9001, 1);  // every key once more: the old notes are released
  REQUIRE(send(engine, 0xB2, kModulation, 90, 10500));
  for (int i = 0; i < 60; ++i)
    REQUIRE(send(engine, 0x80 + sounding_channel(i), kLowKey + i / kSounding, 0, 11000 + i));
}

std::vector<float> played(int threads, int block) {
  auto engine = engine_with(threads, kNotes - 40);  // some are stolen
  play(*engine);
  std::vector<float> out(2 * 12000);
  for (int done = 0; done < 12000; done += block) {
    engine->render(out.data() + 2 * done, std::min(block, 12000 - done), {}, Pace::kOffline);
  }
  CHECK(engine->counters().units_late.get() == 0);
  CHECK(engine->counters().stolen.get() > 0);
  CHECK(engine->counters().late_frames.get() > 0);
  return out;
}

bool finite(const std::vector<float>& samples) {
  for (const float x : samples) {
    if (!std::isfinite(x)) return false;
  }
  return true;
}

/// Renders as a device does until a worker was late; on a busy machine it may sleep for long.
bool render_until_late(Engine& engine) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int i = 0; engine.counters().units_late.get() == 0; ++i) {
    if (std::chrono::steady_clock::now() > give_up || !finite(render(engine, 64))) return false;
    if (i % 2 == 0) std::this_thread::yield();
    if (i % 8 == 7) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Renders with blocks that wait for workers: none is late, however busy the machine is.
std::vector<float> render_waiting(Engine& engine, int samples) {
  std::vector<float> out(2 * static_cast<std::size_t>(samples));
  for (int done = 0; done < samples; done += 64) {
    engine.render(out.data() + 2 * done, std::min(64, samples - done), {}, Pace::kOffline);
  }
  return out;
}

/// Lets the worker go on, and renders until no unit is late any more.
void render_until_back(Engine& engine) {
  engine.voices().units().workers().hold(false);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (engine.voices().units().late() != 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    REQUIRE(finite(render_waiting(engine, 64)));
  }
  REQUIRE(engine.voices().units().late() == 0);
}

}  // namespace

TEST_CASE("the samples are the same with no, one and two render threads, in blocks of any size") {
  const auto reference = played(0, 64);
  CHECK(rms(reference, 0, reference.size()) > 1e-3);
  for (const auto& [threads, block] :
       {std::pair{1, 64}, std::pair{2, 64}, std::pair{2, 500}, std::pair{1, 17}, std::pair{0, 7}}) {
    CAPTURE(threads);
    CAPTURE(block);
    const auto out = played(threads, block);
    CHECK(std::memcmp(reference.data(), out.data(), out.size() * sizeof(float)) == 0);
  }
}

TEST_CASE("render threads take part") {
  auto engine = engine_with(1);
  strike(*engine, 0);
  engine->voices().units().workers().hold(true);
  REQUIRE(render_until_late(*engine));
  render_until_back(*engine);
  CHECK(engine->voices().units().workers().units_rendered() > 0);
}

TEST_CASE("few voices are rendered without workers") {
  auto engine = engine_with(2);
  for (int i = 0; i < 90; ++i)
    REQUIRE(send(*engine, 0x90 + sounding_channel(i), kLowKey + i / kSounding, 127, 0));
  render(*engine, 4800);
  CHECK(engine->counters().voices.get() == 90);
  CHECK(engine->voices().units().workers().units_rendered() == 0);
}

TEST_CASE("a worker that is held up: blocks go on without its voices, which come back") {
  auto engine = engine_with(1);
  strike(*engine, 0);
  render(*engine, 1280);
  engine->voices().units().workers().hold(true);
  REQUIRE(render_until_late(*engine));  // returns while the worker is still held
  const auto late = engine->counters().units_late.get();
  const auto voices = engine->counters().voices.get();
  const auto without = render(*engine, 640);
  CHECK(finite(without));
  CHECK(rms(without, 0, without.size()) > 1e-4);
  CHECK(engine->counters().units_late.get() <= late + 1);  // it holds one, and gets no other
  CHECK(engine->voices().units().late() == 1);
  render_until_back(*engine);
  CHECK(engine->counters().voices.get() == voices);
  const auto after = render_waiting(*engine, 6400);
  CHECK(finite(after));
  CHECK(rms(after, 0, after.size()) > 1e-4);
  CHECK(engine->counters().nonfinite.get() == 0);
}

TEST_CASE("what happens to notes while their unit is away is made up for") {
  for (const int status : {0x80, 0x90, 0xB0}) {  // released, struck again, all sound off
    auto engine = engine_with(1);
    strike(*engine, 0);
    render(*engine, 640);
    engine->voices().units().workers().hold(true);
    REQUIRE(render_until_late(*engine));
    for (int i = 0; i < kNotes; ++i) {
      const int first = status == 0xB0 ? int{kAllSoundOff} : kLowKey + i / kSounding;
      REQUIRE(send(*engine, status + sounding_channel(i), first, status == 0x90 ? 127 : 0));
      if (status == 0x90) REQUIRE(send(*engine, 0x80 + sounding_channel(i), first, 0));
    }
    CHECK(finite(render(*engine, 64)));
    render_until_back(*engine);
    CHECK(finite(render_waiting(*engine, 36000)));
    CHECK(engine->counters().voices.get() == 0);
    CHECK(engine->takes().drop_timbre(0) == 0);  // nothing is read any more
  }
}

TEST_CASE("notes beyond the polyphony while a unit is away") {
  auto engine = engine_with(2, kNotes);
  strike(*engine, 0);
  render(*engine, 640);
  engine->voices().units().workers().hold(true);
  REQUIRE(render_until_late(*engine));
  for (int i = 0; i < 3 * kNotes; ++i)
    REQUIRE(send(*engine, 0x90 + sounding_channel(i), (kHighKey + i / kSounding) % kKeys, 127));
  CHECK(finite(render(*engine, 640)));
  CHECK(engine->counters().stolen.get() > 0);
  render_until_back(*engine);
  CHECK(finite(render(*engine, 6400)));
}

TEST_CASE("another rate while a unit is away: all notes end") {
  auto engine = engine_with(1);
  strike(*engine, 0);
  render(*engine, 640);
  engine->voices().units().workers().hold(true);
  REQUIRE(render_until_late(*engine));
  engine->voices().units().workers().hold(false);
  engine->set_rate(96000.0);
  CHECK(first_sound(render(*engine, 640)) == -1);
  CHECK(engine->takes().drop_timbre(0) == 0);
  strike(*engine, Event::kNow);
  CHECK(finite(render(*engine, 6400)));
}

TEST_CASE("an engine ends while a worker is held up") {
  auto engine = engine_with(2);
  strike(*engine, 0);
  engine->voices().units().workers().hold(true);
  REQUIRE(render_until_late(*engine));
}

TEST_CASE("render threads beside a device, a generator and a recorder") {
  auto engine = engine_with(2);
  std::atomic<bool> stop{false};
  std::thread generator([&] {
    int turn = 0;
    while (!stop.load()) {
      for (Request request; engine->requests().read(request);) {
        TakeSpec spec = lively_spec(-3.0F);
        spec.pages = 1;
        spec.gain_db = -50.0F;
        (void)put_take(engine->takes(), request.take, spec, request.first_frame / int{kPageFrames});
      }
      if (++turn % 100 == 0) engine->takes().drop_timbre(0);
      std::this_thread::yield();
    }
  });
  NullDevice device(*engine, 64);
  device.start();
  for (int i = 0; i < 40; ++i) {
    for (int k = 0; k < kNotes; k += 1 + i % 7) {
      (void)send(*engine, 0x90 + sounding_channel(k), kLowKey + (k / kSounding + i) % 40, 127);
    }
    for (Trace::Row row; engine->trace().read(row);) {
    }
    Event gain;
    gain.kind = Event::Kind::kGain;
    gain.value = static_cast<float>(i % 3);
    (void)engine->send(gain);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  device.stop();
  stop.store(true);
  generator.join();
  CHECK(engine->counters().nonfinite.get() == 0);
}

TEST_CASE("render with workers never allocates") {
  auto engine = engine_with(2);
  strike(*engine, 0);
  std::vector<float> out(2 * 256);
  const long before = allocation_count();
  for (int i = 0; i < 50; ++i) engine->render(out.data(), 256, {}, Pace::kOffline);
  CHECK(allocation_count() == before);
  CHECK(engine->counters().voices.get() >= 96);
}
