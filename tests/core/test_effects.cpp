// Sends: what channels give to the reverb and the chorus, and master settings behind the mix.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "helpers.h"

using namespace rtsynth;

namespace {

TakeSpec noise_spec() {
  TakeSpec spec;
  spec.level = [](int, std::size_t v) { return v == kPartials + 30 ? 0.0F : -100.0F; };
  return spec;
}

struct Scene {
  TakeSpec spec = dense_spec();
  std::vector<int> sends{};  // of one note on each channel, 0..127
  int controller = kReverbSend;
  int samples = 96000;
};

/// `level` of what comes back.
std::vector<float> played(const Scene& scene, float level) {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, scene.spec));
  set(*engine, Parameter::kReverbLevel, level);
  set(*engine, Parameter::kChorusLevel, level);
  render(*engine, 48000);  // levels have glided there
  int channel = 0;
  for (const int send_level : scene.sends) {
    REQUIRE(send(*engine, 0xB0 + channel, scene.controller, send_level));
    REQUIRE(send(*engine, 0x90 + channel++, 64, 127, 60000));
  }
  return render(*engine, scene.samples);
}

/// What comes back alone: the rest is the same without it.
std::vector<float> returned(const Scene& scene) {
  auto wet = played(scene, 1.0F);
  const auto dry = played(scene, 0.0F);
  for (std::size_t i = 0; i < wet.size(); ++i) wet[i] -= dry[i];
  return wet;
}

}  // namespace

TEST_CASE("channels that send nothing sound as if there were no effects, and those cost nothing") {
  const Scene scene{dense_spec(), {0, 0}};
  CHECK(played(scene, 1.0F) == played(scene, 0.0F));
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, dense_spec()));
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 4800);
  CHECK_FALSE(engine->effects().active());
  REQUIRE(send(*engine, 0xB0, kReverbSend, 1));
  render(*engine, 4800);
  CHECK(engine->effects().active());
}

TEST_CASE("a send is linear, for partials and for noise") {
  for (const int controller : {int{kReverbSend}, int{kChorusSend}}) {
    for (const TakeSpec& spec : {TakeSpec{}, noise_spec()}) {
      const auto full = returned({spec, {127}, controller});
      const auto half = returned({spec, {64}, controller});
      CHECK(level_db(full, 48000, 48000) > -60.0);
      CHECK(level_db(full, 48000, 48000) - level_db(half, 48000, 48000) ==
            doctest::Approx(20.0 * std::log10(127.0 / 64.0)).epsilon(0.02));
    }
  }
}

TEST_CASE("each channel sends its own notes: one in four is a quarter of the power") {
  for (const int controller : {int{kReverbSend}, int{kChorusSend}}) {
    const auto all = returned({noise_spec(), {127, 127, 127, 127}, controller, 240000});
    const auto one = returned({noise_spec(), {0, 127, 0, 0}, controller, 240000});
    const double lost_db = level_db(all, 72000, 168000) - level_db(one, 72000, 168000);
    CHECK(lost_db == doctest::Approx(6.02).epsilon(0.05));
    const auto tone = returned({TakeSpec{}, {0, 127, 0, 0}, controller});
    const auto alone = returned({TakeSpec{}, {127}, controller});
    CHECK(level_db(tone, 48000, 48000) ==
          doctest::Approx(level_db(alone, 48000, 48000)).epsilon(0.02));
  }
}

TEST_CASE("a member of a zone sends what its manager does, and a reset closes all sends") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, dense_spec()));
  REQUIRE(send(*engine, 0xB0, kRpnHigh, 0));
  REQUIRE(send(*engine, 0xB0, kRpnLow, 6));
  REQUIRE(send(*engine, 0xB0, kDataEntry, 5));
  REQUIRE(send(*engine, 0xB1, kReverbSend, 127));  // the member's own counts for nothing
  REQUIRE(send(*engine, 0x91, 64, 127));
  render(*engine, 9600);
  CHECK_FALSE(engine->effects().active());
  REQUIRE(send(*engine, 0xB0, kReverbSend, 127));
  render(*engine, 9600);
  CHECK(engine->effects().active());
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  Event reset;
  reset.kind = Event::Kind::kReset;
  REQUIRE(engine->send(reset));
  set(*engine, Parameter::kReverbTime, 0.2F);
  render(*engine, 96000);
  CHECK_FALSE(engine->effects().active());
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 9600);
  CHECK_FALSE(engine->effects().active());
}

