// One instance without a server: blocks of any size, values, states.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "helpers.h"
#include "host_parameters.h"
#include "plugin_helpers.h"

using namespace rtsynth;
using namespace rtsynth::plugin;

namespace {

struct Bench {
  Bench() {
    Setup setup;
    setup.format = "test";
    setup.log = [](void* context, const char* line) {
      static_cast<Bench*>(context)->lines.emplace_back(line);
    };
    setup.context = this;
    instance = std::make_unique<Instance>(setup);
    instance->activate(48000.0, 4096);
  }
  void process(int samples, std::span<const HostEvent> events = {}) {
    instance->process({left.data(), right.data(), 1}, samples, events, {});
  }
  std::vector<std::string> lines;
  std::unique_ptr<Instance> instance;
  std::vector<float> left = std::vector<float>(8192), right = left;
};

int index(const char* name) { return index_of(name).value(); }

}  // namespace

TEST_CASE("values are kept within their ranges, whoever sets them") {
  Bench bench;
  CHECK(bench.instance->value(index("gain")) == 0.0);
  bench.instance->set_value(index("gain"), 99.0);
  CHECK(bench.instance->value(index("gain")) == 24.0);
  const std::vector<HostEvent> events = {parameter_event(index("reverb_time"), 4.0, 3),
                                         parameter_event(index("gain"), std::nan("")),
                                         parameter_event(-1, 1.0), parameter_event(100000, 1.0)};
  bench.process(64, events);
  CHECK(bench.instance->value(index("reverb_time")) == 4.0);
  CHECK(bench.instance->value(index("gain")) == 24.0);
}

TEST_CASE(
    "a state brings values back; what it lacks is as at the start; a bad one changes nothing") {
  Bench bench;
  bench.instance->set_value(index("reverb_time"), 5.0);
  const std::string state = bench.instance->save();
  bench.instance->set_value(index("reverb_time"), 6.0);
  CHECK_FALSE(bench.instance->load(state.substr(1)));
  CHECK_FALSE(bench.instance->load({}));
  CHECK(bench.instance->value(index("reverb_time")) == 6.0);
  CHECK(bench.lines.size() == 2);
  CHECK(bench.instance->load(state));
  CHECK(bench.instance->value(index("reverb_time")) == 5.0);
  CHECK(bench.instance->save() == state);
}

#if !defined(RTSYNTH_SANITIZED)
TEST_CASE("process takes no memory, whatever comes, and whatever the block's size") {
  Bench bench;
  std::vector<HostEvent> events;
  for (int i = 0; i < 20000; ++i) {
    events.push_back(i % 3 == 0 ? note_on(i % 128, 0.5, i % 16, i, i / 5)
                                : parameter_event(i % 50, i % 7, i / 5));
  }
  events.push_back(note_off(-1, -1));
  const long before = allocation_count();
  for (const int samples : {0, 1, 7, 64, 4096, 8192}) {
    bench.process(samples, events);
    bench.instance->reset();
  }
  CHECK(allocation_count() == before);
}
#endif
