from __future__ import annotations

import pytest

from engine.compute import Compute
from engine.standardise.language import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "de"), ("de-AT", "de"), ("de_CH", "de"), ("en-us", "en"), ("German - Germany", "de"), ("Français", "fr"),
        (" English (US) ", "en"), ("ENG", "en"), ("zh-Hant-TW", "zh"), ("iw", "he"), ("klingon", None), ("", None),
        ("n/a", None), (None, None),
    ],
)  # fmt: skip
def test_a_language_however_it_is_said(text: str | None, code: str | None) -> None:
    with Compute(memory_limit="500MB", threads=1) as compute:
        assert compute.value(f"SELECT {language('t')} FROM (SELECT $text::VARCHAR AS t)", {"text": text}) == code
