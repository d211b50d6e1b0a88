// What was played and told, and what goes back to a host.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "bind_check.h"
#include "bind_link.h"
#include "bind_wait.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace rtsynth {
namespace {

using HeardRow = std::tuple<nb::bytes, std::int64_t, int, int>;
using ValueRow = std::tuple<int, double, std::int64_t>;

/// A message that was heard, before Python may be touched.
struct Message {
  std::string bytes;
  Heard heard;
};

bool read(HeardMessages& from, Message& message) {
  if (!from.read(message.heard)) return false;
  const Heard& heard = message.heard;
  if (heard.length > 0) {
    message.bytes.resize(heard.length);
    from.read_sysex({reinterpret_cast<unsigned char*>(message.bytes.data()), heard.length});
  } else {
    const std::array<std::uint8_t, 3> bytes = {heard.status, heard.data1, heard.data2};
    const std::size_t length = std::max<std::size_t>(length_of(heard.status), 1);
    message.bytes.assign(bytes.begin(), bytes.begin() + length);
  }
  return true;
}

std::vector<HeardRow> heard(Link& link, int limit, double wait_ms) {
  std::vector<Message> found;
  {
    const nb::gil_scoped_release release;
    static_cast<void>(wait_until(wait_ms, [&] {
      link.beat();
      Message message;
      while (static_cast<int>(found.size()) < limit && read(link.heard(), message)) {
        found.push_back(message);
      }
      return !found.empty();
    }));
  }
  std::vector<HeardRow> rows;
  for (const Message& each : found) {
    rows.emplace_back(nb::bytes(each.bytes.data(), each.bytes.size()), each.heard.sample,
                      each.heard.slot, each.heard.change);
  }
  return rows;
}

void set_slots(Link& link, int channel, const std::vector<int>& slots) {
  check(channel >= 0 && channel < kChannels, "channels are 0..15");
  check(slots.size() == Programs::kPrograms, "there are 128 programs");
  for (std::size_t i = 0; i < slots.size(); ++i) {
    check(slots[i] >= Programs::kNoSlot && slots[i] < static_cast<int>(kTimbreSlots),
          "no such timbre slot");
    link.programs().set(channel, static_cast<int>(i), static_cast<std::int16_t>(slots[i]));
  }
}

std::vector<ValueRow> told(Link& link, int limit) {
  std::vector<ValueRow> rows;
  while (static_cast<int>(rows.size()) < limit) {
    const HostValue* head = link.data().told.peek();
    if (head == nullptr) break;
    rows.emplace_back(head->index, head->value, head->sample);
    link.data().told.pop();
  }
  return rows;
}

bool move(Link& link, int index, double value, bool played) {
  check(index >= 0 && std::isfinite(value), "no such parameter or value");
  return link.data().moved.push({index, value, played ? HostValue::kPlayed : Event::kNow});
}

}  // namespace

void bind_heard(nb::class_<Link>& link) {
  link.def("heard", &heard, "limit"_a, "wait_ms"_a)
      .def("set_slots", &set_slots, "channel"_a, "slots"_a)
      .def("told", &told, "limit"_a)
      .def("move", &move, "index"_a, "value"_a, "played"_a = false)
      .def("settle", &Link::settle, "look_at"_a = kNeverAgain)
      .def_prop_ro("unheard", [](Link& l) { return l.heard().refused(); })
      .def_prop_ro("unheard_moves", [](Link& l) { return l.heard().moves_refused(); })
      .def_prop_ro("unheard_sysex", [](Link& l) { return l.heard().sysex_refused(); })
      .def_prop_ro("untold", [](Link& l) { return l.data().told.refused(); });
}

}  // namespace rtsynth
