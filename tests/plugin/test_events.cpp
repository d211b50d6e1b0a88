// What a host sent becomes the engine's events: notes by number, parameters by their homes.
#include <doctest/doctest.h>

#include <vector>

#include "block_events.h"
#include "helpers.h"
#include "plugin_helpers.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

struct Block {
  std::unique_ptr<Engine> engine = make_engine();
  std::unique_ptr<BlockEvents> events = std::make_unique<BlockEvents>(*engine);
};

struct Message {
  int status, data1, data2;
  std::int64_t due;
  bool operator==(const Message&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Message& m) {
  return out << m.status << ' ' << m.data1 << ' ' << m.data2 << " at " << m.due;
}

std::vector<Message> taken(BlockEvents& block) {
  std::vector<Message> found;
  for (const Event& event : block.all()) {
    if (event.kind == Event::Kind::kMidi)
      found.push_back({event.status, event.data1, event.data2, event.due});
  }
  block.clear();
  return found;
}

std::vector<Message> parameter(BlockEvents& block, const char* name, double value) {
  block.add_parameter(host_parameters()[static_cast<std::size_t>(index_of(name).value())], value,
                      5);
  return taken(block);
}

}  // namespace

TEST_CASE("notes are MIDI's, a velocity of nothing is still a note") {
  const Block block;
  block.events->add(note_on(60, 0.5), 3);
  block.events->add(note_on(61, 0.0, 2), 4);
  block.events->add(note_off(60), 9);
  const std::vector<Message> wanted = {{0x90, 60, 64, 3}, {0x92, 61, 1, 4}, {0x80, 60, 0, 9}};
  CHECK(taken(*block.events) == wanted);
}

TEST_CASE("a note off finds its note by number, by key, or all of them") {
  const Block block;
  block.events->add(note_on(60, 1.0, 0, 7), 0);
  block.events->add(note_on(64, 1.0, 3, 8), 0);
  block.events->add(note_on(67, 1.0, 3), 0);
  taken(*block.events);
  HostEvent off = note_off(-1, -1, 8);
  off.key = -1;
  block.events->add(note_off(60, 0, 99), 1);  // another note's number
  CHECK(taken(*block.events).empty());
  block.events->add(off, 1);  // 67 has no number: it may be that one
  CHECK(taken(*block.events) == std::vector<Message>{{0x83, 64, 0, 1}, {0x83, 67, 0, 1}});
  block.events->add(note_off(-1, -1), 2);
  CHECK(taken(*block.events) == std::vector<Message>{{0x80, 60, 0, 2}});
  block.events->add(note_off(-1, -1), 3);
  CHECK(taken(*block.events).empty());
}

TEST_CASE("what is said of a note goes to the notes that are meant and held") {
  const Block block;
  block.events->add(note_on(60, 1.0, 0, 7), 0);
  block.events->add(note_on(64, 1.0, 3, 8), 0);
  block.events->clear();
  HostEvent event = note_on(-1, 0.25, -1, 8);
  event.kind = EventKind::kExpression;
  event.expression = plugin::Expression::kTuning;
  block.events->add(event, 5);
  REQUIRE(block.events->all().size() == 1);
  const Event said = block.events->all()[0];
  CHECK(said.kind == Event::Kind::kNote);
  CHECK(said.status == 3);
  CHECK(said.data1 == 64);
  CHECK(said.data2 == static_cast<int>(NoteField::kTuning));
  CHECK(said.value == 0.25F);
  CHECK(said.due == 5);
  block.events->clear();
  event.note = kNoNote;
  block.events->add(event, 6);
  CHECK(block.events->all().size() == 2);
  block.events->clear();
  event.channel = 5;
  block.events->add(event, 6);
  CHECK(block.events->all().empty());
}

TEST_CASE("what is no note and no message is passed over") {
  const Block block;
  block.events->add(note_on(128, 1.0), 0);
  block.events->add(note_on(-1, 1.0), 0);
  block.events->add(note_on(60, 1.0, 16), 0);
  block.events->add(note_off(200), 0);
  HostEvent event;
  event.bytes = {0xF8, 0, 0};
  block.events->add(event, 0);
  event.bytes = {12, 0, 0};
  block.events->add(event, 0);
  CHECK(block.events->all().empty());
}

TEST_CASE("parameters of MIDI go out as their messages") {
  const Block block;
  CHECK(parameter(*block.events, "volume", 0.5) == std::vector<Message>{{0xB0, 7, 64, 5}});
  CHECK(parameter(*block.events, "pan", -1.0) == std::vector<Message>{{0xB0, 10, 1, 5}});
  CHECK(parameter(*block.events, "legato", 1.0) == std::vector<Message>{{0xB0, 68, 127, 5}});
  CHECK(parameter(*block.events, "bright", 0.5) == std::vector<Message>{{0xB0, 74, 96, 5}});
  CHECK(parameter(*block.events, "mono", 1.0) == std::vector<Message>{{0xB0, 126, 1, 5}});
  const std::vector<Message> bend_range = {{0xB0, 101, 0, 5},   {0xB0, 100, 0, 5},
                                           {0xB0, 6, 12, 5},    {0xB0, 38, 50, 5},
                                           {0xB0, 101, 127, 5}, {0xB0, 100, 127, 5}};
  CHECK(parameter(*block.events, "bend_range", 12.5) == bend_range);
  CHECK(parameter(*block.events, "transpose", -12.0)[2] == Message{0xB0, 6, 52, 5});
  CHECK(parameter(*block.events, "fine_tune", 100.0)[3] == Message{0xB0, 38, 127, 5});
}

TEST_CASE("the core's parameters and the gain are its own events; the server has the others") {
  const Block block;
  block.events->set_level_db(-6.0);
  const auto& rows = host_parameters();
  block.events->add_parameter(rows[static_cast<std::size_t>(*index_of("reverb_time"))], 3.0, 1);
  block.events->add_parameter(rows[static_cast<std::size_t>(*index_of("gain"))], 6.0, 2);
  block.events->add_parameter(rows[static_cast<std::size_t>(*index_of("timbre_x"))], 0.2, 3);
  REQUIRE(block.events->all().size() == 2);
  const Event& time = block.events->all()[0];
  CHECK(time.kind == Event::Kind::kParameter);
  CHECK(static_cast<Parameter>(time.data1) == Parameter::kReverbTime);
  CHECK(time.value == 3.0F);
  CHECK(block.events->all()[1].kind == Event::Kind::kGain);
  CHECK(block.events->all()[1].value == doctest::Approx(1.0));
}
