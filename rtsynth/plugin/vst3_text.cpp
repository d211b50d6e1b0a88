#include "vst3_text.h"

#include <algorithm>
#include <array>

namespace rtsynth::plugin {
namespace {

constexpr char32_t kBad = 0xFFFD;
constexpr char32_t kFirstPair = 0x10000;
constexpr std::size_t kField = 128;

constexpr bool is_surrogate(char32_t code) { return code >= 0xD800 && code < 0xE000; }

/// Takes the first character off a text that is not empty.
char32_t next_character(std::string_view& text) {
  static constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, kFirstPair};
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC0 || first >= 0xF8) return kBad;
  char32_t code = first & (0x7FU >> length);
  for (int i = 1; i < length; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0U) != 0x80U) return kBad;
    code = code << 6 | (static_cast<unsigned char>(text.front()) & 0x3FU);
    text.remove_prefix(1);
  }
  const bool good = code >= kLeast[static_cast<std::size_t>(length)] && code <= 0x10FFFF;
  return good && !is_surrogate(code) ? code : kBad;
}

void append_utf8(std::string& text, char32_t code) {
  const auto rest = [&](int shift) { text += static_cast<char>(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0U | code >> 6);
    rest(0);
  } else if (code < kFirstPair) {
    text += static_cast<char>(0xE0U | code >> 12);
    rest(6), rest(0);
  } else {
    text += static_cast<char>(0xF0U | code >> 18);
    rest(12), rest(6), rest(0);
  }
}

}  // namespace

void write_utf16(std::string_view text, std::span<std::int16_t> field) {
  std::size_t used = 0;
  while (!text.empty()) {
    const char32_t code = next_character(text);
    const std::size_t units = code < kFirstPair ? 1 : 2;
    if (used + units >= field.size()) break;
    if (units == 2) {
      field[used++] = static_cast<std::int16_t>(0xD800U + ((code - kFirstPair) >> 10));
      field[used++] = static_cast<std::int16_t>(0xDC00U + ((code - kFirstPair) & 0x3FFU));
    } else {
      field[used++] = static_cast<std::int16_t>(code);
    }
  }
  std::fill(field.begin() + static_cast<std::ptrdiff_t>(used), field.end(), std::int16_t{0});
}

void write_utf16_128(std::string_view text, std::int16_t* field) {
  write_utf16(text, std::span(field, kField));
}

std::string read_utf16(const std::int16_t* text, std::size_t most) {
  std::string read;
  for (std::size_t i = 0; i < most && text[i] != 0; ++i) {
    const auto unit = static_cast<char32_t>(static_cast<std::uint16_t>(text[i]));
    const char32_t next = i + 1 < most ? static_cast<std::uint16_t>(text[i + 1]) : 0U;
    if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      append_utf8(read, kFirstPair + ((unit - 0xD800) << 10) + (next - 0xDC00));
      ++i;
    } else {
      append_utf8(read, is_surrogate(unit) ? kBad : unit);
    }
  }
  return read;
}

void write_ascii(std::string_view text, std::span<char> field) {
  const std::size_t used = std::min(text.size(), field.size() - 1);
  std::copy_n(text.begin(), used, field.begin());
  std::fill(field.begin() + static_cast<std::ptrdiff_t>(used), field.end(), '\0');
}

}  // namespace rtsynth::plugin
