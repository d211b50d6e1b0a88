"""The listening test: fair sounds, a page that works in a real browser, and honest statistics."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("pyloudnorm")

from tests.conftest import BUNDLED  # noqa: E402
from training.listening import results, sounds  # noqa: E402
from training.listening.page import Design, trials, write  # noqa: E402
from training.listening.sounds import ANCHOR, REFERENCE, Item  # noqa: E402

DESIGN = Design(abx=("network",), mushra=("codec", "network"))
NOTES = (("piano", 57, 96), ("flute", 69, 80))


def tone(key: int, gain: float, brightness: float) -> np.ndarray:
    """A decaying harmonic tone, (samples, 2)."""
    at = np.arange(round(3.2 * sounds.SAMPLE_RATE)) / sounds.SAMPLE_RATE
    hz = 440.0 * 2.0 ** ((key - 69) / 12.0)
    wave = sum(brightness**k * np.sin(2.0 * np.pi * k * hz * at) / k for k in range(1, 24))
    mono = (gain * wave * np.exp(-1.5 * at)).astype(np.float32)
    return np.stack([mono, mono], axis=1)


def items() -> list[Item]:
    """Two notes by three systems, each system at another level."""
    return [
        Item(
            timbre,
            key,
            velocity,
            {
                REFERENCE: tone(key, 0.3, 0.95),
                "codec": tone(key, 0.1, 0.93),
                "network": tone(key, 0.9, 0.8)[:-30_000],
            },
        )
        for timbre, key, velocity in NOTES
    ]


def test_all_sounds_of_a_trial_are_equally_loud_and_none_clips() -> None:
    for item in map(sounds.prepared, items()):
        assert set(item.sounds) == {REFERENCE, ANCHOR, "codec", "network"}
        loudness = [sounds.loudness_lufs(audio) for audio in item.sounds.values()]
        assert max(loudness) - min(loudness) < 0.05
        assert loudness[0] == pytest.approx(sounds.LOUDNESS_LUFS, abs=0.1)
        for audio in item.sounds.values():
            assert audio.shape == (round(sounds.SECONDS * sounds.SAMPLE_RATE), 2)
            assert np.abs(audio).max() <= 10.0 ** (sounds.PEAK_DBFS / 20.0) + 1e-6


def test_a_trial_that_would_clip_is_made_softer_as_a_whole() -> None:
    click = np.zeros((sounds.SAMPLE_RATE, 2), np.float32)
    click[::12_000] = 1.0
    item = sounds.prepared(Item("click", 60, 100, {REFERENCE: click, "codec": tone(60, 0.1, 0.9)}))
    loudness = [sounds.loudness_lufs(item.sounds[name]) for name in (REFERENCE, "codec")]
    assert loudness[0] < sounds.LOUDNESS_LUFS - 1.0
    assert loudness[0] == pytest.approx(loudness[1], abs=0.05)
    assert max(np.abs(audio).max() for audio in item.sounds.values()) == pytest.approx(0.891, 1e-3)


def test_the_anchor_is_what_the_recommendation_asks_for() -> None:
    noise = np.random.default_rng(0).standard_normal((1 << 16, 2)).astype(np.float32)
    spectrum = [np.abs(np.fft.rfft(x[:, 0])) ** 2 for x in (noise, sounds.anchor(noise))]
    hz = np.fft.rfftfreq(len(noise), 1.0 / sounds.SAMPLE_RATE)
    for low, high, least, most in (
        (50, 3400, -0.1, 0.1),
        (4000, 4500, -99, -25),
        (4500, 2e4, -99, -50),
    ):
        inside = (hz >= low) & (hz < high)
        gain = 10.0 * np.log10(spectrum[1][inside].sum() / spectrum[0][inside].sum())
        assert least <= gain <= most


def test_a_silent_system_is_named() -> None:
    silent = Item("flute", 69, 80, {REFERENCE: tone(69, 0.3, 0.9), "codec": np.zeros((9, 2), "f4")})
    with pytest.raises(sounds.SilentSoundError, match=r"flute, key 69.*codec"):
        sounds.prepared(silent)


def test_the_page_tells_nothing_and_loads_nothing(tmp_path: Path) -> None:
    prepared = [sounds.prepared(item) for item in items()]
    page = write(tmp_path, prepared, DESIGN, "tiny", 3).read_text("utf-8")
    assert "@" not in page.split("<style>")[0]
    assert "network" not in page
    assert "http://" not in page
    assert "https://" not in page
    written = sorted(tmp_path.glob("sounds/*.flac"))
    assert len(written) == 8
    audio, rate = soundfile.read(written[0])
    assert rate == sounds.SAMPLE_RATE
    assert any(np.allclose(audio, a, atol=1e-6) for i in prepared for a in i.sounds.values())


def test_every_trial_is_planned_once() -> None:
    planned = trials(2, DESIGN)
    assert len({trial["id"] for trial in planned}) == len(planned) == 4
    assert planned[-1]["systems"] == [REFERENCE, ANCHOR, "codec", "network"]


def test_the_notes_are_recorded_and_made_in_every_way(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from tests.training_data import write_data_set
    from training import shards
    from training.bank import MUSESCORE
    from training.evaluation.playing import Instrument
    from training.listening import material
    from training.rendering import RenderError, find_fluidsynth, find_soundfont

    try:
        find_fluidsynth()
        font = find_soundfont(MUSESCORE)
    except RenderError as error:
        pytest.skip(str(error))
    torch.set_num_threads(1)
    folder = write_data_set(tmp_path / "data")
    index = json.loads((folder / "dataset.json").read_text("utf-8"))
    (folder / "dataset.json").write_text(json.dumps({**index, "soundfont": font.name}), "utf-8")
    data = shards.load(folder)
    assert material.chosen(data, Instrument.open(BUNDLED), 3) == ["piano"]
    (item,) = material.items(data, ["piano"], {"network": BUNDLED}, seed=1)
    assert item.key % 6 == 3
    assert set(item.sounds) == {REFERENCE, "codec", "network", "sampler"}
    assert {audio.shape for audio in item.sounds.values()} == {(3 * sounds.SAMPLE_RATE, 2)}
    assert not np.allclose(item.sounds[REFERENCE][:, 0], item.sounds[REFERENCE][:, 1])
    heard = {name: sounds.loudness_lufs(audio) for name, audio in item.sounds.items()}
    assert heard["network"] == pytest.approx(heard[REFERENCE], abs=6.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([str(BUNDLED), "--data", "nowhere"], "nowhere"),
        (["--results", "nothing.json"], "nothing.json"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.listening.__main__ import main

    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


# --- in a real browser --------------------------------------------------------------------------


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Headless Chromium, whose downloads go to `tmp_path`/downloads."""
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync",
        "disable-background-networking", "disable-component-update", "window-size=900,1000",
        "autoplay-policy=no-user-gesture-required", f"user-data-dir={tmp_path / 'profile'}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.add_experimental_option(
        "prefs", {"download.default_directory": str(tmp_path / "downloads")}
    )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    found.implicitly_wait(5.0)
    yield found
    found.quit()


