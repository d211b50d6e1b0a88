"""What tests in a real browser share: the bundled instrument, its page in Chromium, a tape."""

import queue
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from rtsynth.player import Player
from rtsynth.player_config import PlayerConfig
from rtsynth.ui.room import PlayerRoom
from rtsynth.ui.server import Server

WAIT_S = 60.0
SOUND_S = 0.4  # of what is compared
RATE_HZ = 48_000
SILENT = 1e-5  # linear
PHONE = (360, 740)
DESK = (1280, 800)


def until(condition: Callable[[], Any]) -> Any:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.02)
    assert found
    return found


@pytest.fixture(scope="module")
def live_player() -> Iterator[Player]:
    """The bundled instrument, played for real."""
    with Player(PlayerConfig(backend="null", midi=False, block=256)) as live_player:
        yield live_player


@pytest.fixture(scope="module")
def live_room(live_player: Player) -> Iterator[PlayerRoom]:
    live_room = PlayerRoom(live_player)
    yield live_room
    live_room.close()


@pytest.fixture(scope="module")
def live_server(live_room: PlayerRoom) -> Iterator[Server]:
    with Server(live_room, port=0) as live_server:
        yield live_server


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio",
                     "--disable-dev-shm-usage", f"--window-size={DESK[0]},{DESK[1]}"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_script_timeout(WAIT_S)
    yield driver
    driver.quit()


@pytest.fixture
def page(driver: Any, live_server: Server, live_player: Player) -> Iterator[Any]:
    """The page, fresh, connected and silent."""
    size(driver, *DESK)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.get(live_server.url)
    connected(driver)
    yield driver
    driver.execute_script("window.dispatchEvent(new Event('blur'))")
    live_player.desk.panic()
    until(lambda: live_player.stats().core.voices == 0)
    severe = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
    assert not [line for line in severe if "WebSocket" not in line["message"]]


def connected(driver: Any) -> None:
    until(lambda: driver.find_elements(By.CSS_SELECTOR, "#found button"))


def size(driver: Any, width: int, height: int) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )


def key(driver: Any, number: int) -> Any:
    return driver.find_element(By.CSS_SELECTOR, f'.key[data-key="{number}"]')


def down(driver: Any) -> list[int]:
    """Keys that are lit."""
    lit = driver.execute_script(
        "return [...document.querySelectorAll('.key.lit')].map((key) => Number(key.dataset.key))"
    )
    return sorted(lit)


def middle(driver: Any, number: int) -> dict[str, float]:
    """Where a finger hits a key."""
    box = key(driver, number).rect
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + 0.8 * box["height"]}


def touch(driver: Any, kind: str, *fingers: dict[str, float]) -> None:
    """What fingers do: all that are down are named."""
    driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def state(driver: Any) -> dict[str, Any]:
    """What the page shows."""
    return {
        "timbre": driver.find_element(By.ID, "timbre-now").text,
        "reverb": driver.find_element(By.ID, "p-reverb_send").get_attribute("value"),
        "channel": driver.find_element(By.ID, "channel").get_attribute("value"),
        "place": driver.find_element(By.ID, "handle").get_attribute("style"),
        "url": driver.current_url,
    }


def shown_at(driver: Any, width: int) -> bool:
    return bool(driver.execute_script("return innerWidth") == width)


class Tape:
    """What goes into a recording, in pieces."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[np.ndarray] = queue.Queue()

    def hear(self, block: np.ndarray, _: int) -> None:
        self._blocks.put(block)

    def next(self, seconds: float) -> np.ndarray:
        """The next so many seconds that are played from now on, mono."""
        while not self._blocks.empty():
            self._blocks.get()
        found: list[np.ndarray] = []
        while sum(map(len, found)) < seconds * RATE_HZ:
            found.append(self._blocks.get(timeout=WAIT_S))
        return np.concatenate(found)[: round(seconds * RATE_HZ)].mean(1)


@pytest.fixture
def tape(live_player: Player) -> Iterator[Tape]:
    tape = Tape()
    end = live_player.tap.listen(tape.hear)
    yield tape
    end()


def bands(sound: np.ndarray) -> np.ndarray:
    """Levels of thirds of octaves in dB, down to 60 below the loudest."""
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    hz = np.fft.rfftfreq(len(sound), 1.0 / RATE_HZ)
    edges = np.searchsorted(hz, 100.0 * 2.0 ** (np.arange(22) / 3.0))
    level = 10.0 * np.log10(np.add.reduceat(power, edges)[:-1] + 1e-12)
    return np.maximum(level - level.max(), -60.0)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """How different two sounds are, in dB."""
    return float(np.sqrt(np.square(one - other).mean()))
