/// What an instance and the server say to each other: frames on a Unix stream socket.
///
/// A frame is `u32 length of the payload, u32 kind, payload`, little endian. Its other side is
/// rtsynth/serve/protocol.py; tests/test_plugin_protocol.py compares the two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtsynth::plugin {

inline constexpr std::uint32_t kProtocolVersion = 2;
inline constexpr std::size_t kMostPayload = std::size_t{16} << 20;

/// Below 16: from the plugin; the others from the server.
enum class FrameKind : std::uint32_t {
  kHello = 1,         // JSON: version, pid, format, host; the segment's descriptor with it
  kStateIn = 2,       // the desk's state as it was saved; empty: as at the start
  kAskState = 3,      // u32 number
  kPreset = 4,        // name
  kWelcome = 16,      // JSON: version, instrument, presets
  kState = 17,        // the desk's state, whenever it changed
  kStateAnswer = 18,  // u32 number, u32 count, so many f64: the host's parameters, state
  kLog = 19,          // a line of news
  kPresets = 20,      // JSON: a list of names
  kRefused = 21,      // a line: why; the connection ends
  kEdited = 22,       // by hand, not by the host: a project has something new to save
  kAwake = 23,        // something waits to be heard or told: the host shall process
};

struct Frame {
  FrameKind kind = FrameKind::kLog;
  std::string payload;
};

/// A frame's bytes. The payload has kMostPayload at most.
[[nodiscard]] std::string pack(FrameKind kind, std::string_view payload);
[[nodiscard]] std::string pack_number(FrameKind kind, std::uint32_t number);
/// The number that a payload begins with, which is taken off it; nothing: it is too short.
[[nodiscard]] std::optional<std::uint32_t> take_number(std::string_view& payload);

/// The values (u32 count, so many f64) that a payload begins with, which are taken off it; nothing:
/// it is too short.
[[nodiscard]] std::optional<std::vector<double>> take_values(std::string_view& payload);

/// Frames out of a stream's pieces, whatever comes.
class FrameReader {
 public:
  /// A piece of the stream. False: this is not the protocol; nothing can be read any more.
  [[nodiscard]] bool feed(std::string_view piece);
  /// The oldest frame that is whole.
  [[nodiscard]] std::optional<Frame> next();
  /// A new stream.
  void clear();

 private:
  [[nodiscard]] bool head_is_good() const;

  std::string bytes_;
  std::size_t read_ = 0;  // of them
};

/// Who an instance is, as HELLO's payload.
struct Hello {
  long pid = 0;
  std::string format;
  std::string host;
};
[[nodiscard]] std::string json_of(const Hello& hello);

/// The strings of a JSON list, or (`key`) of the list that an object has by that name. Empty where
/// there is none, or it is no JSON.
[[nodiscard]] std::vector<std::string> strings_of(std::string_view json, std::string_view key = {});

/// Text that can be shown: control characters are spaces, and it is not too long for a line.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace rtsynth::plugin
