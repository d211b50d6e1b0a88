// The LV2 plugin's audio thread, with a host in C++, so that every guard of the core sees it.
#include <doctest/doctest.h>
#include <lv2/core/lv2.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "host_parameters.h"
#include "lv2_helpers.h"
#include "lv2_more.h"
#include "lv2_names.h"
#include "watched.h"

extern "C" const LV2_Descriptor* lv2_descriptor(std::uint32_t index);

using namespace rtsynth::plugin;

namespace {

constexpr std::uint32_t kSamples = 64;

/// A host with one instance.
class TestHost {
 public:
  TestHost() {
    setenv("RTSYNTH_RUNTIME_DIR", "/nonexistent", 1);     // no server is there
    setenv("RTSYNTH_SERVER", "/nonexistent/rtsynth", 1);  // and none can be started
    for (const HostParameter& parameter : host_parameters()) {
      values_.push_back(static_cast<float>(parameter.preset));
    }
    const LV2_Feature map = {LV2_URID__map, &sequence.uris().map()};
    const std::array<const LV2_Feature*, 2> features = {&map, nullptr};
    lv2_ = lv2_descriptor(0);
    handle_ = lv2_->instantiate(lv2_, 48000.0, "/", features.data());
    REQUIRE(handle_ != nullptr);
    connect();
    lv2_->activate(handle_);
  }
  ~TestHost() {
    lv2_->deactivate(handle_);
    lv2_->cleanup(handle_);
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  [[nodiscard]] float& operator[](const char* name) {
    return values_[static_cast<std::size_t>(index_of(name).value())];
  }
  void run(std::uint32_t samples = kSamples) {
    notify_[0] = 0;
    auto* atom = reinterpret_cast<LV2_Atom*>(notify_.data());
    atom->size = static_cast<std::uint32_t>(notify_.size() * sizeof(notify_[0]) - sizeof(LV2_Atom));
    lv2_->run(handle_, samples);
  }

  Sequence sequence;
  std::vector<float> left = std::vector<float>(8192), right = left;
  float freewheel = 0.0F;
  float latency = 1.0F;

 private:
  void connect() {
    const auto port = [this](std::uint32_t index, void* data) {
      lv2_->connect_port(handle_, index, data);
    };
    port(kLv2Control, sequence.done());
    port(kLv2Notify, notify_.data());
    port(kLv2Left, left.data());
    port(kLv2Right, right.data());
    port(kLv2Latency, &latency);
    port(kLv2Freewheel, &freewheel);
    for (std::size_t i = 0; i < values_.size(); ++i) {
      port(kLv2Parameters + static_cast<std::uint32_t>(i), &values_[i]);
    }
  }

  const LV2_Descriptor* lv2_ = nullptr;
  LV2_Handle handle_ = nullptr;
  std::vector<float> values_;
  std::vector<std::uint64_t> notify_ = std::vector<std::uint64_t>(512);
};

}  // namespace

TEST_CASE("LV2: a block with notes, knobs and a song that jumps calls nothing that may wait") {
  TestHost host;
  host.sequence.position(0, 48000, 1.0F);
  for (int key = 0; key < 100; ++key) {
    host.sequence.midi(key / 2, {0x90, static_cast<std::uint8_t>(key), 100});
  }
  host.sequence.midi(50, {0xF0, 0x7E, 0x7F, 9, 1, 0xF7});
  host.sequence.position(55, 0, 1.0F);
  host.sequence.midi(60, {0xC0, 48});
  const Watched watched(53);
  for (int i = 0; i < 50; ++i) {
    host["pan"] = static_cast<float>(i % 3) - 1.0F;
    host["gain"] = static_cast<float>(i % 2);
    host.run();
  }
  host.run(0);
  host.run(1);
  host.run(8192);
  CHECK(host.latency == 0.0F);
  for (const float sample : host.left) REQUIRE(std::isfinite(sample));
}

TEST_CASE("LV2: the freewheel port goes on and off between blocks") {
  TestHost host;
  host.sequence.midi(3, {0x90, 60, 100});
  for (int i = 0; i < 6; ++i) {
    host.freewheel = i % 2 == 0 ? 1.0F : 0.0F;
    host.run();
  }
  for (const float sample : host.left) REQUIRE(std::isfinite(sample));
}
