"""Every colour can be read: AA for text, 3:1 for the marks of charts, in both themes."""

from pathlib import Path

import pytest
import re2

CSS = (Path(__file__).parents[2] / "static/dashboard/obs.css").read_text()
TEXT = ("fg", "muted", "accent", "good", "warn", "bad")
SERIES = ("s1", "s2", "s3", "s4", "s5", "s6")
SPECIFIED = {
    "light": {
        "fg": "#0f172a",
        "muted": "#475569",
        "accent": "#4f46e5",
        "good": "#15803d",
        "warn": "#b45309",
        "bad": "#b91c1c",
        "s1": "#4f46e5",
        "s2": "#0284c7",
        "s3": "#0d9488",
        "s4": "#d97706",
        "s5": "#dc2626",
        "s6": "#7c3aed",
    },
    "dark": {
        "fg": "#e2e8f0",
        "muted": "#94a3b8",
        "accent": "#a5b4fc",
        "good": "#4ade80",
        "warn": "#fbbf24",
        "bad": "#f87171",
        "s1": "#818cf8",
        "s2": "#38bdf8",
        "s3": "#2dd4bf",
        "s4": "#fbbf24",
        "s5": "#f87171",
        "s6": "#c084fc",
    },
}


def block(opening: str) -> dict[str, str]:
    body = CSS[CSS.index(opening) :].split("{", 1)[1].split("}", 1)[0]
    return dict(re2.findall(r"--([\w-]+): (#[0-9a-f]{6})", body))


THEMES = {"light": block(":root {"), "dark": block(':root[data-theme="dark"] {')}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_on_every_ground(theme: str) -> None:
    colours = THEMES[theme]
    for ground in ("page", "card", "soft"):
        for name in TEXT:
            assert contrast(colours[name], colours[ground]) >= 4.5, (theme, name, ground)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_stand_out_from_the_card(theme: str) -> None:
    for name in SERIES:
        assert contrast(THEMES[theme][name], THEMES[theme]["card"]) >= 3, (theme, name)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_are_those_agreed(theme: str) -> None:
    assert {name: THEMES[theme][name] for name in SPECIFIED[theme]} == SPECIFIED[theme]


def test_following_the_system_and_choosing_dark_look_alike() -> None:
    assert block(':root:not([data-theme="light"]) {') == THEMES["dark"]


def test_the_stylesheet_stays_small_and_asks_nobody() -> None:
    assert len(CSS.encode()) < 32_000
    assert "url(" not in CSS
    assert "@import" not in CSS
