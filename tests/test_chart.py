"""The MIDI chart: its page is the one that the code makes, and every row of it is heard."""

from pathlib import Path

import chart_controllers
import chart_hands
import chart_notes
import chart_parameters
import chart_system
import chart_timbres
import chart_tuning
import pytest
from chart_rows import HEARD
from conftest import run_cli

from rtsynth import chart

PAGE = Path(__file__).parents[1] / "docs" / "midi-chart.md"
PLAYED = (chart_controllers, chart_hands, chart_notes, chart_parameters, chart_system,
          chart_timbres, chart_tuning)  # fmt: skip  # they fill HEARD
ROWS = [row.name for row in chart.rows()]


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    assert name in HEARD, f"nobody listens to '{name}': give it a test"
    HEARD[name]()


def test_rows_have_names_of_their_own_and_no_test_is_without_a_row() -> None:
    assert len(set(ROWS)) == len(ROWS)
    assert set(HEARD) == set(ROWS)
    assert {test.__module__ for test in HEARD.values()} == {each.__name__ for each in PLAYED}


def test_the_page_is_what_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == chart.text(), (
        "run: rtsynth chart > docs/midi-chart.md"
    )


def test_the_command_prints_it() -> None:
    assert run_cli("chart").stdout == chart.text()