TEST_CASE("a send glides: opened and closed under a note without a click") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, TakeSpec{}));
  set(*engine, Parameter::kReverbDelay, 0.0F);
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 48000);
  REQUIRE(send(*engine, 0xB0, kChorusSend, 127, 48000 + 4001));
  REQUIRE(send(*engine, 0xB0, kReverbSend, 127, 48000 + 9001));
  REQUIRE(send(*engine, 0xB0, kChorusSend, 0, 48000 + 14001));
  const auto left = left_of(render(*engine, 24000));
  float most = 0.0F;
  for (std::size_t i = 0; i + 4 < left.size(); ++i) {
    most = std::max(most, std::abs(left[i] - 4 * left[i + 1] + 6 * left[i + 2] - 4 * left[i + 3] +
                                   left[i + 4]));
  }
  CHECK(most < 2e-3F * 0.1F);  // the note peaks at 0.1
}

TEST_CASE("panic ends the tail as well") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, dense_spec()));
  REQUIRE(send(*engine, 0xB0, kReverbSend, 127));
  REQUIRE(send(*engine, 0xB0, kChorusSend, 127));
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 24000);
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  const auto tail = render(*engine, 9600);
  CHECK(level_db(tail, 4800, 4800) > -60.0);
  Event panic;
  panic.kind = Event::Kind::kPanic;
  REQUIRE(engine->send(panic));
  render(*engine, 480);
  CHECK(first_sound(render(*engine, 48000)) == -1);
  CHECK_FALSE(engine->effects().active());
}

TEST_CASE("another rate: settings stay, the tail ends") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, dense_spec()));
  set(*engine, Parameter::kReverbTime, 0.3F);
  REQUIRE(send(*engine, 0xB0, kReverbSend, 127));
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 24000);
  engine->set_rate(96000.0);
  CHECK(first_sound(render(*engine, 9600)) == -1);
  REQUIRE(send(*engine, 0x90, 64, 127));
  render(*engine, 96000);
  REQUIRE(send(*engine, 0xB0, kAllSoundOff, 0));
  const auto tail = render(*engine, 96000);
  const double fell_db = level_db(tail, 4800, 4800) - level_db(tail, 4800 + 14400, 4800);
  CHECK(fell_db == doctest::Approx(30.0).epsilon(0.25));  // 0.15 s of 0.3
}

TEST_CASE("the master volume glides to what it is set to") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, TakeSpec{}));
  REQUIRE(send(*engine, 0x90, 64, 127));
  set(*engine, Parameter::kVolume, 0.25F, 24011);
  const auto left = left_of(render(*engine, 48000));
  CHECK(largest_step(left, 24000, 4000) < 1.05F * largest_step(left, 10000, 9000));
  CHECK(to_db(rms(left, 40000, 8000) / rms(left, 12000, 8000)) ==
        doctest::Approx(-12.04).epsilon(0.01));
}

TEST_CASE("the balance takes one side away, in a glide, and leaves the other") {
  auto engine = make_engine();
  REQUIRE(put_take(engine->takes(), {0, 64, 7}, TakeSpec{}));
  REQUIRE(send(*engine, 0x90, 64, 127));
  set(*engine, Parameter::kBalance, 1.0F, 24011);
  auto out = render(*engine, 48000);
  const auto left = left_of(out);
  std::rotate(out.begin(), out.begin() + 1, out.end());
  const auto right = left_of(out);
  CHECK(largest_step(left, 24000, 4000) < 1.05F * largest_step(left, 10000, 9000));
  CHECK(to_db(rms(left, 40000, 8000) / rms(left, 12000, 8000)) < -80.0);
  CHECK(rms(right, 40000, 8000) == doctest::Approx(rms(right, 12000, 8000)).epsilon(0.01));
}

TEST_CASE("width 0 is mono, width 2 is as wide as it gets") {
  const auto sides_apart = [](float width) {
    auto engine = make_engine();
    TakeSpec wide = dense_spec();
    wide.width = 0.7F;
    REQUIRE(put_take(engine->takes(), {0, 40, 7}, wide));
    REQUIRE(put_take(engine->takes(), {0, 90, 7}, wide));
    set(*engine, Parameter::kWidth, width);
    render(*engine, 24000);
    REQUIRE(send(*engine, 0x90, 40, 127));
    REQUIRE(send(*engine, 0x90, 90, 127));
    const auto out = render(*engine, 48000);
    double side = 0.0, all = 0.0;
    for (std::size_t i = 0; i < out.size(); i += 2) {
      const auto left = static_cast<double>(out[i]), right = static_cast<double>(out[i + 1]);
      side += (left - right) * (left - right);
      all += left * left + right * right;
    }
    return side / all;
  };
  CHECK(sides_apart(0.0F) == 0.0);
  CHECK(sides_apart(1.0F) > 0.02);
  CHECK(sides_apart(2.0F) > 1.3 * sides_apart(1.0F));
}
