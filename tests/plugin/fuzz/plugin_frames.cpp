// libFuzzer: bytes that come from the server, as a stream in pieces, as JSON, and as an answer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol.h"
#include "server_state.h"

using namespace rtsynth::plugin;

namespace {

/// How a stream is cut must not matter.
std::string read(std::string_view stream, std::size_t piece) {
  FrameReader reader;
  std::string all;
  while (!stream.empty() && reader.feed(stream.substr(0, piece))) {
    while (const auto frame = reader.next()) {
      all += std::to_string(static_cast<std::uint32_t>(frame->kind)) + frame->payload;
    }
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  while (const auto frame = reader.next()) {
    all += std::to_string(static_cast<std::uint32_t>(frame->kind)) + frame->payload;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::string framed = pack(FrameKind::kState, input) + std::string(input);
  if (read(framed, 1) != read(framed, 13)) std::abort();
  static_cast<void>(read(input, 3));
  for (const std::string& name : strings_of(input)) {
    if (name.size() > size) std::abort();
  }
  static_cast<void>(strings_of("{\"presets\": " + std::string(input), "presets"));
  ServerState known({}, "");
  static_cast<void>(known.greeting());
  known.set_connected();
  static_cast<void>(known.take_answer(input));
  known.take_state(input);
  static_cast<void>(known.state(0.0, [] {}));
  return 0;
}
