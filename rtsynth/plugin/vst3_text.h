/// Texts of VST3: UTF-16 in fields of 128 places, with a zero behind them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rtsynth::plugin {

/// [any] Writes a UTF-8 text and a zero; what has no room is left out, a character at a time. What
/// is not UTF-8 becomes U+FFFD.
void write_utf16(std::string_view text, std::span<std::int16_t> field);
/// [any] The same, where a field of 128 places is said by where it begins (v3_str_128). It has a
/// name of its own: an array of 64 would be taken for it.
void write_utf16_128(std::string_view text, std::int16_t* field);
/// [any] A UTF-16 text as UTF-8, up to its zero, `most` places at most. Halves of a pair become
/// U+FFFD.
[[nodiscard]] std::string read_utf16(const std::int16_t* text, std::size_t most);
/// [any] Writes what has room of an ASCII text, and a zero.
void write_ascii(std::string_view text, std::span<char> field);

}  // namespace rtsynth::plugin
