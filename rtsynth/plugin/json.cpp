// The little JSON of the protocol: an object is written, lists of strings are read.
#include <algorithm>
#include <charconv>

#include "protocol.h"

namespace rtsynth::plugin {
namespace {

using Text = std::string_view;
constexpr int kDeepest = 32;  // values in each other

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

/// Reads what json.dumps writes; false: it is not JSON, and the rest is of no use.
class Json {
 public:
  explicit Json(Text text) : left_(text) {}

  bool string(std::string& out) {
    if (!take('"')) return false;
    while (!left_.empty()) {
      const char each = left_.front();
      left_.remove_prefix(1);
      if (each == '"') return true;
      if (each != '\\') {
        out.push_back(each);
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }
  /// Adds the strings of a list; other values are passed over.
  bool strings(std::vector<std::string>& out) {
    return list('[', ']', [&] {
      if (!is('"')) return skip(0);
      out.emplace_back();
      return string(out.back());
    });
  }
  /// Of an object's list by the name of `key`.
  bool strings_at(Text key, std::vector<std::string>& out) {
    return list('{', '}', [&] {
      std::string name;
      if (!string(name) || !take(':')) return false;
      return name == key && is('[') ? strings(out) : skip(0);
    });
  }

 private:
  template <class Each>
  bool list(char open, char close, const Each& each) {
    if (!take(open)) return false;
    if (take(close)) return true;
    do {
      if (!each()) return false;
    } while (take(','));
    return take(close);
  }
  bool skip(int depth) {
    if (depth > kDeepest) return false;
    std::string unused;
    if (is('"')) return string(unused);
    if (is('[')) return list('[', ']', [&] { return skip(depth + 1); });
    if (is('{')) {
      return list('{', '}', [&] { return string(unused) && take(':') && skip(depth + 1); });
    }
    const std::size_t length = std::min(left_.find_first_of(",]} \t\r\n"), left_.size());
    left_.remove_prefix(length);
    return length != 0;
  }
  bool escape(std::string& out) {
    if (left_.empty()) return false;
    const char kind = left_.front();
    left_.remove_prefix(1);
    constexpr Text kNames = "\"\\/bfnrt";
    constexpr Text kMeanings = "\"\\/\b\f\n\r\t";
    if (kind != 'u') {
      const std::size_t which = kNames.find(kind);
      if (which == Text::npos) return false;
      out.push_back(kMeanings[which]);
      return true;
    }
    std::uint32_t code = 0, low = 0;
    if (!hex(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && left_.starts_with("\\u")) {  // a pair
      left_.remove_prefix(2);
      if (!hex(low) || low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
  }
  bool hex(std::uint32_t& code) {
    if (left_.size() < 4) return false;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + 4, code, 16);
    if (error != std::errc() || end != left_.data() + 4) return false;
    left_.remove_prefix(4);
    return true;
  }
  bool is(char wanted) {
    left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
    return left_.starts_with(wanted);
  }
  bool take(char wanted) {
    if (!is(wanted)) return false;
    left_.remove_prefix(1);
    return true;
  }

  Text left_;
};

std::string quoted(Text text) {
  std::string out = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      out += {'\\', each};
    } else if (byte < 0x20 || byte >= 0x7F) {  // a host's name in whatever code it likes
      out.push_back('?');
    } else {
      out.push_back(each);
    }
  }
  return out + '"';
}

}  // namespace

std::string json_of(const Hello& hello) {
  return "{\"version\": " + std::to_string(kProtocolVersion) +
         ", \"pid\": " + std::to_string(hello.pid) + ", \"format\": " + quoted(hello.format) +
         ", \"host\": " + quoted(hello.host) + "}";
}

std::vector<std::string> strings_of(std::string_view json, std::string_view key) {
  std::vector<std::string> found;
  Json reader(json);
  const bool good = key.empty() ? reader.strings(found) : reader.strings_at(key, found);
  if (!good) found.clear();
  return found;
}

}  // namespace rtsynth::plugin
