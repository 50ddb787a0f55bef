"""What people speak, as tools spell it -> a code of ISO 639-1, in SQL."""

from __future__ import annotations

from engine.compute import literal

#: The words for a language that tools show, folded: in English, in the language itself, and as three letters.
_WORDS = {
    "ar": "arabic ara", "bg": "bulgarian bul", "ca": "catalan cat", "cs": "czech cestina ces cze", "da": "danish dansk",
    "de": "german deutsch deu ger", "el": "greek ell gre", "en": "english eng",
    "es": "spanish espanol castellano spa esp", "et": "estonian eesti est", "fi": "finnish suomi fin",
    "fr": "french francais fra fre", "ga": "irish gaeilge gle", "he": "hebrew heb iw", "hi": "hindi hin",
    "hr": "croatian hrvatski hrv", "hu": "hungarian magyar hun", "id": "indonesian ind", "is": "icelandic isl ice",
    "it": "italian italiano ita", "ja": "japanese jpn", "ko": "korean kor", "lt": "lithuanian lietuviu lit",
    "lv": "latvian latviesu lav", "ms": "malay msa may", "nb": "norwegian norsk nor nob",
    "nl": "dutch nederlands flemish nld dut", "pl": "polish polski pol", "pt": "portuguese portugues por",
    "ro": "romanian romana ron rum", "ru": "russian rus", "sk": "slovak slovencina slk slo",
    "sl": "slovenian slovenscina slv", "sr": "serbian srpski srp", "sv": "swedish svenska swe", "th": "thai tha",
    "tr": "turkish turkce tur", "uk": "ukrainian ukr", "vi": "vietnamese vie", "zh": "chinese mandarin zho chi",
}  # fmt: skip


def language(text: str) -> str:
    """Make the SQL that reads a language: of `de-AT`, `de_CH`, `German (Austria)` and `Deutsch` it is `de`.

    NULL for what is none that is known.
    """
    folded = f"strip_accents(lower(trim({text})))"
    words = {word: code for code, line in _WORDS.items() for word in line.split()}
    known = ", ".join(f"{literal(word)}: {literal(code)}" for word, code in words.items())
    return f"""coalesce(MAP {{{known}}}[regexp_extract({folded}, '^[a-z]+')],
        nullif(regexp_extract({folded}, '^([a-z]{{2}})(?:[-_ ].*)?$', 1), ''))"""
