// What channels make of controllers and registered parameters, without any sound.
#include <doctest/doctest.h>

#include "channel_helpers.h"

using namespace rtsynth;

TEST_CASE("the table of controllers is in order, and says what a channel does") {
  int last = -1;
  for (const ControllerInfo& info : kControllers) {
    CAPTURE(info.name);
    CHECK(info.number > last);
    last = info.number;
    if (info.low_half != ControllerInfo::kNone) CHECK(info.low_half == info.number + kFirstLow);
    if (info.preset == ControllerInfo::kNone) continue;
    auto channels = make_channels();
    Channel& channel = channels->at(0);
    const float preset = channel.position(info.number);
    CHECK(preset == static_cast<float>(info.preset) / 127.0F);
    channel.control(info.number, 33);
    const float moved = channel.position(info.number);
    CHECK(moved == 33.0F / 127.0F);
    if (info.low_half != ControllerInfo::kNone) {
      channel.control(info.low_half, 64);
      CHECK(channel.position(info.number) == doctest::Approx(33.5 / 127.0));
      channel.control(info.number, 33);  // a high byte sets the low one to 0
      CHECK(channel.position(info.number) == moved);
    }
    channel.reset_controllers();
    CHECK(channel.position(info.number) == (info.reset ? preset : moved));
    channel.reset();
    CHECK(channel.position(info.number) == preset);
  }
}

TEST_CASE("14 bits move what 7 bits move, and the top is the top") {
  auto channels = make_channels();
  Channel& channel = channels->at(0);
  channel.control(kVolume, 127);
  channel.control(kVolumeLow, 127);
  CHECK(heard(*channels, 0).gain == 1.0F);
  channel.control(kVolume, 63);
  const float coarse = heard(*channels, 0).gain;
  channel.control(kVolumeLow, 64);
  const float between = heard(*channels, 0).gain;
  CHECK(between > coarse);
  CHECK(between == doctest::Approx(std::pow(63.5 / 127.0, 2.0)));
  channel.control(kPan, 64);
  channel.control(kPanLow, 64);
  CHECK(heard(*channels, 0).pan == doctest::Approx(0.5 / 63.0));
}

TEST_CASE("registered parameters: bend range, tuning, vibrato range") {
  auto channels = make_channels();
  Channel& channel = channels->at(3);
  CHECK(channel.bend_range() == 2.0F);
  CHECK(registered(*channels, 3, kRpnBendRange, 7, 50) == Channels::Change::kNone);
  CHECK(channel.bend_range() == doctest::Approx(7.5));
  CHECK(registered(*channels, 3, kRpnBendRange, 127) == Channels::Change::kNone);
  CHECK(channel.bend_range() == 96.0F);
  CHECK(channels->at(2).bend_range() == 2.0F);
  CHECK(registered(*channels, 3, kRpnFineTuning, 96, 0) == Channels::Change::kTuning);
  CHECK(channel.tuned() == doctest::Approx(0.5));
  CHECK(registered(*channels, 3, kRpnCoarseTuning, 52) == Channels::Change::kTuning);
  CHECK(channel.tuned() == doctest::Approx(-11.5));
  registered(*channels, 3, kRpnVibratoRange, 2, 64);
  channel.control(kModulation, 127);
  CHECK(heard(*channels, 3).vibrato == doctest::Approx(2.5));
}

TEST_CASE("data increment and decrement step by cents, semitones and smallest steps") {
  auto channels = make_channels();
  Channel& channel = channels->at(0);
  registered(*channels, 0, kRpnBendRange, 1, 99);
  channels->control(0, kDataIncrement, 0);
  CHECK(channel.bend_range() == doctest::Approx(2.0));
  channels->control(0, kDataDecrement, 0);
  CHECK(channel.bend_range() == doctest::Approx(1.99));
  registered(*channels, 0, kRpnBendRange, 0);
  channels->control(0, kDataDecrement, 0);
  CHECK(channel.bend_range() == 0.0F);
  registered(*channels, 0, kRpnCoarseTuning, 64);
  CHECK(channels->control(0, kDataIncrement, 0) == Channels::Change::kTuning);
  CHECK(channel.tuned() == 1.0F);
  registered(*channels, 0, kRpnCoarseTuning, 127);
  channels->control(0, kDataIncrement, 0);
  CHECK(channel.tuned() == 63.0F);
}

TEST_CASE("data entry after a null, a non-registered or an unknown parameter changes nothing") {
  for (const auto& [high, low, first, second] :
       {std::array{int{kRpnHigh}, int{kRpnLow}, 127, 127},
        std::array{int{kNrpnHigh}, int{kNrpnLow}, 0, 0},
        std::array{int{kNrpnHigh}, int{kNrpnLow}, 0, 6},
        std::array{int{kRpnHigh}, int{kRpnLow}, 0, 7},
        std::array{int{kRpnHigh}, int{kRpnLow}, 0x3D, 0}}) {
    auto channels = make_channels();
    registered(*channels, 0, kRpnBendRange, 12);
    channels->control(0, high, first);
    channels->control(0, low, second);
    for (const int entry : {int{kDataEntry}, int{kDataEntryLow}, int{kDataIncrement}}) {
      CHECK(channels->control(0, entry, 5) == Channels::Change::kNone);
    }
    CHECK(channels->at(0).bend_range() == 12.0F);
    CHECK(channels->at(0).tuned() == 0.0F);
  }
}

