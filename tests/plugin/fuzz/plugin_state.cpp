// libFuzzer: states of a plugin, with a sum that is right and with one that is not. What is read is
// read again once it was written.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "state.h"

using namespace rtsynth::plugin;

namespace {

constexpr std::string_view kMagic = "rtsynth plugin state\n";

void append_sum(std::string& bytes) {
  std::uint32_t crc = ~0U;
  for (const char each : bytes) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(~crc >> 8 * i & 0xFFU));
}

void try_to_read(const std::string& bytes) {
  SavedState state{{}, "kept"};
  if (read_state(bytes, state) != StateFault::kNone) {
    if (state.desk != "kept") std::abort();
    return;
  }
  SavedState again;
  if (read_state(write_state(state), again) != StateFault::kNone) std::abort();
  if (again.values != state.values || again.desk != state.desk) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  try_to_read(std::string(input));
  std::string summed = std::string(kMagic) + std::string("\1\0\0\0", 4) + std::string(input);
  append_sum(summed);
  try_to_read(summed);
  return 0;
}
