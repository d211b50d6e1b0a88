#include "state.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace rtsynth::plugin {
namespace {

// Magic line, u32 format, u32 count, values (u32 length, name, f64), u32 length, desk; from format
// 2 on u32 length, preset, u32 count, pending (u32 length, name); u32 CRC of all before. Little
// endian.
constexpr std::string_view kMagic = "rtsynth plugin state\n";
constexpr std::uint32_t kFormat = 2;
constexpr std::uint32_t kMostValues = 4096;
constexpr std::uint32_t kLongestName = 256;

/// CRC-32 (ISO-HDLC), as in zlib.
std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

template <class Unsigned>
void put(std::string& out, Unsigned number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out.push_back(static_cast<char>(number >> 8 * i & 0xFFU));
  }
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Takes bytes off the front; what is not there any more is nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <class Unsigned>
  std::optional<Unsigned> number() {
    if (left_.size() < sizeof(Unsigned)) return std::nullopt;
    Unsigned value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
      value |= static_cast<Unsigned>(static_cast<unsigned char>(left_[i])) << 8 * i;
    }
    left_.remove_prefix(sizeof(Unsigned));
    return value;
  }
  std::optional<std::string_view> text(std::uint32_t most) {
    const auto length = number<std::uint32_t>();
    if (!length || *length > most || *length > left_.size()) return std::nullopt;
    const std::string_view found = left_.substr(0, *length);
    left_.remove_prefix(*length);
    return found;
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

bool read_pending(Reader& reader, SavedState& state) {
  const auto preset = reader.text(kMostStateBytes);
  const auto count = reader.number<std::uint32_t>();
  if (!preset || !count || *count > kMostValues) return false;
  state.preset = *preset;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto name = reader.text(kLongestName);
    if (!name) return false;
    state.pending.emplace_back(*name);
  }
  return true;
}

std::optional<SavedState> read_body(Reader& reader, std::uint32_t format) {
  SavedState state;
  const auto count = reader.number<std::uint32_t>();
  if (!count || *count > kMostValues) return std::nullopt;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto name = reader.text(kLongestName);
    const auto bits = reader.number<std::uint64_t>();
    if (!name || !bits) return std::nullopt;
    const auto value = std::bit_cast<double>(*bits);
    if (std::isfinite(value)) state.values.emplace_back(*name, value);
  }
  const auto desk = reader.text(kMostStateBytes);
  if (!desk) return std::nullopt;
  state.desk = *desk;
  if (format > 1 && !read_pending(reader, state)) return std::nullopt;
  if (!reader.empty()) return std::nullopt;
  return state;
}

}  // namespace

std::string write_state(const SavedState& state) {
  std::string out(kMagic);
  put(out, kFormat);
  put(out, static_cast<std::uint32_t>(state.values.size()));
  for (const auto& [name, value] : state.values) {
    put_text(out, name);
    put(out, std::bit_cast<std::uint64_t>(value));
  }
  put_text(out, state.desk);
  put_text(out, state.preset);
  put(out, static_cast<std::uint32_t>(state.pending.size()));
  for (const std::string& name : state.pending) put_text(out, name);
  put(out, crc_of(out));
  return out;
}

StateFault read_state(std::string_view bytes, SavedState& state) {
  if (!bytes.starts_with(kMagic)) return StateFault::kForeign;
  if (bytes.size() > kMostStateBytes || bytes.size() < kMagic.size() + 2 * sizeof kFormat) {
    return StateFault::kDamaged;
  }
  const std::string_view kept = bytes.substr(0, bytes.size() - sizeof(std::uint32_t));
  Reader reader(kept.substr(kMagic.size()));
  const auto format = reader.number<std::uint32_t>();
  if (!format || *format == 0) return StateFault::kDamaged;
  if (*format > kFormat) return StateFault::kNewer;
  if (Reader(bytes.substr(kept.size())).number<std::uint32_t>() != crc_of(kept)) {
    return StateFault::kDamaged;
  }
  std::optional<SavedState> found = read_body(reader, *format);
  if (!found) return StateFault::kDamaged;
  state = std::move(*found);
  return StateFault::kNone;
}

const char* line_of(StateFault fault) {
  constexpr std::array<const char*, 4> kLines = {
      "the state was loaded",
      "this is no state of rtsynth: nothing was changed",
      "this state is of a newer rtsynth: nothing was changed; pip install --upgrade rtsynth",
      "this state is damaged: nothing was changed",
  };
  return kLines[static_cast<std::size_t>(fault)];
}

}  // namespace rtsynth::plugin