TEST_CASE("controller 121 resets what RP-015 says, and nothing else") {
  auto channels = make_channels();
  Channel& channel = channels->at(0);
  registered(*channels, 0, kRpnBendRange, 12);
  for (int number = 1; number < 96; ++number) {
    const bool entry = number == kDataEntry || (number >= kFirstLow && number < kFirstLow + 32);
    if (!entry) channel.control(number, 20);
  }
  channel.bend(0);
  channel.press(100);
  channel.reset_controllers();
  const Expression after = heard(*channels, 0);
  CHECK(after.pitch == 0.0F);
  CHECK(after.pressure == 0.0F);
  CHECK(channel.position(kExpression) == 1.0F);
  CHECK(channel.position(kModulation) == 0.0F);
  for (const int pedal : {kSustain, kPortamento, kSostenuto, kSoft})
    CHECK(channel.position(pedal) == 0.0F);
  for (const int kept : {kVolume, kPan, kVibratoRate, kReverbSend, kChorusSend})
    CHECK(channel.position(kept) == 20.0F / 127.0F);
  CHECK(channel.bend_range() == 12.0F);
  CHECK(channels->control(0, kDataEntry, 3) == Channels::Change::kNone);  // none is selected
  CHECK(channel.bend_range() == 12.0F);
}

TEST_CASE("vibrato: depth, rate and delay are relative to 64") {
  auto channels = make_channels();
  Channel& channel = channels->at(0);
  CHECK(heard(*channels, 0).vibrato == 0.0F);
  channel.control(kVibratoDepth, 127);
  CHECK(heard(*channels, 0).vibrato == doctest::Approx(0.5));
  channel.control(kVibratoDepth, 64);
  channel.control(kModulation, 127);
  CHECK(heard(*channels, 0).vibrato == doctest::Approx(0.5));
  channel.control(kVibratoDepth, 0);
  CHECK(heard(*channels, 0).vibrato == 0.0F);
  const auto turns = [&channels](int value) {  // in a second
    channels->at(0).control(kVibratoRate, value);
    double sum = 0.0;
    float last = channels->at(0).heard().vibrato_turn;
    for (int i = 0; i < 750; ++i) {
      channels->tick();
      const float now = channels->at(0).heard().vibrato_turn;
      sum += now - last + (now < last ? 1.0F : 0.0F);
      last = now;
    }
    return sum;
  };
  CHECK(turns(64) == doctest::Approx(5.5).epsilon(1e-3));
  CHECK(turns(127) == doctest::Approx(11.0).epsilon(1e-3));
  CHECK(turns(1) == doctest::Approx(2.75).epsilon(1e-3));
  CHECK(heard(*channels, 0).vibrato_delay == 0.0F);
  channel.control(kVibratoDelay, 127);
  CHECK(heard(*channels, 0).vibrato_delay == doctest::Approx(2.0 * kRate));
}

TEST_CASE("a glide from key to key lasts 5 ms to 5 s") {
  auto channels = make_channels();
  Channel& channel = channels->at(0);
  CHECK(channel.portamento_s() == doctest::Approx(0.005));
  channel.control(kPortamentoTime, 127);
  CHECK(channel.portamento_s() == doctest::Approx(5.0));
  channel.control(kPortamentoTime, 64);
  const double middle = channel.portamento_s();
  channel.control(kPortamentoTimeLow, 127);
  CHECK(channel.portamento_s() > middle);
}

TEST_CASE("a key sounds where its tuning, coarse and fine, puts it") {
  auto channels = make_channels();
  CHECK(channels->place(0, 60).key == 60);
  CHECK(channels->place(0, 60).semitones == 0.0F);
  channels->at(0).tune(60, 0.75F);
  registered(*channels, 0, kRpnCoarseTuning, 66);
  CHECK(channels->place(0, 60).key == 63);
  CHECK(channels->place(0, 60).semitones == doctest::Approx(-0.25));
  CHECK(channels->place(0, 61).key == 63);
  registered(*channels, 0, kRpnFineTuning, 32, 0);
  CHECK(channels->place(0, 60).key == 62);
  CHECK(channels->place(0, 60).semitones == doctest::Approx(0.25));
  CHECK(channels->place(1, 60).key == 60);
  CHECK(take_of(0, 200, 64).key == kKeyHigh);  // beyond the keyboard: its last take, moved
}

TEST_CASE("a silent channel has nothing to glide") {
  auto channels = make_channels();
  channels->at(0).bend(16383);
  channels->at(0).control(kVolume, 10);
  channels->settle(0, true);
  CHECK(channels->at(0).heard().pitch == 2.0F);
  CHECK(channels->at(0).gain() == doctest::Approx(std::pow(10.0 / 127.0, 2.0)));
}
