"""Counts a model's tokens without the model. Imports neither torch nor transformers."""

from collections.abc import Sequence

from tokenizers import Encoding, Tokenizer

from embeddings.encoder import ModelProfile
from embeddings.errors import ModelUnavailable


def open_tokenizer(definition: str) -> Tokenizer:
    """Make a tokenizer that neither cuts nor pads.

    Args:
        definition: JSON form of the `tokenizers` library.
    """
    tokenizer = Tokenizer.from_str(definition)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class TokenCounter:
    """Counts tokens as the model of a profile does, its own marks not counted."""

    def __init__(self, profile: ModelProfile) -> None:
        if not profile.tokenizer:
            raise ModelUnavailable(
                f"The model {profile.name!r} has no tokenizer that works without it; choose a "
                "model with a tokenizer.json."
            )
        self._tokenizer = open_tokenizer(profile.tokenizer)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text."""
        # The fast way leaves out where the tokens stand, which nobody asks for here.
        encodings: list[Encoding] = self._tokenizer.encode_batch_fast(
            list(texts), add_special_tokens=False
        )
        return [len(encoding) for encoding in encodings]
