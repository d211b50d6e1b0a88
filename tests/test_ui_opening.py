"""`rtsynth --ui`: where the page is served, and what is loaded when."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import run_cli

from rtsynth.ui import opening


def test_the_command_line_serves_the_page_and_says_where(tiny: Path) -> None:
    done = run_cli("--instrument", tiny, "--backend", "null", "--no-disk-cache", "--ui",
                   "--no-browser", "--seconds", "0.2")  # fmt: skip
    assert done.returncode == 0
    assert "page http://127.0.0.1:84" in done.stdout


@pytest.mark.parametrize(
    "options", [["--ui-port", "8500"], ["--ui-host", "127.0.0.1"], ["--no-browser"]]
)
def test_options_of_the_page_are_for_the_page(options: list[str]) -> None:
    done = run_cli(*options)
    assert done.returncode == 2
    assert "add --ui" in done.stderr


def test_a_port_that_cannot_be_had_ends_in_one_line(tiny: Path) -> None:
    done = run_cli("--instrument", tiny, "--backend", "null", "--no-disk-cache", "--ui",
                   "--no-browser", "--ui-host", "203.0.113.1", "--seconds", "1")  # fmt: skip
    assert done.returncode == 1
    assert "203.0.113.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_playing_without_the_page_loads_no_server() -> None:
    code = (
        "import sys, rtsynth.cli, rtsynth.player, rtsynth.commands.play\n"
        "sys.exit(sum(name in sys.modules for name in ('starlette', 'uvicorn', 'wsproto')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_terminal_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not opening.has_screen()  # a browser of the terminal would take it over
    monkeypatch.setenv("DISPLAY", ":0")
    assert opening.has_screen()
