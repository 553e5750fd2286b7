from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# The same cases in every run, so that a change is not blamed for what another input brings out;
# new ones each time: pytest --hypothesis-profile=new. No bar on time: machines are busy.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile("same")

VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] the troop ##s left border rain fell on town . , query :"
)


@pytest.fixture(scope="session", autouse=True)
def kept_models(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Keep converted models from one run to the next, and in the numbers of the golden answers."""
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("parallax-models")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PARALLAX_MODELS", str(folder))
        environment.setenv("PARALLAX_PRECISION", "float32")
        yield folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a model with seeded random weights: "mean", "cls" or "static"."""
    folder = tmp_path_factory.mktemp("models")

    @cache
    def build(kind: str) -> Path:
        return _build(kind, folder)

    return build


def _build(kind: str, folder: Path) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        StaticEmbedding,
        Transformer,
    )
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    words = VOCABULARY.split()
    tokenizer = BertTokenizerFast(vocab={word: number for number, word in enumerate(words)})
    modules: list[torch.nn.Module]
    if kind == "static":
        modules = [StaticEmbedding(tokenizer.backend_tokenizer, embedding_dim=16)]
    else:
        bare = folder / f"{kind}-bare"
        tokenizer.save_pretrained(bare)
        BertModel(
            BertConfig(
                vocab_size=len(words),
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=64,
                initializer_range=0.5,  # Else all vectors are nearly the same.
            )
        ).save_pretrained(bare)
        modules = [
            Transformer(str(bare), max_seq_length=24),
            Pooling(16, pooling_mode=kind),
            Normalize(),
        ]
    model = SentenceTransformer(modules=modules, prompts={"query": "query : "}, device="cpu")
    model.save(str(folder / kind))
    return folder / kind
