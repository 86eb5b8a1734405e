"""Every word of the console exists in both languages, is used, and fills the same places."""

from __future__ import annotations

import re
import string
from pathlib import Path

import msgspec
import pytest

from api.console import texts
from api.console.rendering import TEMPLATES
from api.console.texts import EN, VI, Texts, texts_for

FIELDS = Texts.__struct_fields__


@pytest.mark.parametrize("name", FIELDS)
def test_a_message_says_something_in_both_languages_and_fills_the_same_places(name: str) -> None:
    """A missing place would print {name} on a wall, or lose who was first."""
    vietnamese, english = getattr(VI, name), getattr(EN, name)

    assert vietnamese
    assert english
    assert _places(vietnamese) == _places(english)


def test_no_vietnamese_was_left_in_the_english_texts() -> None:
    """A forgotten sentence reads as a fault to whoever knows no Vietnamese; the other language's name is meant."""
    accented = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
    left = [name for name in FIELDS if isinstance(said := getattr(EN, name), str) and accented.search(said)]

    assert left == ["other_language_name"]


def test_every_message_is_used_and_every_used_message_exists() -> None:
    """Dead words rot; a template that asks for a word that is not there fails at the reader."""
    sources = [*TEMPLATES.glob("*"), *Path(texts.__file__).parent.glob("*.py")]
    said = "".join(path.read_text() for path in sources if path.name != "texts.py")
    asked = set(re.findall(r"\bt\.([a-z_]+)", "".join(path.read_text() for path in TEMPLATES.glob("*.html"))))

    assert asked - set(FIELDS) == set()
    by_pattern = re.compile(
        r"happened_(acknowledge|start|assign|comment|verify|resolve_done|resolve_false|reopen)|reason_"
    )
    assert [name for name in FIELDS if not re.search(rf"\b{name}\b", said) and not by_pattern.match(name)] == []


def test_an_unknown_language_reads_vietnamese() -> None:
    """The console is Vietnamese first."""
    assert texts_for("xx") is texts_for(None) is VI
    assert texts_for("en") is EN


def _places(said: object) -> set[str]:
    written = (
        said if isinstance(said, str) else msgspec.json.encode(said).decode().translate({ord("["): "", ord("]"): ""})
    )
    return {name for _, name, _, _ in string.Formatter().parse(written) if name}
