"""The figures on the status line."""

from types import SimpleNamespace
from typing import Any

from rtsynth.player import PlayerStats
from rtsynth.status import PlainStatus, describe, hit_percent, summary


def stats(**core: int | float) -> PlayerStats:
    numbers = dict.fromkeys(
        ["voices", "xruns", "cache_hits", "cache_misses", "notes", "events_dropped",
         "requests_dropped", "tap_dropped"], 0)  # fmt: skip
    fields: Any = SimpleNamespace(**{"load": 0.0, **numbers, **core})
    return PlayerStats(fields, 4.25, "speakers", "keys", 0, False)


def test_the_line_says_what_matters() -> None:
    line = describe(stats(voices=12, load=0.125, xruns=3, cache_hits=9, cache_misses=1))
    assert line == " 12 voices  load 12.5 %  drop-outs 3  cache 90.0 %  latency 4.2 ms"


def test_before_the_first_note_there_are_no_hits() -> None:
    assert hit_percent(0, 0) == "-"


def test_the_summary_tells_of_losses_only_if_there_were_any() -> None:
    assert "refused" not in summary(stats(notes=2, cache_hits=2))
    assert "4 events, requests or frames refused" in summary(stats(events_dropped=4))


def test_without_a_terminal_it_is_lines_now_and_then() -> None:
    lines: list[str] = []
    with PlainStatus(lines.append) as status:
        status.say("news")
        for _ in range(100):
            status.update(stats())
    assert lines == ["news"]
