// What can be said of single notes, for the host's note editor.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "vst3_plugin.h"
#include "vst3_text.h"
#include "vst3_units.h"

namespace rtsynth::plugin {
namespace {

struct NoteExpression {
  std::uint32_t type;
  const char* title;
  const char* unit;
  double at_first;  // 0..1
  double low;       // what 0 and 1 are, in `unit`
  double high;
  std::int32_t flags;
};

constexpr std::array<NoteExpression, 6> kNoteExpressions = {{
    {V3_EXPRESSION_VOLUME, "Volume", "%", 0.25, 0.0, 400.0, V3_EXPRESSION_IS_ABSOLUTE},
    {V3_EXPRESSION_PAN, "Pan", "%", 0.5, -100.0, 100.0,
     V3_EXPRESSION_IS_ABSOLUTE | V3_EXPRESSION_IS_BIPOLAR},
    {V3_EXPRESSION_TUNING, "Tuning", "semitones", 0.5, -120.0, 120.0, V3_EXPRESSION_IS_BIPOLAR},
    {V3_EXPRESSION_VIBRATO, "Vibrato", "%", 0.0, 0.0, 100.0, V3_EXPRESSION_IS_ABSOLUTE},
    {V3_EXPRESSION_EXPRESSION, "Expression", "%", 1.0, 0.0, 100.0, V3_EXPRESSION_IS_ABSOLUTE},
    {V3_EXPRESSION_BRIGHTNESS, "Brightness", "%", 0.5, 0.0, 100.0, V3_EXPRESSION_IS_ABSOLUTE},
}};

const NoteExpression* expression_of(std::uint32_t type) {
  for (const NoteExpression& each : kNoteExpressions) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

}  // namespace

std::int32_t Vst3Plugin::get_note_expression_count(std::int32_t bus, std::int16_t channel) {
  const bool ours = bus == 0 && channel >= 0 && channel < 16;
  return ours ? static_cast<std::int32_t>(kNoteExpressions.size()) : 0;
}

v3_result Vst3Plugin::get_note_expression_info(std::int32_t bus, std::int16_t channel,
                                               std::int32_t place,
                                               v3_note_expression_type_info* info) {
  if (info == nullptr || place < 0 || place >= get_note_expression_count(bus, channel))
    return V3_INVALID_ARG;
  const NoteExpression& known = kNoteExpressions[static_cast<std::size_t>(place)];
  *info = {};
  info->type_id = known.type;
  write_utf16(known.title, info->title);
  write_utf16(known.title, info->short_title);
  write_utf16(known.unit, info->units);
  info->unit_id = -1;
  info->value = {known.at_first, 0.0, 1.0, 0};
  info->flags = known.flags;
  return V3_OK;
}

v3_result Vst3Plugin::get_note_expression_string_by_value(std::int32_t bus, std::int16_t channel,
                                                          std::uint32_t type, double normalised,
                                                          std::int16_t* text) {
  const NoteExpression* const known = expression_of(type);
  if (known == nullptr || text == nullptr || get_note_expression_count(bus, channel) == 0)
    return V3_INVALID_ARG;
  const double value = known->low + normalised * (known->high - known->low);
  std::array<char, 64> words{};  // without the locale, which belongs to the host
  const auto [end, error] =
      std::to_chars(words.data(), words.data() + words.size(), value, std::chars_format::fixed, 1);
  if (error != std::errc()) return V3_INVALID_ARG;
  write_utf16_128(std::string_view(words.data(), end), text);
  return V3_OK;
}

v3_result Vst3Plugin::get_note_expression_value_by_string(std::int32_t bus, std::int16_t channel,
                                                          std::uint32_t type,
                                                          const std::int16_t* text,
                                                          double* normalised) {
  const NoteExpression* const known = expression_of(type);
  if (known == nullptr || text == nullptr || normalised == nullptr ||
      get_note_expression_count(bus, channel) == 0)
    return V3_INVALID_ARG;
  const std::string words = read_utf16(text, kVst3TextPlaces);
  double value = 0.0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return V3_FALSE;
  *normalised = std::clamp((value - known->low) / (known->high - known->low), 0.0, 1.0);
  return V3_OK;
}

}  // namespace rtsynth::plugin
