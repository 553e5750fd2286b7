import ftfy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import BadArticle
from embeddings.readers.decoding import _parted, decode, tidy

WESTERN = ["été", "façade", "naïve", "Müller", "Ångström", "señor", "“we”", "it’s", "—", "£5"]
TEXTS = {
    "cp1252": "L’été dernier, la « réforme » a coûté 3 € à chaque élève, précise le préfet — déçu.",
    "cp1250": "Rząd ogłosił we wtorek reformę. Minister powiedział, że zmiany wejdą w życie w "
    "przyszłym roku, a związki zawodowe już przygotowują się do protestów i żądają płac.",
    "cp1251": "Правительство объявило во вторник о новой реформе, сообщил министр журналистам.",
    "koi8_r": "Правительство объявило во вторник о новой реформе, сообщил министр журналистам.",
    "cp1253": "Η κυβέρνηση ανακοίνωσε την Τρίτη μια νέα μεταρρύθμιση, δήλωσε ο υπουργός.",
    "cp932": "政府は火曜日に新しい改革を発表した。大臣は来年施行されると述べた。",
    "gb18030": "政府星期二宣布了一项新的改革。部长表示，这些变化将于明年生效。",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_encoding_is_told_from_the_text(encoding: str) -> None:
    assert decode(TEXTS[encoding].encode(encoding)) == TEXTS[encoding]


@pytest.mark.parametrize("word", ["El Niño", "fiancée", "£3.5m", "Malmö", "the city’s “plan”"])
def test_one_accent_in_english_is_western(word: str) -> None:
    text = f"Officials said on Tuesday that {word} had been on their minds for most of the year."

    assert decode(text.encode("cp1252")) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff")))
def test_any_text_with_a_mark_or_in_utf8_reads_back(words: str) -> None:
    text = "Words: " + words

    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert decode(text.encode(encoding)) == tidy(text)


@given(st.lists(st.sampled_from(WESTERN), max_size=8))
def test_western_words_among_english_read_back(words: list[str]) -> None:
    english = "The council met on Tuesday and the mayor spoke at length of the harbour. " * 4
    text = english + " and ".join(words)

    assert decode(text.encode("cp1252")) == text


def test_utf16_without_a_mark_is_told() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode("The café is open again.".encode(encoding)) == "The café is open again."


def test_a_foreign_byte_in_utf8_is_read_as_windows_does() -> None:
    content = "déjà vu, très bien, après, été ".encode() + b"\x93quoted\x94"

    assert decode(content) == "déjà vu, très bien, après, été “quoted”"


def test_a_declared_encoding_is_used_unless_the_bytes_say_otherwise() -> None:
    assert decode("Žižkov".encode("iso8859-2"), "iso8859-2") == "Žižkov"
    assert decode("Žižkov".encode(), "iso8859-2") == "Žižkov"


def test_evident_mojibake_is_mended_line_by_line_and_nothing_else() -> None:
    good = "“Fancy” ﬁgures &amp; ｗｉｄｅ letters… naïve São Paulo"
    bad = good.split()[0].encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")

    assert tidy(good) == good
    assert tidy("It wasnâ€™t cafÃ©\r\n" + good) == "It wasn’t café\n" + good
    assert tidy(bad) == "“Fancy”"


@pytest.mark.parametrize("content", [b"", b" \r\n\t", "\ufeff\n".encode()])
def test_nothing_is_refused(content: bytes) -> None:
    with pytest.raises(BadArticle, match="empty"):
        decode(content)


@pytest.mark.parametrize("content", [b"MZ\0\1\0\2", bytes(range(256)) * 9, b"\1\2\3\4" * 50])
def test_binary_is_refused(content: bytes) -> None:
    with pytest.raises(BadArticle, match="binary"):
        decode(content)


def test_known_formats_are_called_by_name() -> None:
    with pytest.raises(BadArticle, match="zip archive or an office document"):
        decode(b"PK\x03\x04....")


def test_a_megabyte_of_mojibake_is_read() -> None:
    assert tidy("â€™" * 300_000) == "’" * 300_000


ASCII = st.text(st.characters(max_codepoint=127, exclude_characters="\n\r"), max_size=60)
ASCII |= st.integers(0, 60).map("a ".__mul__)
MOJIBAKE = st.sampled_from(
    ["Ã©", "â€™", "Ã ", "Ã quele", "Â", "å", "\xed", "\x81", "\x1a", "ï¿½", "‘", "Œ", "\xa0", "Ð²Ñ"]
) | st.text(st.characters(min_codepoint=128, max_codepoint=0x2122), max_size=3)


@given(st.lists(ASCII | MOJIBAKE, max_size=8).map("".join))
def test_plain_ascii_around_it_does_not_change_how_mojibake_is_mended(line: str) -> None:
    line = line.replace("\ufeff", "")
    fixed = ftfy.fix_encoding(line)
    lost = "\ufffd" in fixed and "\ufffd" not in line
    plain = line.translate({ord(one): None for one in "‘’“”–—…"}).isascii()

    assert tidy(line) == (line if lost or plain else fixed.replace("\ufeff", ""))


def test_of_a_long_line_only_what_is_not_plain_ascii_is_looked_at() -> None:
    told, plain = _parted("x" * 100_000 + "wasnâ€™t" + "y" * 100_000 + "å" + "z" * 100_000)

    assert sum(map(len, told)) < 150
    assert sum(map(len, plain)) > 299_800


def test_a_mark_that_was_mojibake_is_dropped_too() -> None:
    assert tidy("ï»¿Fish was sold.") == "Fish was sold."
    assert "\ufeff" not in decode("úÄï»¿ killed ".encode("cp1252"))
