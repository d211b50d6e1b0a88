// Control ports of LV2: what counts as a hand on a knob.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lv2_helpers.h"
#include "lv2_ports.h"

using namespace rtsynth::plugin;

namespace {

struct Knobs {
  Knobs() {
    for (const HostParameter& parameter : host_parameters()) {
      values.push_back(static_cast<float>(parameter.preset));
    }
    for (std::size_t i = 0; i < values.size(); ++i) ports.connect(i, &values[i]);
  }
  [[nodiscard]] float& operator[](const char* name) {
    return values[static_cast<std::size_t>(index_of(name).value())];
  }
  /// What the next block hears.
  std::vector<HostEvent> read() {
    events.begin(nullptr, 64);
    ports.read(events);
    Lv2Piece piece;
    REQUIRE(events.next(piece));
    return {piece.events.begin(), piece.events.end()};
  }

  UriMap uris;
  Lv2Events events{Lv2Urids(uris.map())};
  Lv2Ports ports;
  std::vector<float> values;
};

}  // namespace

TEST_CASE("a port that moves is a parameter that is set; one that stands still says nothing") {
  Knobs knobs;
  CHECK(knobs.read().empty());
  knobs["reverb_time"] = 3.0F;
  knobs["gain"] = 99.0F;
  const auto events = knobs.read();
  REQUIRE(events.size() == 2);
  CHECK(events[0].index == index_of("gain").value());
  CHECK(events[0].value == 24.0);  // the most there is
  CHECK(events[1].value == 3.0);
  CHECK(knobs.read().empty());
  knobs["gain"] = std::nanf("");
  CHECK(knobs.read().empty());
}

TEST_CASE("ports that are moved to where they stood when a state was saved say nothing") {
  Knobs before;
  before["reverb_time"] = 3.3333333F;
  before["pan"] = -0.25F;
  static_cast<void>(before.read());
  const std::string saved = before.ports.save();

  Knobs knobs;
  knobs.ports.expect(saved);
  CHECK(knobs.read().empty());
  knobs["reverb_time"] = 3.33333F;  // as a file wrote it
  knobs["pan"] = -0.25F;
  CHECK(knobs.read().empty());
  knobs["pan"] = 0.5F;  // a hand
  REQUIRE(knobs.read().size() == 1);
  knobs["pan"] = -0.25F;  // and again, to where it had been
  CHECK(knobs.read().size() == 1);
}

TEST_CASE("another place than the one that was saved is a hand's") {
  Knobs knobs;
  knobs.ports.expect("pan -0.25");
  knobs["pan"] = 0.3F;
  CHECK(knobs.read().size() == 1);
}

TEST_CASE("a port that the host was asked to move says nothing") {
  Knobs knobs;
  knobs.ports.expect(static_cast<std::size_t>(index_of("pan").value()), 0.7);
  knobs["pan"] = 0.7F;
  CHECK(knobs.read().empty());
}

TEST_CASE("any text may stand where saved ports should") {
  Knobs knobs;
  for (const char* text : {"", " ", "pan", "pan x", "nobody 1 pan", "\n\n", "pan 1e99 gain nan"}) {
    knobs.ports.expect(std::string_view(text));
  }
  CHECK(knobs.read().empty());
}
