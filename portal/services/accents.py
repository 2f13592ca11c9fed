"""A company's accent colour: which ones can be read, and the shades that the pages need of one.

Contrast is WCAG 2's: (lighter + 0.05) / (darker + 0.05) of the relative luminances.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
# The grounds of the design layer (portal.css) that text of this colour stands on; a test compares them.
WHITE = "#ffffff"
LIGHT_GROUNDS = ("#ffffff", "#f5f6f8", "#f0f2f5")
DARK_GROUNDS = ("#171d26", "#0f141b", "#1e2631")
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEP = 0.02

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """The shades, each for light and for dark."""

    accent: tuple[str, str]
    hover: tuple[str, str]
    soft: tuple[str, str]
    link: tuple[str, str]


def read(text: str) -> str:
    """What a person typed, as #rrggbb; empty when it is no colour."""
    text = text.strip().lower()
    text = text if text.startswith("#") else f"#{text}"
    if len(text) == 4:
        text = "#" + "".join(digit * 2 for digit in text[1:])
    return text if _HEX.fullmatch(text) else ""


def fault(colour: str) -> str:
    """Why this colour cannot be the accent, or nothing. White text stands on it, and links have it as their colour."""
    lowest = min(contrast(colour, ground) for ground in LIGHT_GROUNDS)
    if lowest >= TEXT_CONTRAST:
        return ""
    return (
        f"{colour} is too light to be read: its contrast is {lowest:.1f} to 1, and {TEXT_CONTRAST} is needed."
        " Choose a darker one."
    )


def palette(colour: str) -> Palette:
    """The shades of an accent colour without fault. On dark ground links are as much lighter as it takes."""
    fill = _lighter(colour, DARK_GROUNDS[:1], SHAPE_CONTRAST)
    return Palette(
        accent=(colour, fill),
        hover=(mix(colour, "#000000", 0.2), mix(fill, "#000000", 0.15)),
        soft=(mix(colour, WHITE, 0.9), mix(colour, DARK_GROUNDS[0], 0.75)),
        link=(colour, _lighter(colour, (*DARK_GROUNDS, mix(colour, DARK_GROUNDS[0], 0.75)), TEXT_CONTRAST)),
    )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with a share (0 to 1) of the other one in it."""
    first, second = _rgb(colour), _rgb(other)
    parts = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _lighter(colour: str, grounds: tuple[str, ...], wanted: float) -> str:
    """The colour, mixed with just so much white that it stands out from all grounds."""
    share = 0.0
    while share < 1 and min(contrast(mix(colour, WHITE, share), ground) for ground in grounds) < wanted:
        share += _STEP
    return mix(colour, WHITE, min(share, 1))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
