"""What is made ahead: in which order, and what gives way when the arena is full."""

import numpy as np

from rtsynth import contract
from rtsynth.background import LAYER_KEYS, LAYER_ORDER, MIDDLE_KEY, OTHER_LAYERS, Background
from rtsynth.metadata import Timbre
from rtsynth.takes import Job

TIMBRE = Timbre("any", np.zeros(16, np.float32), 40, 90, (), True)
HELD = {0: TIMBRE, 1: TIMBRE}


def drain(plan: Background) -> list[Job]:
    found = []
    while group := plan.next(16):
        found += group
    return found


def test_the_whole_keyboard_at_the_timbre_in_use_comes_first() -> None:
    plan = Background(HELD)
    plan.use([1])
    keys = contract.KEY_HIGH - contract.KEY_LOW + 1
    first = [plan.next(1)[0] for _ in range(keys)]
    assert {job.timbre for job in first} == {1}
    assert {job.layer for job in first} == {LAYER_ORDER[0]}
    assert [job.key for job in first[:3]] == [MIDDLE_KEY, MIDDLE_KEY - 1, MIDDLE_KEY + 1]
    assert {job.key for job in first} == set(range(contract.KEY_LOW, contract.KEY_HIGH + 1))


def test_a_plan_covers_everything_once_and_starts_anew_with_another_timbre() -> None:
    plan = Background(HELD)
    plan.use([0])
    total = len(plan)
    found = []
    while group := plan.next(16):
        assert len({job.pages for job in group}) == 1
        found += group
    assert len(found) == total == len(set(found))
    plan.use([0])
    assert len(plan) == 0
    plan.use([1, 0])
    assert plan.next(1)[0].timbre == 1


def test_what_was_asked_for_comes_before_all_else() -> None:
    plan = Background(HELD)
    plan.use([0])
    plan.ask([Job(1, 30, 0, 0), Job(1, 31, 0, 0)])
    assert plan.next(8) == [Job(1, 30, 0, 0), Job(1, 31, 0, 0)]
    assert plan.next(1)[0].timbre == 0


def test_timbres_not_in_use_get_few_onsets_within_their_ranges() -> None:
    bank = dict.fromkeys(range(54), TIMBRE)
    plan = Background(bank)
    plan.use([3])
    others = [job for job in drain(plan) if job.timbre != 3]
    assert {job.timbre for job in others} == set(range(54)) - {3}
    assert {job.key for job in others} == set(range(TIMBRE.low, TIMBRE.high + 1))
    assert {(job.page, job.pages) for job in others} == {(0, 1)}
    assert len(others) == 53 * 51 * len(OTHER_LAYERS)


def test_a_slot_that_holds_another_timbre_is_made_again_and_so_is_the_song() -> None:
    plan = Background(dict(HELD))
    plan.ask([Job(1, 50, 2, 0)])
    plan.ask_later([Job(1, 51, 2, 0), Job(7, 50, 2, 0)])
    plan.use([0])
    everything = drain(plan)
    assert everything[0] == Job(1, 50, 2, 0)
    assert Job(1, 51, 2, 0) not in everything
    plan.renew(1)
    again = drain(plan)
    assert again[:2] == [Job(1, 50, 2, 0), Job(1, 51, 2, 0)]
    assert {job.timbre for job in again} == {1}


def test_an_empty_slot_is_passed_over_until_it_is_filled() -> None:
    held = dict(HELD)
    plan = Background(held)
    plan.use([7, 0])
    assert {job.timbre for job in drain(plan)} == {0, 1}
    held[7] = TIMBRE
    plan.renew(7)
    assert {job.timbre for job in drain(plan)} == {7}


def test_what_was_used_longest_ago_gives_way() -> None:
    plan = Background(dict.fromkeys(range(4), TIMBRE))
    plan.use([2, 1])
    drain(plan)
    assert plan.least_wanted() == 3
    plan.use([0, 2, 1])
    assert plan.least_wanted() == 3
    plan.dropped(3)
    assert plan.least_wanted() == 1
    plan.dropped(1)
    plan.dropped(2)
    assert plan.least_wanted() is None


def test_a_song_s_timbres_never_give_way() -> None:
    plan = Background(dict.fromkeys(range(3), TIMBRE))
    plan.ask([Job(2, 60, 5, 0)])
    plan.use([1])
    drain(plan)
    plan.use([0])
    assert plan.least_wanted() == 1


def test_work_begins_around_what_was_played_last() -> None:
    plan = Background(HELD)
    plan.use([0])
    plan.next(10)
    plan.play(90, 2)
    near = [plan.next(1)[0] for _ in range(20)]
    assert (near[0].key, near[0].layer) == (90, 2)
    assert all(abs(job.key - 90) + LAYER_KEYS * abs(job.layer - 2) <= 6 for job in near)
    plan.play(30, 5)
    assert (plan.next(1)[0].key, plan.next(1)[0].key) in ((30, 29), (30, 31))
    rest = [(job.key, job.layer, job.page) for job in drain(plan) if job.timbre == 0]
    assert len(rest) == len(set(rest)) == 2 * 88 * 8 - 10 - 20 - 2  # nothing is lost or made twice
    pages = [page for *_, page in rest]
    assert pages == sorted(pages)  # and onsets stay before what is behind them


def test_another_timbre_s_keyboard_begins_where_was_played() -> None:
    plan = Background(HELD)
    plan.use([0])
    plan.play(100, 7)
    plan.use([1, 0])
    assert plan.next(1) == [Job(1, 100, 7, 0)]
    plan.renew(1)
    assert plan.next(1) == [Job(1, 100, 7, 0)]


def test_the_same_key_again_changes_nothing() -> None:
    plan = Background(HELD)
    plan.use([0])
    for key in (50, 51, 52, 53):
        plan.play(key, 5)
    first = plan.next(1)
    plan.play(52, 5)
    assert first[0].key in (50, 51, 52, 53)
    assert not plan._moved
