"""Text in pictures: in a font that has its letters, and where there is none, spelt without them."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

from PIL import ImageFont

__all__ = ["Font", "fitting", "lettering"]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

USUAL = "mpl-data/fonts/ttf/DejaVuSans.ttf"
"""In matplotlib: Pillow's own font has no letters beyond ASCII, and draws a box for them."""
OTHERS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "msyh.ttc",
    "malgun.ttf",
    "YuGothR.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
    "Arial Unicode.ttf",
    "unifont.otf",
)
"""Fonts with Chinese, Japanese and Korean letters that Linux, Windows and macOS come with."""
_NOBODYS = "\U0010ffff"
"""What no font has a letter for."""


def lettering(text: str, size: int) -> tuple[str, Font]:
    """The text as it can be drawn, and the font for it, `size` pixels high.

    Letters that no font here has are spelt as Python does it, such as `\\u7ef4`; so are line feeds.
    """
    text = unicodedata.normalize("NFC", text)  # an accent of its own would stand beside its letter
    usual = _usual(size)
    text = "".join(_spelt(letter) if _is_control(letter) else letter for letter in text)
    for font in chain([usual], _others(size)):
        if all(_has(font, letter) for letter in text):
            return text, font
    return "".join(x if _has(usual, x) else _spelt(x) for x in text), usual


def fitting(text: str, font: Font, width: float) -> str:
    """The text, or as much of its beginning as `width` pixels take."""
    if font.getlength(text) <= width:
        return text
    dots = "…" if _has(font, "…") else "..."
    while text and font.getlength(text + dots) > width:
        text = text[:-1]
    return text + dots


@lru_cache
def _usual(size: int) -> Font:
    found = importlib.util.find_spec("matplotlib")  # which takes long to import
    file = Path((found and found.origin) or "").parent / USUAL
    return ImageFont.truetype(file, size) if file.is_file() else ImageFont.load_default(size)


def _others(size: int) -> Iterator[Font]:
    """Those of the other fonts that this computer has; Pillow knows where they are kept."""
    for name in OTHERS:
        font = _other(name, size)
        if font is not None:
            yield font


@lru_cache
def _other(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _is_control(letter: str) -> bool:
    """Whether it is none that is drawn: a line feed, half of a pair, an unassigned number."""
    return unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029"


def _spelt(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


@lru_cache(maxsize=4096)
def _has(font: Font, letter: str) -> bool:
    """Whether a font has a letter, and would not draw the box that stands for all others."""
    if not isinstance(font, ImageFont.FreeTypeFont):
        return letter.isascii()
    return bytes(font.getmask(letter)) != bytes(font.getmask(_NOBODYS))
