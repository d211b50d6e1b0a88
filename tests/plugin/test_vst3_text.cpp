// Texts of VST3: UTF-8 and UTF-16, whole and broken.
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include "vst3_text.h"

using namespace rtsynth::plugin;

namespace {

std::string there_and_back(std::string_view text) {
  std::array<std::int16_t, 128> field{};
  write_utf16(text, field);
  return read_utf16(field.data(), field.size());
}

}  // namespace

TEST_CASE("texts come back as they were") {
  for (const char* text : {"", "Gain", "Größe", "音", "\xF0\x9F\x8E\xB9 piano"})
    CHECK(there_and_back(text) == text);
}

TEST_CASE("what is not UTF-8 becomes the sign for it") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(there_and_back("a\xFF"
                       "b") == "a" + bad + "b");
  CHECK(there_and_back("\xC3") == bad);              // cut short
  CHECK(there_and_back("\xC0\x80") == bad);          // longer than need be
  CHECK(there_and_back("\xED\xA0\x80") == bad);      // half of a pair
  CHECK(there_and_back("\xF4\x90\x80\x80") == bad);  // behind the last character
}

TEST_CASE("halves of a pair become the sign for them") {
  const std::array<std::int16_t, 4> halves = {static_cast<std::int16_t>(0xD83C), 'a',
                                              static_cast<std::int16_t>(0xDFB9), 0};
  CHECK(read_utf16(halves.data(), halves.size()) ==
        "\xEF\xBF\xBD"
        "a\xEF\xBF\xBD");
  const std::array<std::int16_t, 2> cut = {'a', static_cast<std::int16_t>(0xD83C)};
  CHECK(read_utf16(cut.data(), cut.size()) == "a\xEF\xBF\xBD");
}

TEST_CASE("a field keeps what has room, in whole characters, and its zero") {
  std::array<std::int16_t, 4> field{};
  write_utf16("abcdef", field);
  CHECK(read_utf16(field.data(), field.size()) == "abc");
  CHECK(field.back() == 0);
  write_utf16("ab\xF0\x9F\x8E\xB9", field);
  CHECK(read_utf16(field.data(), field.size()) == "ab");
  std::array<char, 4> ascii{};
  write_ascii("abcdef", ascii);
  CHECK(std::string(ascii.data()) == "abc");
}

TEST_CASE("no bytes, however random, leave the field without a zero") {
  std::mt19937 random(6);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 300, ' ');
    for (char& each : text) each = static_cast<char>(random());
    std::array<std::int16_t, 128> field;
    field.fill(1);
    write_utf16(text, field);
    CHECK(field.back() == 0);
  }
}
