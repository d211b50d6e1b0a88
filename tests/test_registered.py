"""Data entry means the parameter that was chosen last, and nothing where none was."""

from rtsynth.registered import Data, Registered, setting


def test_a_setting_is_followed_and_leaves_nothing_chosen() -> None:
    registered = Registered()
    found = [registered.follow(message) for message in setting(2, 1, 70, 5)]
    assert [each for each in found if each] == [
        Data(2, 1, 70, 0, True), Data(2, 1, 70, 5, False)]  # fmt: skip
    assert registered.follow((0xB2, 6, 1)) is None


def test_channels_choose_for_themselves() -> None:
    registered = Registered()
    for message in [(0xB0, 101, 0), (0xB0, 100, 0), (0xB1, 101, 0), (0xB1, 100, 2)]:
        registered.follow(message)
    assert registered.follow((0xB0, 6, 12)) == Data(0, 0, 12, 0, True)
    assert registered.follow((0xB1, 6, 60)) == Data(1, 2, 60, 0, True)
    assert registered.follow((0x90, 6, 60)) is None


def test_unregistered_parameters_and_a_reset_end_the_choice() -> None:
    registered = Registered()
    for ending in ((0xB0, 99, 1), (0xB0, 98, 1), (0xB0, 121, 0)):
        registered.follow((0xB0, 101, 0))
        registered.follow((0xB0, 100, 0))
        registered.follow(ending)
        assert registered.follow((0xB0, 6, 12)) is None
