// A state comes back whole, or not at all.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "state.h"

using namespace rtsynth::plugin;

namespace {

SavedState example() {
  return {{{"gain", -6.5}, {"a parameter of another version", 3.0}},
          "{\"desk\": \"\xC3\xA4\"}",
          "soft",
          {"timbre_x", "gain"}};
}

StateFault fault_of(const std::string& bytes) {
  SavedState state;
  state.desk = "kept";
  const StateFault fault = read_state(bytes, state);
  if (fault != StateFault::kNone) CHECK(state.desk == "kept");
  return fault;
}

}  // namespace

TEST_CASE("what was written is read") {
  SavedState state;
  REQUIRE(read_state(write_state(example()), state) == StateFault::kNone);
  CHECK(state.values == example().values);
  CHECK(state.desk == example().desk);
  CHECK(state.preset == example().preset);
  CHECK(state.pending == example().pending);
}

TEST_CASE("a state that is cut off anywhere, or longer, is refused") {
  const std::string whole = write_state(example());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK(fault_of(whole.substr(0, length)) != StateFault::kNone);
  }
  CHECK(fault_of(whole + '\0') == StateFault::kDamaged);
}

TEST_CASE("a state in which any bit has changed is refused") {
  const std::string whole = write_state(example());
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(fault_of(changed) != StateFault::kNone);
  }
}

TEST_CASE("a state of a newer format says so, whatever is in it") {
  std::string newer = write_state(example());
  newer[newer.find('\n') + 1] = 3;
  CHECK(fault_of(newer) == StateFault::kNewer);
  CHECK(std::string(line_of(StateFault::kNewer)).find("newer") != std::string::npos);
}

TEST_CASE("a state of the first format is read, and nothing is pending in it") {
  std::string first("rtsynth plugin state\n");
  first += std::string(
      "\1\0\0\0"
      "\1\0\0\0"
      "\4\0\0\0"
      "gain",
      16);
  first += std::string(
      "\0\0\0\0\0\0\x1A\xC0"
      "\4\0\0\0"
      "desk",
      16);
  first += "\xB7\x8D\x0B\xB4";
  SavedState state;
  REQUIRE(read_state(first, state) == StateFault::kNone);
  CHECK(state.values == decltype(state.values){{"gain", -6.5}});
  CHECK(state.desk == "desk");
  CHECK(state.preset.empty());
  CHECK(state.pending.empty());
}

TEST_CASE("random bytes are refused") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = round % 2 == 0 ? "" : "rtsynth plugin state\n";
    for (int i = static_cast<int>(random() % 200); i > 0; --i) {
      bytes.push_back(static_cast<char>(random() % (round % 3 == 0 ? 4 : 256)));
    }
    CHECK(fault_of(bytes) != StateFault::kNone);
  }
}
