import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.standardise.data import lines
from engine.standardise.name import company, name, root
from engine.standardise.text import fold_name


@pytest.mark.parametrize(
    ("typed", "display", "first", "middle", "last"),
    [
        ("GAIL  bright", "Gail Bright", "gail", None, "bright"),
        ("Bright, Gail", "Gail Bright", "gail", None, "bright"),
        ("John D.", "John D.", "john", None, "d"),
        ("Mr. J. R. R. Tolkien", "J. R. R. Tolkien", "j", "r r", "tolkien"),
        ("Dr. Hans-Peter Müller", "Hans-Peter Müller", "hans", "peter", "muller"),
        ("O'BRIEN, patrick", "Patrick O'Brien", "patrick", None, "obrien"),
        ("mary o brien", "Mary O Brien", "mary", None, "obrien"),
        ("Ronald McDonald", "Ronald McDonald", "ronald", None, "mcdonald"),
        ("RONALD MCDONALD", "Ronald McDonald", "ronald", None, "mcdonald"),
        ("JOSÉ GARCÍA", "José García", "jose", None, "garcia"),
        ("karl von der heide", "Karl von der Heide", "karl", None, "von der heide"),
        ("John Smith Jr.", "John Smith", "john", "jr", "smith"),
        ("Smith Jr., John", "John Smith", "john", "jr", "smith"),
        ("John Q. Smith, III", "John Q. Smith", "john", "q 3", "smith"),
        ("Victor V. Reed", "Victor V. Reed", "victor", "v", "reed"),
        ("Junior Reed", "Junior Reed", "junior", None, "reed"),
        ("John Junior", "John", "john", None, None),
        ("Seth", "Seth", "seth", None, None),
        ("Smith,", "Smith", None, None, "smith"),
        ("Mr Smith", "Smith", None, None, "smith"),
        ("Don Johnson", "Don Johnson", "don", None, "johnson"),
        ("Judith Guest", "Judith Guest", "judith", None, "guest"),
        ("k atherine reed", "Katherine Reed", "katherine", None, "reed"),
        ("E D Reed", "E D Reed", "e", "d", "reed"),
        ("Иван Петров", "Иван Петров", "ivan", None, "petrov"),
        ("ЩЕРБАКОВ, Юрий Ильич", "Юрий Ильич Щербаков", "yurii", "ilich", "shcherbakov"),
        ("Нил Петров", "Нил Петров", "nil", None, "petrov"),
        ("Γιώργος Παπάς", "Γιώργος Παπάς", "giorgos", None, "papas"),
        ("राहुल शर्मा", "राहुल शर्मा", "rahul", None, "srma"),
        ("刘杰", "刘杰", "jie", None, "liu"),
        ("张 秀英", "张秀英", "xiuying", None, "zhang"),
        ("김민수", "김민수", "minsu", None, "gim"),
        ("Ann 😀", "Ann", "ann", None, None),
    ],
)
def test_full_name(typed: str, display: str, first: str | None, middle: str | None, last: str | None) -> None:
    found = name(typed)
    assert (found.name, found.first, found.middle, found.last) == (display, first, middle, last)


@pytest.mark.parametrize(
    "typed", ["test", "Test Test", "n/a", "Guest Customer", "unknown", "john@x.com", "12345", "-", ""]
)
def test_no_name(typed: str) -> None:
    assert name(typed) == (None,) * 6
    assert name(None, typed, typed) == (None,) * 6


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        (None, "John", "Smith"),
        (None, " JOHN ", "smith"),
        (None, "John Smith", None),
        (None, "John", "John Smith"),
        (None, "John Smith", "Smith"),
        (None, None, "Smith, John"),
        ("John Smith", "John", None),
        ("John Smith", None, "Smith"),
        ("somebody else", "John", "Smith"),
    ],
)
def test_two_fields_and_one(full: str | None, first: str | None, last: str | None) -> None:
    found = name(full, first, last)
    assert (found.name, found.first, found.middle, found.last) == ("John Smith", "john", None, "smith")


@pytest.mark.parametrize(
    ("first", "last", "middle"),
    [
        ("David", "Dobbins Senior", "sr"),
        ("David", "Dobbins Snr.", "sr"),
        ("Morris II", "Klein", "jr"),
        ("Morris", "Klein 2nd", "jr"),
        ("Morris", "Klein Jr., MD", "jr"),
        ("Morris", "Klein IV", "4"),
        ("Morris I", "Klein", "i"),
        ("Jose Junior", "Silva", None),
        ("Junior", "Silva", None),
        ("Jr", "n/a", None),
    ],
)
def test_father_and_son(first: str, last: str, middle: str | None) -> None:
    assert name(None, first, last).middle == middle


def test_placeholder_beside_a_name() -> None:
    assert name(None, "Unknown", "Smith")[:2] == ("Smith", None)
    assert name(None, "Bob", "n/a")[:2] == ("Bob", "bob")
    assert name(None, "c1ca71f8b0a9", "5703436") == (None,) * 6


@pytest.mark.parametrize("typed", ["Acme Ltd.", "ACME GmbH & Co. KG", "Acme, Inc.", "Acme S.A.R.L."])
def test_company_in_a_name(typed: str) -> None:
    found = name(typed)
    assert (found.name, found.first, found.last, found.company) == (typed, None, None, "acme")
    assert company(typed) == "acme"
    assert company("n/a") is None


@pytest.mark.parametrize(
    "same",
    ["Müller Mueller MÜLLER Muller", "Jörg Joerg Jorg", "Preiß PREISS Preiss", "Günther Guenther", "Bjørn Bjorn"],
)
def test_spellings_that_are_one(same: str) -> None:
    assert len({fold_name(one) for one in same.split()}) == 1


def test_no_umlaut_where_there_is_none() -> None:
    words = [
        "michael",
        "samuel",
        "manuela",
        "noelle",
        "joel",
        "bauer",
        "vasquez",
        "rodriguez",
        "joe",
        "chloe",
        "miguel",
    ]
    for word in words:
        assert fold_name(word) == word


def test_roots() -> None:
    assert {root(one) for one in ("bob", "rob", "robert", "bobby")} == {"robert"}
    assert name("Bill Gates").first_root == name("William Gates").first_root
    assert name("Jürgen Klopp").first_root == "jurgen"
    assert root("zebulon") == "zebulon"
    assert [root(one) for one in ("peggie", "mhd", "jo", "kaz")] == ["margaret", "mohammed", "joanne", "karen"]


def test_a_short_form_belongs_to_one_name() -> None:
    forms = [word for line in lines("nicknames.txt") for word in line.split()]
    assert sorted(forms) == sorted(set(forms))


def test_every_nickname_stands_once_and_folded() -> None:
    words = [word for line in lines("nicknames.txt") for word in line.split()]
    assert len(words) == len(set(words))
    assert [word for word in words if fold_name(word) != word] == []


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.text(max_size=30), st.none() | st.text(max_size=20), st.none() | st.text(max_size=20))
def test_any_text_gives_folded_parts(full: str, first: str | None, last: str | None) -> None:
    found = name(full, first, last)
    for part in (found.first, found.middle, found.last):
        assert part is None or (part and fold_name(part) == part)
    assert found.name is None or found.name.strip()