class Listener:
    """Someone before the page, who uses the keyboard alone."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.find("#main" if not self.in_slider() else ":focus").send_keys(key)

    def in_slider(self) -> bool:
        return bool(self.driver.execute_script("return document.activeElement.type === 'range'"))

    def title(self) -> str:
        return str(self.find("main h2").text)

    def hear(self, *keys: str) -> None:
        """Play sounds, each until it is under way."""
        for key in keys:
            self.press(key)
            self.wait("return deck.plays[deck.playing] > 0")
            self.wait("return deck.audio[deck.playing].currentTime > 0.05")

    def wait(self, condition: str) -> None:
        until = time.monotonic() + 20.0
        while not self.driver.execute_script(condition):
            assert time.monotonic() < until, condition
            time.sleep(0.02)

    def answer(self, pick: dict[str, str]) -> None:
        """Answer the trial that is shown: A/B/X by what X is, ratings by system."""
        if "Is X" in self.title():
            self.hear("a", "b", "x")
            x = self.driver.execute_script("return trials.find(t => !(t.id in state.answers)).x")
            self.press({"A": "1", "B": "2"}[x])
        else:
            self.hear("r", "1", "2", "3", "4")
            for i, value in enumerate(self.find_order(), 1):
                self.find(f"#rate{i}").send_keys(pick[value])
        self.press("\n")

    def find_order(self) -> list[str]:
        order: list[str] = self.driver.execute_script(
            "return trials.find(t => !(t.id in state.answers)).order"
        )
        return order


def test_a_listener_can_take_the_whole_test(tmp_path: Path, browser: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    page = write(tmp_path / "page", [sounds.prepared(i) for i in items()], DESIGN, "tiny", 3)
    (tmp_path / "downloads").mkdir()
    browser.get(page.as_uri())
    listener = Listener(browser)
    listener.hear("v")
    listener.find("#listener").send_keys("Ada")
    listener.find("#begin").click()
    listener.press("\n")  # too early: nothing was heard
    assert "Play every sound" in listener.find("#status").text
    rate = {
        REFERENCE: Keys.END,
        ANCHOR: Keys.HOME,
        "codec": Keys.PAGE_UP,
        "network": Keys.PAGE_DOWN,
    }
    listener.answer(rate)
    browser.refresh()  # what was answered is kept
    assert "1 trials" in listener.find("main").text
    listener.find("#resume").click()
    for _ in range(3):
        listener.answer(rate)
    assert "thank you" in listener.title()
    assert "2 of 2 trials" in listener.find("main").text
    listener.find("#download").click()
    saved = tmp_path / "downloads"
    until = time.monotonic() + 20.0
    while not list(saved.glob("listening-*-Ada.json")):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
    found = results.read(saved.glob("*.json"))
    assert [row.system for row in results.ratings(found)] == [REFERENCE, "codec", "network", ANCHOR]
    assert results.ratings(found)[0].mean == 100.0
    assert results.discriminations(found)[0].right == 2
    assert {(a["timbre"], a["key"], a["velocity"]) for a in found[0]["answers"]} == set(NOTES)
    assert "network" in results.show(found)


# --- results ------------------------------------------------------------------------------------


def result(listener: str, reference: float, network: float, right: int) -> dict[str, Any]:
    mushra = [
        {"kind": "mushra", "ratings": {REFERENCE: reference, "network": network + i}}
        for i in range(8)
    ]
    abx = [
        {"kind": "abx", "system": "network", "x": "A", "answer": "A" if i < right else "B"}
        for i in range(10)
    ]
    base = {"format": 1, "test": "t", "instrument": "tiny", "listener": listener, "seed": 1}
    return {**base, "answers": mushra + abx}


def test_statistics_are_those_of_the_textbook() -> None:
    found = results.ratings([result("a", 100, 60, 9)])
    assert found[1].mean == pytest.approx(63.5)
    half = 2.364624 * np.std(60.0 + np.arange(8), ddof=1) / np.sqrt(8)  # t of 7 degrees
    assert found[1].high - found[1].mean == pytest.approx(half, rel=1e-4)
    (told,) = results.discriminations([result("a", 100, 60, 9)])
    assert told.p_value == pytest.approx(11 / 1024)
    assert (told.low, told.high) == pytest.approx((0.5550, 0.9975), abs=1e-4)


def test_who_cannot_find_the_reference_is_left_out(tmp_path: Path) -> None:
    good, bad = result("good", 100, 60, 9), result("bad", 40, 90, 5)
    assert not results.unreliable(good)
    assert results.unreliable(bad)
    shown = results.show([good, bad])
    assert "left out (hidden reference below 90): bad" in shown
    assert " 63.5 " in shown
    assert "14 of  20" in shown


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[1]")
    with pytest.raises(ValueError, match=r"wrong\.json is not a listening result"):
        results.read([wrong])
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    one.write_text(json.dumps(result("a", 100, 60, 9)))
    two.write_text(json.dumps({**result("b", 100, 60, 9), "test": "other"}))
    with pytest.raises(ValueError, match="different tests: other, t"):
        results.read([one, two])
