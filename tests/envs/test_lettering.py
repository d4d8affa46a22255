"""Names in pictures are legible, whatever their letters and whatever fonts there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import ImageFont

from colonnade_envs.objects import contact_sheet, lettering, make_mesh


@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No fonts but the usual one, whatever this computer has."""
    monkeypatch.setattr(lettering, "OTHERS", ())
    yield monkeypatch
    lettering._other.cache_clear()


def font_of(letters: str, path: Path) -> str:
    """A font with these letters, all of them alike, and a box for all others."""
    glyphs = {}
    for name, side in ((".notdef", 900), *((f"u{ord(letter):04X}", 500) for letter in letters)):
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        for corner in ((0, side), (side, side), (side, 0)):
            pen.lineTo(corner)
        pen.closePath()
        glyphs[name] = pen.glyph()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):04X}" for letter in letters})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    builder.save(path)
    return str(path)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("mug", "mug"),
        ("Ma\u00df a\u0308", "Maß ä"),
        ("кружка", "кружка"),
        ("\u7ef4 mug", r"\u7ef4 mug"),
        ("\N{FIRE}", r"\U0001f525"),
        ("two\nlines\t", r"two\nlines\t"),
        ("half \udc80", r"half \udc80"),
    ],
)
def test_what_has_no_letters_is_spelt(name: str, drawn: str, fonts: pytest.MonkeyPatch) -> None:
    assert lettering.lettering(name, 13)[0] == drawn


def test_another_font_is_taken_that_has_them(tmp_path: Path, fonts: pytest.MonkeyPatch) -> None:
    other = font_of("\u7ef4mug ", tmp_path / "other.ttf")
    fonts.setattr(lettering, "OTHERS", ("there-is-none.ttc", other))
    text, font = lettering.lettering("\u7ef4 mug", 13)
    assert (text, font.path) == ("\u7ef4 mug", other)  # type: ignore[union-attr]
    assert lettering.lettering("mug", 13)[1] is lettering._usual(13)
    assert lettering.lettering("\u7ef4 cup", 13)[0] == r"\u7ef4 cup"


@pytest.mark.parametrize("dots", ["…", "..."])
def test_what_is_cut_ends_with_dots_that_the_font_has(dots: str, tmp_path: Path) -> None:
    font = ImageFont.truetype(font_of(f"mug{dots[0]}", tmp_path / "other.ttf"), 10)
    assert lettering.fitting("mugmugmug", font, 60) == "mugmug"[: -len(dots)] + dots
    assert lettering.fitting("mugmug", font, 60) == "mugmug"


def test_a_name_with_a_line_feed_is_drawn(tmp_path: Path) -> None:
    mesh = make_mesh("two\nlines", [[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], [[0, 1, 2]])
    assert contact_sheet([mesh], tmp_path / "a.png", "a\nset", tile=64).is_file()
