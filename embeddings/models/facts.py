"""What must be known of a model to use it, apart from its weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tokenizers import Tokenizer

from embeddings.encoder import ModelProfile, Role
from embeddings.models.calibration import shipped_calibration
from embeddings.models.card import card_languages
from embeddings.models.precision import Precision
from embeddings.models.tokens import open_tokenizer


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What must be known of a model to use it, apart from its weights.

    Attributes:
        dim: Length of a vector.
        window: The most tokens it reads at once, its own marks not counted.
        prompts: What is put before a text, by the text's role.
        tokenizer: Its tokenizer in the JSON form of the `tokenizers` library.
        pad_id: The token that fills a batch up.
    """

    dim: int
    window: int
    prompts: Mapping[str, str]
    tokenizer: str
    pad_id: int

    def prompt(self, role: Role) -> str:
        """Return what is put before a text of this role; mostly nothing."""
        return self.prompts.get(role, "")

    def max_tokens(self, tokenizer: Tokenizer) -> int:
        """Return the most tokens of a passage it reads at once, its own marks not counted.

        Args:
            tokenizer: Its own, opened.
        """
        longest = max(
            len(tokenizer.encode(self.prompt(role), add_special_tokens=False)) for role in Role
        )
        return self.window - longest

    def profile(
        self, name: str, folder: Path, fingerprint: str, precision: Precision
    ) -> ModelProfile:
        """Tell the rest of the house what the model in a folder is."""
        return ModelProfile(
            name=name,
            fingerprint=fingerprint,
            dim=self.dim,
            max_tokens=self.max_tokens(open_tokenizer(self.tokenizer)),
            tokenizer=self.tokenizer,
            languages=card_languages(folder),
            calibration=shipped_calibration(fingerprint),
            precision=str(precision),
        )

    def to_json(self) -> str:
        """Write the facts as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "ModelFacts":
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
