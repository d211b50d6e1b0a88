// Blocks of LV2: where they are cut, and what is in the pieces.
#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

#include "lv2_events.h"
#include "lv2_helpers.h"

using namespace rtsynth::plugin;

namespace {

struct Copy {
  int begin;
  int samples;
  std::vector<HostEvent> events;
  Transport transport;
};

struct Reader {
  Sequence sequence;
  std::unique_ptr<Lv2Events> events;

  std::vector<Copy> read(int samples) {
    if (!events) events = std::make_unique<Lv2Events>(Lv2Urids(sequence.uris().map()));
    events->begin(sequence.done(), samples);
    return rest();
  }
  std::vector<Copy> rest() {
    std::vector<Copy> found;
    Lv2Piece piece;
    while (events->next(piece)) {
      const std::vector<HostEvent> copies(piece.events.begin(), piece.events.end());
      found.push_back({piece.begin, piece.samples, copies, piece.transport});
    }
    return found;
  }
};

}  // namespace

TEST_CASE("a block of MIDI is one piece; what is no channel message is passed over") {
  Reader reader;
  reader.sequence.midi(0, {0x90, 60, 100});
  reader.sequence.midi(3, {0xC1, 5});
  reader.sequence.midi(4, {0x90, 60});  // cut short
  reader.sequence.midi(4, {0xF8});      // a clock
  reader.sequence.midi(4, {60, 100});   // running status is not allowed here
  reader.sequence.midi(9, {0xF0, 1, 2, 0xF7});
  reader.sequence.midi(500, {0x80, 60, 0});  // behind the end
  const auto pieces = reader.read(64);
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0].samples == 64);
  CHECK_FALSE(pieces[0].transport.known);
  const auto& events = pieces[0].events;
  REQUIRE(events.size() == 4);
  CHECK(events[0].bytes == std::array<std::uint8_t, 3>{0x90, 60, 100});
  CHECK(events[1].sample == 3);
  CHECK(events[2].kind == EventKind::kSysex);
  CHECK(events[2].sysex.size() == 4);
  CHECK(events[2].sysex[3] == 0xF7);
  CHECK(events[3].sample == 63);
}

TEST_CASE("where the song is elsewhere the block is cut, and in between the song goes on") {
  Reader reader;
  reader.sequence.position(0, 1000, 1.0F);
  reader.sequence.midi(10, {0x90, 60, 100});
  reader.sequence.position(40, 500, 1.0F);  // a loop begins anew
  reader.sequence.midi(40, {0x90, 62, 100});
  const auto pieces = reader.read(64);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].transport.sample == 1000);
  CHECK(pieces[0].transport.playing);
  CHECK(pieces[0].samples == 40);
  CHECK(pieces[1].begin == 40);
  CHECK(pieces[1].samples == 24);
  CHECK(pieces[1].transport.sample == 500);
  REQUIRE(pieces[1].events.size() == 1);
  CHECK(pieces[1].events[0].sample == 0);

  reader.events->begin(nullptr, 100);  // hosts say only what is new
  CHECK(reader.rest()[0].transport.sample == 524);
  reader.events->begin(nullptr, 100);
  CHECK(reader.rest()[0].transport.sample == 624);
}

TEST_CASE("a song that stands still stays where it is") {
  Reader reader;
  reader.sequence.position(0, 7, 0.0F);
  CHECK_FALSE(reader.read(64)[0].transport.playing);
  reader.events->begin(nullptr, 64);
  const auto pieces = reader.rest();
  CHECK(pieces[0].transport.known);
  CHECK(pieces[0].transport.sample == 7);
}

TEST_CASE("more events than there is room for come in pieces, none is lost") {
  Reader reader;
  for (int i = 0; i < 5000; ++i) reader.sequence.midi(i / 100, {0x90, 60, 100});
  int samples = 0;
  std::vector<int> at;
  for (const Copy& piece : reader.read(64)) {
    CHECK(piece.begin == samples);
    samples += piece.samples;
    for (const HostEvent& event : piece.events) at.push_back(piece.begin + event.sample);
  }
  CHECK(samples == 64);
  REQUIRE(at.size() == 5000);
  for (int i = 0; i < 5000; ++i) REQUIRE(at[static_cast<std::size_t>(i)] == i / 100);
}

TEST_CASE("a block without samples is one piece, with its events") {
  Reader reader;
  reader.sequence.midi(0, {0xB0, 7, 90});
  const auto pieces = reader.read(0);
  REQUIRE(pieces.size() == 1);
  CHECK(pieces[0].samples == 0);
  CHECK(pieces[0].events.size() == 1);
}

TEST_CASE("damaged sequences are read within their memory") {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    Reader reader;
    reader.sequence.position(0, 1000, 1.0F);
    reader.sequence.midi(10, {0x90, 60, 100});
    reader.sequence.position(20, 1000, 1.0F);
    LV2_Atom_Sequence* whole = reader.sequence.done();
    const std::size_t size = sizeof(LV2_Atom) + whole->atom.size;
    // Memory of its own, so that AddressSanitizer sees a step outside.
    std::vector<std::uint64_t> copy((size + 7) / 8);
    std::copy_n(reinterpret_cast<std::uint8_t*>(whole), size,
                reinterpret_cast<std::uint8_t*>(copy.data()));
    auto* damaged = reinterpret_cast<LV2_Atom_Sequence*>(copy.data());
    for (int i = 0; i < 3; ++i) {
      reinterpret_cast<std::uint8_t*>(damaged)[8 + random() % (size - 8)] =
          static_cast<std::uint8_t>(random());
    }
    Lv2Events events{Lv2Urids(reader.sequence.uris().map())};
    events.begin(damaged, 64);
    Lv2Piece piece;
    int samples = 0;
    while (events.next(piece)) samples += piece.samples;
    CHECK(samples == 64);
  }
}
