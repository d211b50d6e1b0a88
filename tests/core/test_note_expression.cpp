// What a host says of single notes.
#include <doctest/doctest.h>

#include "expression_helpers.h"

using namespace rtsynth;

namespace {

constexpr int kKey = 57;

void say(Engine& engine, NoteField field, float value, int key = kKey,
         std::int64_t due = Event::kNow) {
  Event event;
  event.kind = Event::Kind::kNote;
  event.data1 = static_cast<std::uint8_t>(key);
  event.data2 = static_cast<std::uint8_t>(field);
  event.value = value;
  event.due = due;
  REQUIRE(engine.send(event));
}

std::vector<float> play(NoteField field, float value) {
  auto engine = engine_with(eight_partials());
  REQUIRE(send(*engine, 0x90, kKey, 127));
  say(*engine, field, value);
  return render(*engine, 24000);
}

double partial_db(const std::vector<float>& left, int partial) {
  const auto [re, im] = probe(left, 14400, 9600, partial * key_hz(kKey));
  return 10.0 * std::log10(re * re + im * im);
}

}  // namespace

TEST_CASE("volume and expression of a note: linear, and by the square law") {
  const double plain = level_db(play(NoteField::kVolume, 1.0F), 9600, 9600);
  CHECK(level_db(play(NoteField::kVolume, 2.0F), 9600, 9600) - plain ==
        doctest::Approx(6.02).epsilon(0.01));
  CHECK(level_db(play(NoteField::kVolume, 9.0F), 9600, 9600) - plain ==
        doctest::Approx(12.04).epsilon(0.01));  // 4 at most
  CHECK(level_db(play(NoteField::kExpression, 0.5F), 9600, 9600) - plain ==
        doctest::Approx(-12.04).epsilon(0.01));
}

TEST_CASE("the tuning of a note holds from its first sample on, and glides later") {
  const auto left = left_of(play(NoteField::kTuning, 0.5F));
  CHECK(measure_hz(left, 0, 4800, key_hz(kKey)) ==
        doctest::Approx(key_hz(kKey) * std::exp2(0.5 / 12.0)).epsilon(1e-4));
  auto engine = engine_with(eight_partials());
  REQUIRE(send(*engine, 0x90, kKey, 127));
  REQUIRE(send(*engine, 0x90, kKey + 4, 127));
  (void)render(*engine, 4800);
  say(*engine, NoteField::kTuning, -0.4F);
  (void)render(*engine, 4800);
  const auto later = left_of(render(*engine, 24000));
  const double tuned_hz = key_hz(kKey) * std::exp2(-0.4 / 12.0);
  CHECK(std::abs(cents_of(later, 0, 24000, tuned_hz)) < 0.1);
  CHECK(std::abs(cents_of(later, 0, 24000, key_hz(kKey + 4))) < 0.1);
}

TEST_CASE("pan, brightness and pressure of a note are those of its channel, for it alone") {
  auto out = play(NoteField::kPan, 0.0F);
  double left = 0.0, right = 0.0;
  for (std::size_t i = 19200; i + 1 < out.size(); i += 2) {
    left += std::abs(out[i]);
    right += std::abs(out[i + 1]);
  }
  CHECK(right < 1e-3 * left);
  const auto plain = left_of(play(NoteField::kBrightness, 0.5F));
  const auto bright = left_of(play(NoteField::kBrightness, 1.0F));
  const auto pressed = left_of(play(NoteField::kPressure, 1.0F));
  const auto tilt_of = [&](const std::vector<float>& x) {
    return (partial_db(x, 8) - partial_db(plain, 8)) - (partial_db(x, 1) - partial_db(plain, 1));
  };
  CHECK(tilt_of(bright) == doctest::Approx(3.0 * 1.0).epsilon(0.05));   // bright_tilt, 3 octaves
  CHECK(tilt_of(pressed) == doctest::Approx(3.0 * 2.0).epsilon(0.05));  // pressure_tilt
}

TEST_CASE("a note that is turned down to nothing goes on, and another of its key begins anew") {
  auto engine = engine_with(eight_partials());
  REQUIRE(send(*engine, 0x90, kKey, 127));
  say(*engine, NoteField::kVolume, 0.0F);
  (void)render(*engine, 48000);
  CHECK(engine->counters().voices.get() == 1);
  CHECK(level_db(render(*engine, 4800), 0, 4800) < -150.0);
  say(*engine, NoteField::kVolume, 1.0F);
  CHECK(level_db(render(*engine, 9600), 4800, 4800) > -40.0);
  say(*engine, NoteField::kVolume, 0.0F);
  REQUIRE(send(*engine, 0x90, kKey, 127));
  CHECK(level_db(render(*engine, 9600), 4800, 4800) > -40.0);
}

TEST_CASE("a note of which nothing is said has the samples that it had, whatever others have") {
  std::vector<float> alone, beside;
  for (const bool said : {false, true}) {
    auto engine = engine_with(lively_spec());
    REQUIRE(send(*engine, 0x90, kKey, 127));
    if (said) say(*engine, NoteField::kTuning, 3.0F, kKey + 1);
    (said ? beside : alone) = render(*engine, 9600);
  }
  CHECK(alone == beside);
}
