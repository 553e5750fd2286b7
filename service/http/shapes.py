"""What strings may be, as the description of the service tells it: patterns of JSON Schema.

They are for programs that ask, and for those that test whether the service keeps its word; what
is not as it should be is refused by what reads it, with a reason.
"""

from typing import Annotated, Any

from pydantic import Field

_NO_NUL = r"[^\u0000]"

# Digits are written out: some languages' patterns take those of every script for \d.
# Years that news is of; see `embeddings.readers.dates`.
_YEAR = r"(1[5-9]|2[01])[0-9][0-9]"
_LEAP_YEAR = r"((1[5-9]|2[01])(0[48]|[2468][048]|[13579][26])|1600|2000)"
_MONTH = r"(0[1-9]|1[0-2])"
_DAY_OF_A_YEAR = (
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_DAY = rf"({_YEAR}-{_DAY_OF_A_YEAR}|{_LEAP_YEAR}-02-29)"
_HOUR, _MINUTE = r"([01][0-9]|2[0-3])", r"[0-5][0-9]"
_TIME = rf"[T ]{_HOUR}:{_MINUTE}(:{_MINUTE}([.,][0-9]{{1,9}})?)?(Z|[+-]{_HOUR}:?{_MINUTE})?"

# What shows an address as another one, or ends it wherever it is written.
_NOT_IN_AN_ADDRESS = r"\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"


def _whole(pattern: str, **others: int) -> Any:  # noqa: ANN401
    """Say in JSON Schema that a string matches a pattern as a whole."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$", **others})


Storable = Annotated[str, _whole(f"{_NO_NUL}*")]
ArticleText = Annotated[str, _whole(rf"{_NO_NUL}*[^\s\u0000]{_NO_NUL}*", minLength=1)]
ArticleId = Annotated[str, _whole(r"[^\u0000-\u001f\u007f]*", maxLength=512)]
WebAddress = Annotated[
    str,
    _whole(
        rf"[Hh][Tt][Tt][Pp][Ss]?://[^{_NOT_IN_AN_ADDRESS}/][^{_NOT_IN_AN_ADDRESS}]*",
    ),
]
LanguageCode = Annotated[str, _whole(rf"[A-Za-z]{{2}}([^A-Za-z\u0000]{_NO_NUL}*)?")]
Published = Annotated[str, _whole(rf"({_YEAR}(-{_MONTH})?|{_DAY}({_TIME})?)")]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
QueryText = Annotated[str, _whole(r"[\s\S]*\S[\s\S]*", minLength=1, maxLength=10_000)]
