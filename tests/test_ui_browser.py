"""The page in a real browser: what a hand does there is heard in the recording tap."""

import shutil
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("selenium")
if shutil.which("chromedriver") is None:
    pytest.skip("chromium-driver is not installed", allow_module_level=True)

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from ui_browser import (
    PHONE,
    SILENT,
    SOUND_S,
    Tape,
    apart,
    bands,
    connected,
    down,
    key,
    middle,
    size,
    state,
    touch,
    until,
)

from rtsynth.player import Player
from rtsynth.ui.room import PlayerRoom
from rtsynth.ui.server import Server

pytest_plugins = ["ui_browser"]


def test_a_click_on_a_key_sounds_in_the_recording_tap(
    page: Any, live_player: Player, tape: Tape
) -> None:
    assert tape.next(SOUND_S).max(initial=0.0) <= SILENT
    ActionChains(page).click_and_hold(key(page, 60)).perform()
    until(lambda: np.abs(tape.next(0.05)).max() > SILENT)
    until(lambda: "lit" in key(page, 60).get_attribute("class"))
    assert key(page, 60).get_attribute("aria-pressed") == "true"
    ActionChains(page).release().perform()
    until(lambda: live_player.stats().core.voices == 0)
    until(lambda: "lit" not in key(page, 60).get_attribute("class"))


def test_a_key_is_louder_at_its_front(page: Any, live_player: Player, tape: Tape) -> None:
    heard = []
    for below in (-50, 50):
        ActionChains(page).move_to_element_with_offset(
            key(page, 60), 0, below
        ).click_and_hold().perform()
        until(lambda: live_player.stats().core.voices > 0)
        heard.append(float(np.abs(tape.next(SOUND_S)).max()))
        ActionChains(page).release().perform()
        until(lambda: live_player.stats().core.voices == 0)
    assert heard[1] > 1.5 * heard[0]


def test_a_slide_of_the_mouse_plays_the_keys_on_its_way(page: Any, live_player: Player) -> None:
    notes = live_player.stats().core.notes
    slide = ActionChains(page, duration=30).click_and_hold(key(page, 60))
    for each in (62, 64, 65):
        slide = slide.move_to_element_with_offset(key(page, each), 0, 40)
    slide.perform()
    until(lambda: live_player.stats().core.notes >= notes + 4)
    until(lambda: down(page) == [65])
    ActionChains(page).release().perform()
    until(lambda: down(page) == [])


def test_several_fingers_hold_several_keys(page: Any, live_player: Player) -> None:
    size(page, *PHONE)
    until(lambda: len(page.find_elements(By.CLASS_NAME, "key")) < 40)
    one, over, other = ({"id": i, **middle(page, each)} for i, each in ((1, 60), (1, 62), (2, 64)))
    touch(page, "touchStart", one)
    touch(page, "touchStart", one, other)
    until(lambda: down(page) == [60, 64])
    until(lambda: live_player.stats().core.voices >= 2)
    touch(page, "touchMove", over, other)  # one slides on, the other stays
    until(lambda: down(page) == [62, 64])
    touch(page, "touchEnd")
    until(lambda: down(page) == [])


def test_computer_keys_hold_notes_until_they_are_let_go(page: Any, live_player: Player) -> None:
    notes = live_player.stats().core.notes
    ActionChains(page).key_down("q").key_down("e").perform()
    until(lambda: down(page) == [60, 64])
    for _ in range(5):  # the same key again, as it repeats by itself
        page.execute_cdp_cmd("Input.dispatchKeyEvent", {
            "type": "keyDown", "code": "KeyQ", "key": "q", "text": "q", "autoRepeat": True,
        })  # fmt: skip
    ActionChains(page).key_up("q").perform()
    until(lambda: down(page) == [64])
    page.execute_script("window.dispatchEvent(new Event('blur'))")  # another window
    until(lambda: down(page) == [])
    until(lambda: live_player.stats().core.voices == 0)
    assert live_player.stats().core.notes == notes + 2
    ActionChains(page).key_up("e").perform()


def test_letters_are_letters_where_text_is_typed(page: Any, live_player: Player) -> None:
    notes = live_player.stats().core.notes
    find = page.find_element(By.ID, "find")
    find.send_keys("pan-f")
    until(lambda: len(page.find_elements(By.CSS_SELECTOR, "#found button")) == 1)
    assert live_player.stats().core.notes == notes


def test_keys_light_up_for_what_is_played_elsewhere(page: Any, live_player: Player) -> None:
    live_player.controls.live((0x90, 67, 90), time.monotonic_ns())
    until(lambda: down(page) == [67])
    live_player.controls.live((0x80, 67, 0), time.monotonic_ns())
    until(lambda: down(page) == [])


def test_the_morph_pad_changes_the_spectrum_of_what_sounds(
    page: Any, live_player: Player, tape: Tape
) -> None:
    live_player.desk.set_timbre("church-organ", 0)
    until(lambda: page.find_element(By.ID, "timbre-now").text == "church-organ")
    ActionChains(page).key_down("q").perform()
    until(lambda: live_player.stats().core.voices > 0)
    tape.next(SOUND_S)
    still = [bands(tape.next(SOUND_S)) for _ in range(2)]
    change = apart(*still)
    handle = page.find_element(By.ID, "handle")
    ActionChains(page, duration=50).drag_and_drop_by_offset(handle, -280, -200).perform()
    until(lambda: apart(still[1], bands(tape.next(SOUND_S))) > 3.0 * change + 3.0)
    assert live_player.desk.timbre(0) != "church-organ"
    until(lambda: page.find_element(By.ID, "timbre-now").text != "church-organ")
    ActionChains(page).key_up("q").perform()


def test_reload_loses_nothing(page: Any, live_player: Player) -> None:
    slider = page.find_element(By.ID, "p-reverb_send")
    page.find_element(By.ID, "tab-sound").click()

    def moved() -> bool:
        slider.send_keys(*[Keys.ARROW_RIGHT] * 10)
        return bool(live_player.desk.get("reverb_send", 0) > 0.15)

    until(moved)
    page.find_element(By.ID, "find").send_keys("viola", Keys.ENTER)
    until(lambda: page.find_element(By.ID, "timbre-now").text == "viola")

    def rests() -> bool:  # a slider shows what the player says once nobody moves it
        shown = state(page)
        time.sleep(0.6)
        far = abs(float(shown["reverb"]) - live_player.desk.get("reverb_send", 0))
        return state(page) == shown and far < 0.01

    until(rests)
    before = state(page)
    page.refresh()
    connected(page)
    assert state(page) == before
    assert before["timbre"] == "viola"
    other = page.current_window_handle
    page.switch_to.new_window("tab")
    page.get(page.current_url if page.current_url.startswith("http") else before["url"])
    connected(page)
    assert state(page) == before
    page.close()
    page.switch_to.window(other)


def test_the_page_says_that_the_player_is_gone_and_finds_it_again(
    page: Any, live_room: PlayerRoom
) -> None:
    with Server(live_room, port=0) as live_server:
        page.get(live_server.url)
        connected(page)
        assert not page.find_element(By.ID, "lost").is_displayed()
    until(lambda: page.find_element(By.ID, "lost").is_displayed())
    assert "waiting" in page.find_element(By.ID, "lost").text
    with Server(live_room, port=live_server.port):
        until(lambda: not page.find_element(By.ID, "lost").is_displayed())
        page.get("about:blank")
