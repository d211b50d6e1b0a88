"""Those who listen come, hear and go."""

from rtsynth.listeners import Listeners


def test_all_hear_until_they_have_heard_enough() -> None:
    heard: list[tuple[str, int]] = []
    listeners = Listeners[[int]]()
    end_first = listeners.add(lambda said: heard.append(("first", said)))
    listeners.add(lambda said: heard.append(("second", said)))
    listeners.tell(1)
    end_first()
    end_first()
    listeners.tell(2)
    assert heard == [("first", 1), ("second", 1), ("second", 2)]


def test_one_who_goes_while_all_are_told_keeps_nothing_from_the_others() -> None:
    heard: list[int] = []
    listeners = Listeners[[int]]()
    ends = [listeners.add(lambda said: ends[0]())]
    listeners.add(heard.append)
    listeners.tell(1)
    listeners.tell(2)
    assert heard == [1, 2]
