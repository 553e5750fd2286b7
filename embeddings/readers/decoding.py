"""Bytes become text: encoding found, line ends made alike, evident mojibake mended."""

import codecs
import io
import re
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from embeddings.errors import BadArticle
from embeddings.readers.files import Counted

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_FORMATS = (
    (b"%PDF-", "a PDF; export it as text or HTML first"),
    (b"PK\x03\x04", "a zip archive or an office document; unpack it, or save it as text first"),
    (b"PK\x05\x06", "an empty zip archive; expected text"),
    (b"\xd0\xcf\x11\xe0", "an old office document; save it as text first"),
    (b"{\\rtf", "a rich text document (RTF); save it as text first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it first"),
    (b"\x89PNG", "a picture (PNG); expected text"),
    (b"\xff\xd8\xff", "a picture (JPEG); expected text"),
    (b"GIF8", "a picture (GIF); expected text"),
    (b"SQLite format 3\0", "an SQLite database; export it as CSV first"),
)

# Code pages by the languages they are believed for: their bytes read as Western European
# letters too, and the detector often prefers them for English, French or German.
_CENTRAL_EUROPEAN = frozenset(
    ["Croatian", "Czech", "Estonian", "Hungarian", "Polish", "Romanian", "Slovak", "Slovene"]
)
_LANGUAGES = {
    "cp1250": _CENTRAL_EUROPEAN,
    "iso8859_2": _CENTRAL_EUROPEAN,
    "cp1254": frozenset(["Turkish"]),
    "cp1257": frozenset(["Estonian", "Latvian", "Lithuanian"]),
}
_CODE_PAGES = [
    *("cp1252", *_LANGUAGES, "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_SAMPLE = 64 * 1024

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_WESTERN_SIGNS = frozenset("\xa0¡£§©ª«­®°±²³´·¹º»¼½¾¿×€‚„…‘’“”•–—™‹›†")

_FOREIGN = re.compile(r"[^\x00-\x7f]")

# Every mojibake has a character that is neither ASCII nor common punctuation.
_SUSPICIOUS = re.compile(r"[^\x00-\x7f‘’“”–—…]")

# Plain ASCII is the same in every encoding that ftfy tries, so of a long stretch only its ends say
# what stands beside it; its patterns see some five characters. Ctrl-Z is no plain one: ftfy takes
# it for what is left of a byte that was lost.
_PLAIN = re.compile(
    r"((?<=[\x00-\x19\x1b-\x7f]{16})[\x00-\x19\x1b-\x7f]+(?=[\x00-\x19\x1b-\x7f]{16}))"
)

_STRAY = "parallax.stray"


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is not UTF-8 as Windows does, most often a pasted quotation mark."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    if error.encoding != "utf-8" or error.reason == "unexpected end of data":
        return "\ufffd", error.end
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error(_STRAY, _stray)


def decode(content: bytes, declared: str | None = None) -> str:
    """Turn a whole file into text.

    Args:
        content: The file.
        declared: Encoding the file itself names; used if it fits.

    Raises:
        BadArticle: It is empty, binary, or in no encoding that could be told.
    """
    text = _declared_text(content, declared) if declared else None
    if text is None:
        text = content.decode(encoding_of(content), _STRAY)
    text = tidy(text)
    if "\0" in text:
        raise BadArticle("binary (it holds NUL characters); expected text")
    if not text.strip():
        raise BadArticle("empty: it holds no text")
    return text


def decoded_stream(stream: "io.BufferedReader[Counted]") -> io.TextIOWrapper:
    """Read a stream as text, in the encoding that its head shows; line ends stay as they are.

    Raises:
        BadArticle: The head is binary, or in no encoding that could be told.
    """
    return io.TextIOWrapper(stream, encoding_of(stream.peek(1)), _STRAY, newline="")


def tidy(text: str) -> str:
    r"""Make line ends `\n`, drop byte order marks and mend evident mojibake; nothing else."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    if text.isascii():
        return text
    # A mark may have been mojibake, too.
    return "\n".join(map(_mended, text.split("\n"))).replace("\ufeff", "")


def encoding_of(content: bytes) -> str:
    """Name the encoding of a file by its content, or by its head.

    Raises:
        BadArticle: It is binary, or in no encoding that could be told.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _checked(content, encoding)
    for magic, name in _FORMATS:
        if content.startswith(magic):
            raise BadArticle(name)
    wide = _wide(content)
    if wide is not None:
        return _checked(content, wide)
    if is_utf8(content) or _is_nearly_utf8(content):
        return _checked(content, "utf-8-sig")
    return _checked(content, _guess(content))


def is_utf8(content: bytes) -> bool:
    """Tell whether the bytes are UTF-8; the last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _declared_text(content: bytes, declared: str) -> str | None:
    if content.startswith(tuple(mark for mark, _ in _MARKS)) or (
        not content.isascii() and is_utf8(content)
    ):
        return None  # the bytes themselves are better evidence
    try:
        return content.decode(declared)
    except UnicodeDecodeError:
        return None


def _checked(content: bytes, encoding: str) -> str:
    """Return the encoding if the content, read in it, looks like text."""
    text = content.decode(encoding, _STRAY)
    odd = sum(1 for _ in _CONTROLS.finditer(text))
    if "\0" in text or odd > 2 + len(text) // 100 or 2 * odd > len(text) > 0:
        raise BadArticle(
            "binary (NUL or many control characters); expected text in UTF-8 or another encoding"
        )
    return encoding


def _wide(content: bytes) -> str | None:
    """Tell UTF-16 without a mark: ASCII characters leave every second byte NUL."""
    head = content[: _SAMPLE & ~1]
    if not head.count(0) > len(head) * 0.3:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) > max(even, odd) // 50:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_nearly_utf8(content: bytes) -> bool:
    """Tell UTF-8 with a few foreign bytes, as pasting together makes it, from other encodings."""
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return good >= 3 * bad


def _guess(content: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = _telling(content)
    matches = from_bytes(sample, cp_isolation=_CODE_PAGES, enable_fallback=False)
    best = matches.best()
    if not _is_western(sample):
        if best is not None:
            return best.encoding
        raise BadArticle("text in an encoding that could not be told, or binary; save it as UTF-8")
    # The same text may come of several code pages; the detector reports it once.
    western = max((m.coherence for m in matches if "cp1252" in m.could_be_from_charset), default=0)
    foreign = 1 - len(sample.decode("ascii", "ignore")) / len(sample)
    if best is None or not _beats_western(best, western, foreign):
        return "cp1252"
    return best.encoding


def _telling(content: bytes) -> bytes:
    """Return the lines that are not ASCII, as many as the detector needs."""
    size, lines = 0, []
    for line in content.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line if len(line) <= _SAMPLE else _window(line))
            size += len(lines[-1])
        if size >= _SAMPLE:
            break
    return b"".join(lines)


def _window(line: bytes) -> bytes:
    first = re.search(rb"[\x80-\xff]", line)
    start = first.start() if first else 0
    window = line[start : start + _SAMPLE]
    return window[: window.rfind(b" ") + 1] or window


def _is_western(sample: bytes) -> bool:
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    foreign: list[str] = _FOREIGN.findall(text)
    fitting = sum(char.isalpha() or char in _WESTERN_SIGNS for char in foreign)
    return fitting >= 0.9 * len(foreign)


def _beats_western(best: "CharsetMatch", western: float, foreign: float) -> bool:
    """Weigh the detector's choice against Western European, by the share of foreign bytes.

    Another script fills the text; accents and quotation marks are sprinkled.
    """
    languages = _LANGUAGES.get(best.encoding)
    if languages is None:
        return foreign > 0.2
    return foreign > 0.06 and best.language in languages and best.coherence > western


def _mended(line: str) -> str:
    if not _SUSPICIOUS.search(line):
        return line
    import ftfy

    told, plain = _parted(line)
    fixed = ftfy.fix_encoding("\n".join(told)).split("\n")
    # A replacement character where there was none would be a loss, not a repair.
    if "\ufffd" in "".join(fixed) and "\ufffd" not in line:
        return line
    return "".join(chain.from_iterable(zip_longest(fixed, plain, fillvalue="")))


def _parted(line: str) -> tuple[list[str], list[str]]:
    """Return the parts of a line that tell how it was encoded, and the plain ones between them."""
    parts = _PLAIN.split(line)
    return parts[::2], parts[1::2]
