#include "protocol.h"

#include <algorithm>
#include <bit>

namespace rtsynth::plugin {
namespace {

constexpr std::size_t kHeadBytes = 8;

std::uint32_t number_at(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  }
  return number;
}

void put(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> 8 * i & 0xFF));
}

/// Of UTF-8: any byte of a character but its first.
bool is_inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

bool is_from_server(std::uint32_t kind) {
  return kind >= static_cast<std::uint32_t>(FrameKind::kWelcome) &&
         kind <= static_cast<std::uint32_t>(FrameKind::kAwake);
}

}  // namespace

std::string pack(FrameKind kind, std::string_view payload) {
  std::string out;
  out.reserve(kHeadBytes + payload.size());
  put(out, payload.size(), 4);
  put(out, static_cast<std::uint32_t>(kind), 4);
  out += payload;
  return out;
}

std::string pack_number(FrameKind kind, std::uint32_t number) {
  std::string payload;
  put(payload, number, 4);
  return pack(kind, payload);
}

std::optional<std::uint32_t> take_number(std::string_view& payload) {
  if (payload.size() < 4) return std::nullopt;
  const std::uint32_t number = number_at(payload);
  payload.remove_prefix(4);
  return number;
}

std::optional<std::vector<double>> take_values(std::string_view& payload) {
  const auto count = take_number(payload);
  if (!count || payload.size() / sizeof(double) < *count) return std::nullopt;
  std::vector<double> values;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const std::uint64_t low = number_at(payload);
    const std::uint64_t high = number_at(payload.substr(4));
    values.push_back(std::bit_cast<double>(high << 32 | low));
    payload.remove_prefix(sizeof(double));
  }
  return values;
}

bool FrameReader::feed(std::string_view piece) {
  bytes_.erase(0, read_);
  read_ = 0;
  bytes_ += piece;
  return head_is_good();
}

bool FrameReader::head_is_good() const {
  const std::string_view left = std::string_view(bytes_).substr(read_);
  return left.size() < kHeadBytes ||
         (number_at(left) <= kMostPayload && is_from_server(number_at(left.substr(4))));
}

std::optional<Frame> FrameReader::next() {
  const std::string_view left = std::string_view(bytes_).substr(read_);
  if (left.size() < kHeadBytes || !head_is_good()) return std::nullopt;
  const std::size_t length = number_at(left);
  if (left.size() - kHeadBytes < length) return std::nullopt;
  Frame frame{static_cast<FrameKind>(number_at(left.substr(4))),
              std::string(left.substr(kHeadBytes, length))};
  read_ += kHeadBytes + length;
  return frame;
}

void FrameReader::clear() {
  bytes_.clear();
  read_ = 0;
}

std::string one_line(std::string_view text) {
  constexpr std::size_t kLongest = 500;
  std::size_t length = std::min(text.size(), kLongest);
  while (length > 0 && length < text.size() && is_inside_character(text[length])) --length;
  std::string line(text.substr(0, length));
  for (char& each : line) {
    if (static_cast<unsigned char>(each) < 0x20 || each == 0x7F) each = ' ';
  }
  return line;
}

}  // namespace rtsynth::plugin
