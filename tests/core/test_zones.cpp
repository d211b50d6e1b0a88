// MPE: who manages whom, and what members have of their managers.
#include <doctest/doctest.h>

#include "channel_helpers.h"

using namespace rtsynth;

TEST_CASE("zones: members, managers, overlaps, and off") {
  Zones zones;
  for (int channel = 0; channel < kChannels; ++channel) CHECK_FALSE(zones.is_member(channel));
  CHECK(zones.configure(Zones::kLower, 15));
  for (int channel = 1; channel < kChannels; ++channel)
    CHECK(zones.manager_of(channel) == Zones::kLower);
  CHECK(zones.configure(Zones::kUpper, 5));
  CHECK(zones.members(Zones::kLower) == 9);
  CHECK(zones.manager_of(9) == Zones::kLower);
  CHECK(zones.manager_of(10) == Zones::kUpper);
  CHECK_FALSE(zones.is_member(15));
  CHECK(zones.configure(Zones::kLower, 14));  // only the other's manager is left
  CHECK(zones.members(Zones::kUpper) == 0);
  CHECK(zones.configure(Zones::kLower, 0));
  CHECK_FALSE(zones.is_member(5));
  CHECK(zones.configure(Zones::kUpper, 15));
  CHECK(zones.manager_of(0) == Zones::kUpper);
  CHECK_FALSE(zones.configure(Zones::kUpper, 16));
  CHECK_FALSE(zones.configure(3, 4));
  CHECK(zones.members(Zones::kUpper) == 15);
}

TEST_CASE("a configuration message counts on channels 1 and 16 alone") {
  auto channels = make_channels();
  CHECK(registered(*channels, 2, kRpnZone, 5) == Channels::Change::kNone);
  CHECK_FALSE(channels->zones().is_member(3));
  CHECK(registered(*channels, 0, kRpnZone, 16) == Channels::Change::kNone);
  CHECK(registered(*channels, 0, kRpnZone, 3) == Channels::Change::kZones);
  CHECK(channels->zones().members(Zones::kLower) == 3);
  CHECK(channels->moved(0));
  CHECK(channels->moved(3));
  CHECK_FALSE(channels->moved(4));
  CHECK(channels->control(0, kDataEntryLow, 5) == Channels::Change::kNone);
  CHECK(channels->zones().members(Zones::kLower) == 3);
}

TEST_CASE("bend ranges in a zone: 48 and 2, and one member's is all members'") {
  auto channels = make_channels();
  registered(*channels, 0, kRpnZone, 4);
  CHECK(channels->at(0).bend_range() == 2.0F);
  for (int member = 1; member <= 4; ++member) CHECK(channels->at(member).bend_range() == 48.0F);
  CHECK(channels->at(5).bend_range() == 2.0F);
  registered(*channels, 3, kRpnBendRange, 24);
  for (int member = 1; member <= 4; ++member) CHECK(channels->at(member).bend_range() == 24.0F);
  CHECK(channels->at(0).bend_range() == 2.0F);
  CHECK(channels->at(5).bend_range() == 2.0F);
  registered(*channels, 0, kRpnZone, 0);
  CHECK(channels->at(1).bend_range() == 2.0F);
}

TEST_CASE("a member's notes have what their manager has, and a bend of their own") {
  auto channels = make_channels();
  registered(*channels, 0, kRpnZone, 8);
  channels->at(0).control(kVolume, 50);
  channels->at(0).control(kPan, 127);
  channels->at(0).control(kModulation, 127);
  channels->at(0).bend(16383);
  channels->at(0).press(30);
  channels->at(0).tune(60, 1.0F);
  channels->at(2).control(kVolume, 127);
  channels->at(2).control(kPan, 0);
  channels->at(2).bend(0);
  channels->at(2).press(90);
  channels->at(2).control(kBrightness, 127);
  const Expression one = heard(*channels, 2), other = channels->at(3).heard();
  CHECK(one.member);
  CHECK(one.gain == doctest::Approx(std::pow(50.0 / 127.0, 2.0)));
  CHECK(one.pan == 1.0F);
  CHECK(one.vibrato == doctest::Approx(0.5));
  CHECK(one.pitch == doctest::Approx(2.0 - 48.0));
  CHECK(one.pressure == doctest::Approx(90.0 / 127.0));
  CHECK(one.tilt == doctest::Approx(kParameters[4].preset));
  CHECK(other.pitch == doctest::Approx(2.0));
  CHECK(other.pressure == doctest::Approx(30.0 / 127.0));
  CHECK(other.tilt == 0.0F);
  CHECK(channels->place(2, 60).key == 61);
  CHECK(channels->place(9, 60).key == 60);
}

TEST_CASE("a member plays its manager's timbre until it has its own") {
  auto channels = make_channels();
  for (int channel = 0; channel < kChannels; ++channel) channels->set_timbre(channel, 5);
  registered(*channels, 15, kRpnZone, 6);
  channels->set_program(15, 7);
  channels->set_program(14, 8);
  CHECK(channels->timbre(14) == 7);
  channels->set_timbre(14, 9);
  CHECK(channels->timbre(14) == 9);
  CHECK(channels->timbre(13) == 7);
  channels->set_timbre(14, -1);
  CHECK(channels->timbre(14) == 7);
  channels->set_timbre(14, 9);
  registered(*channels, 15, kRpnZone, 0);
  CHECK(channels->timbre(14) == 5);
  channels->set_timbre(14, -1);
  CHECK(channels->timbre(14) == 5);
}

TEST_CASE("controller 121 on a manager holds for its zone, on a member for it alone") {
  auto channels = make_channels();
  registered(*channels, 0, kRpnZone, 3);
  for (int channel = 0; channel < 6; ++channel) channels->at(channel).press(100);
  channels->reset_controllers(2);
  CHECK(heard(*channels, 1).pressure > 0.7F);
  channels->reset_controllers(0);
  for (int channel = 0; channel < 4; ++channel) CHECK(heard(*channels, channel).pressure == 0.0F);
  CHECK(heard(*channels, 4).pressure > 0.7F);
}

TEST_CASE("drums are silent but in a zone") {
  auto channels = make_channels();
  CHECK_FALSE(channels->plays(kDrumChannel, 60));
  CHECK(channels->plays(8, 60));
  registered(*channels, 0, kRpnZone, 15);
  CHECK(channels->plays(kDrumChannel, 60));
  channels->reset();
  CHECK_FALSE(channels->plays(kDrumChannel, 60));
}

TEST_CASE("a key that its tuning leaves out is not played, in a zone its manager's") {
  auto channels = make_channels();
  channels->at(0).tune(61, kKeyNotPlayed);
  CHECK_FALSE(channels->plays(0, 61));
  CHECK(channels->plays(0, 60));
  CHECK(channels->plays(1, 61));
  registered(*channels, 0, kRpnZone, 2);
  CHECK_FALSE(channels->plays(1, 61));
}
