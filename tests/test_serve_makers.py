"""One generator thread for many instances: what is urgent anywhere comes first, and all in turn."""

from typing import Any

from rtsynth.generator import Generator
from rtsynth.serve.makers import Makers


class Work(Generator):
    """A generator without a network: how much there is to do at each step, and what was done."""

    def __init__(self, done: list[tuple[str, str]], name: str, **left: int) -> None:
        self.done, self.name, self.left = done, name, left
        self.reports: list[Exception] = []

    def _do(self, step: str) -> bool:
        if not self.left.get(step):
            return False
        self.left[step] -= 1
        self.done.append((self.name, step))
        return True

    def serve_urgent(self, now_s: float) -> bool:
        return self._do("urgent")

    def follow(self, now_s: float) -> bool:
        return self._do("follow")

    def serve_soon(self, now_s: float) -> bool:
        return self._do("soon")

    def make_ahead(self, now_s: float) -> bool:
        return self._do("ahead")

    def settle(self, now_s: float) -> None:
        while self.follow(now_s):
            pass

    def report(self, error: Exception) -> None:
        self.reports.append(error)


class Customer:
    def __init__(self, work: Any) -> None:
        self.generator = work
        self.link: Any = None
        self.steps = work.steps


def makers_of(*work: Any) -> tuple[Makers, list[Customer]]:
    customers = [Customer(each) for each in work]
    makers = Makers(lambda line: None)
    for each in customers:
        makers.add(each)
    return makers, customers


def test_what_is_urgent_anywhere_comes_before_all_else() -> None:
    done: list[tuple[str, str]] = []
    makers, _ = makers_of(
        Work(done, "a", ahead=2, soon=1),
        Work(done, "b", urgent=2, ahead=1),
        Work(done, "c", follow=1),
    )
    while makers.step():
        pass
    steps = [step for _, step in done]
    assert steps == ["urgent", "urgent", "follow", "soon", "ahead", "ahead", "ahead"]


def test_instances_come_in_turn() -> None:
    done: list[tuple[str, str]] = []
    makers, _ = makers_of(*(Work(done, name, urgent=3) for name in "abc"))
    while makers.step():
        pass
    assert "".join(name for name, _ in done) == "abcabcabc"


def test_one_that_fails_does_not_hold_up_the_others() -> None:
    class Broken(Work):
        def serve_urgent(self, now_s: float) -> bool:
            raise ValueError("the network is broken")

    done: list[tuple[str, str]] = []
    broken = Broken(done, "a")
    makers, _ = makers_of(broken, Work(done, "b", urgent=2))
    while makers.step():
        pass
    assert done == [("b", "urgent")] * 2
    assert broken.reports


def test_one_that_went_is_left_alone() -> None:
    done: list[tuple[str, str]] = []
    makers, (first, _) = makers_of(Work(done, "a", ahead=5), Work(done, "b", ahead=1))
    makers.remove(first)
    while makers.step():
        pass
    assert done == [("b", "ahead")]
