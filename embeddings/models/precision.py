"""In which numbers a model is computed."""

from enum import StrEnum


class Precision(StrEnum):
    """In which numbers a model is computed; vectors of one are never mixed with another's."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"
