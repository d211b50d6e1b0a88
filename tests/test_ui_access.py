"""The page without a mouse and without eyes: keyboard, names, contrast, a phone's width."""

import shutil
from functools import partial
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
    DESK,
    PHONE,
    SILENT,
    Tape,
    down,
    shown_at,
    size,
    until,
)

from rtsynth.player import Player

pytest_plugins = ["ui_browser"]


CONTROLS = """
return [...document.querySelectorAll(
  'button, input, select, textarea, a[href], [role=slider], [role=tab], [role=meter], [role=img]')]
  .filter((each) => each.checkVisibility({ checkVisibilityCSS: true }));
"""
CONTRASTS = """
const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = numbers(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return numbers(getComputedStyle(document.documentElement).backgroundColor);
};
const found = [];
for (const element of document.querySelectorAll('body *')) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
  if (element.disabled || element.closest('.hidden, .skip')) continue;
  const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.push(`${element.outerHTML.slice(0, 90)} ${ratio.toFixed(2)}`);
}
return found;
"""


def test_it_is_played_with_the_keyboard_alone(page: Any, live_player: Player, tape: Tape) -> None:
    seen = []
    for _ in range(60):
        ActionChains(page).send_keys(Keys.TAB).perform()
        seen.append(page.switch_to.active_element)
        if seen[-1].get_attribute("data-key"):
            break
    ids = [each.get_attribute("id") for each in seen]
    for wanted in (
        "channel",
        "record",
        "panic",
        "handle",
        "find",
        "tab-sound",
        "p-bright",
        "sustain",
    ):
        assert wanted in ids, (wanted, ids)
    ActionChains(page).send_keys(Keys.ARROW_RIGHT).perform()
    focus = page.switch_to.active_element
    assert (
        page.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focus) != "none"
    )
    number = int(focus.get_attribute("data-key"))
    ActionChains(page).key_down(Keys.SPACE).perform()
    until(lambda: down(page) == [number])
    until(lambda: np.abs(tape.next(0.05)).max() > SILENT)
    ActionChains(page).key_up(Keys.SPACE).perform()
    until(lambda: down(page) == [])


def test_arrow_keys_move_the_handle_and_turn_the_tabs(page: Any, live_player: Player) -> None:
    before = live_player.desk.timbre(0)
    page.find_element(By.ID, "handle").send_keys(Keys.ARROW_RIGHT * 12)
    until(lambda: live_player.desk.timbre(0) != before)
    words = page.find_element(By.ID, "handle").get_attribute("aria-valuetext")
    assert words
    page.find_element(By.ID, "tab-sound").send_keys(Keys.END)
    last = page.switch_to.active_element
    assert last.get_attribute("aria-selected") == "true"
    assert page.find_element(By.ID, last.get_attribute("aria-controls")).is_displayed()


def test_every_control_has_a_name_and_every_id_is_the_only_one(page: Any) -> None:
    checked = set()
    for tab in page.find_elements(By.CSS_SELECTOR, "[role=tab]"):
        tab.click()
        for element in page.execute_script(CONTROLS):
            if element.id not in checked:
                assert element.accessible_name.strip(), element.get_attribute("outerHTML")
                checked.add(element.id)
    assert len(checked) > 200
    ids = page.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert page.find_elements(By.CSS_SELECTOR, "[role=status][aria-live=polite]")
    assert page.execute_script("return document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_and_nothing_sticks_out(page: Any, scheme: str) -> None:
    media = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]  # colours change at once
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    for width, height in (DESK, PHONE):
        size(page, width, height)
        until(partial(shown_at, page, width))
        for tab in page.find_elements(By.CSS_SELECTOR, "[role=tab]"):
            page.execute_script("arguments[0].click()", tab)
            assert page.execute_script(CONTRASTS) == []
            wide = page.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, (tab.text, width, wide)
