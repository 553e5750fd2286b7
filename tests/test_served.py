"""A library serves one model, and vectors of two are never mixed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import NAME, Shelf, ToyEncoder, toy_corpus

from embeddings.article import Article
from embeddings.canary import CANARY, check_canary
from embeddings.encoder import Passage
from embeddings.errors import LibraryChanged, MissingVectors, ModelChanged, ModelUnavailable
from embeddings.served import ServedModel, lasting_name, served_by
from embeddings.vectors import Matrix, unit
from service.corpus import Corpus

TOY = ToyEncoder()
OTHER = ToyEncoder(name="other", salt="other")
HARBOUR = Article("The harbour of Arden was closed on Monday after a storm.", id="harbour")
COUNCIL = Article("The council of Borgo voted for a new bridge on Tuesday.", id="council")


def begun(folder: Path, shelf: Shelf | None = None) -> Corpus:
    corpus = (shelf or Shelf()).open(folder)
    list(corpus.add([HARBOUR]))
    return corpus


def found(corpus: Corpus, query: str = "harbour closed") -> list[str]:
    return [hit.article_id for hit in corpus.search(query).hits]


def test_a_new_library_serves_no_model_and_then_that_of_its_first_article(tmp_path: Path) -> None:
    corpus = Shelf(TOY, OTHER).open(tmp_path, model="other")
    assert corpus.library.store.state().served is None

    list(corpus.add([Article("", id="refused")]))
    assert corpus.library.store.state().served is None
    list(corpus.add([HARBOUR]))

    assert corpus.library.store.state().served == served_by(OTHER.profile)


def test_unless_one_is_asked_for_the_librarys_model_is_used(tmp_path: Path) -> None:
    list(Shelf(TOY, OTHER).open(tmp_path, model="other").add([HARBOUR]))
    before = len(TOY.seen)

    corpus = Shelf(TOY, OTHER).open(tmp_path)
    list(corpus.add([COUNCIL]))

    assert found(corpus) == ["harbour", "council"]
    assert len(TOY.seen) == before


@pytest.mark.parametrize("offline", [False, True])
def test_a_question_by_another_model_is_refused_with_what_to_do(
    tmp_path: Path, offline: bool
) -> None:
    corpus = begun(tmp_path)
    corpus.library.cache.write(OTHER.profile, [CANARY], OTHER.encode([CANARY]))

    asking = Shelf(TOY, OTHER).open(tmp_path, model="other", offline=offline)

    with pytest.raises(ModelChanged, match=r"serves the model toy .*`parallax model use other`"):
        asking.search("harbour closed")


def test_an_article_by_another_model_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    begun(tmp_path)
    corpus = Shelf(TOY, OTHER).open(tmp_path, model="other")

    with pytest.raises(ModelChanged, match="other was asked for"):
        list(corpus.add([COUNCIL]))

    assert [one.id for one in corpus.articles().articles] == ["harbour"]
    assert [one.name for one in corpus.library.cache.models()] == [NAME]


def test_what_needs_no_model_asks_for_none(tmp_path: Path) -> None:
    begun(tmp_path)
    corpus = Shelf().open(tmp_path, model="gone")

    assert [one.id for one in corpus.articles().articles] == ["harbour"]
    assert corpus.article("harbour").text == HARBOUR.text


def test_a_race_of_two_models_for_a_new_library_is_won_by_one(tmp_path: Path) -> None:
    first, second = Shelf(TOY).open(tmp_path), Shelf(OTHER).open(tmp_path, model="other")
    second.library.encoder.fingerprint  # noqa: B018 - It has chosen before the other one writes.
    list(first.add([HARBOUR]))

    with pytest.raises(LibraryChanged):
        list(second.add([COUNCIL]))
    with pytest.raises(LibraryChanged):
        second.search("harbour")
    assert found(first) == ["harbour"]


def test_files_that_changed_behind_a_name_are_noticed_before_anything_is_embedded(
    tmp_path: Path,
) -> None:
    begun(tmp_path).search("harbour closed")
    changed = ToyEncoder(salt="other weights")
    corpus = Shelf(changed).open(tmp_path)

    assert found(corpus) == ["harbour"]  # All of that is in the cache, by the model as it was.
    for attempt in (lambda: corpus.search("storm"), lambda: list(corpus.add([COUNCIL]))):
        with pytest.raises(ModelChanged, match=r"its files have changed.*`parallax model use toy`"):
            attempt()
    assert changed.seen == []
    assert len(corpus.library.cache.models()) == 1


def test_another_precision_is_named_and_never_gone_over_to_silently(tmp_path: Path) -> None:
    begun(tmp_path, Shelf(ToyEncoder(precision="bfloat16", salt="bfloat16")))
    corpus = Shelf(ToyEncoder(precision="float32")).open(tmp_path)

    with pytest.raises(ModelChanged, match=r"computed in float32.*PARALLAX_PRECISION=bfloat16"):
        corpus.search("harbour")


class Drifting(ToyEncoder):
    """One whose numbers come out another way, although its files are the same."""

    drift = 0.0

    def encode(self, passages: Sequence[Passage]) -> list[Matrix]:
        moved = np.float32(self.drift) * np.eye(1, self.profile.dim, dtype=np.float32)
        return [unit(matrix + moved) for matrix in super().encode(passages)]


def test_numbers_that_changed_are_noticed_once_the_model_is_asked(tmp_path: Path) -> None:
    drifting = Drifting()
    begun(tmp_path, Shelf(drifting)).search("harbour closed")
    drifting.drift = 0.5
    corpus = Shelf(drifting).open(tmp_path)

    assert found(corpus) == ["harbour"]
    for _ in range(2):
        with pytest.raises(ModelChanged, match="no longer gives the numbers it gave"):
            corpus.search("storm")
    with pytest.raises(ModelChanged, match="of a fixed text, a cosine of 0"):
        corpus.library.check_canary()
    assert corpus.library.cache.held(TOY.fingerprint, [CANARY]) == 1


def test_the_fixed_text_is_embedded_with_the_first_question_and_never_again(tmp_path: Path) -> None:
    begun(tmp_path)
    toy = ToyEncoder()
    corpus = Shelf(toy).open(tmp_path)

    corpus.search("storm")
    corpus.search("bridge")

    assert [passage.text for passage in toy.seen] == ["storm", CANARY.text, "bridge"]


def test_where_the_cache_was_removed_the_fixed_text_is_kept_anew(tmp_path: Path) -> None:
    begun(tmp_path).close()
    (tmp_path / "cache.sqlite3").unlink()
    drifting = Drifting()
    drifting.drift = 0.5

    assert found(Shelf(drifting).open(tmp_path)) == ["harbour"]


@given(st.sampled_from(["", "float32", "bfloat16", "int8"]), st.floats(0, 1e-5), st.booleans())
def test_what_rounding_makes_is_no_change(precision: str, drift: float, turned: bool) -> None:
    (expected,) = TOY.encode([CANARY])
    served = ServedModel("toy", "f" * 64, precision)
    check_canary(served, expected, unit(expected + np.float32(drift)))

    spoilt = {True: -expected, False: expected * np.float32(np.nan)}[turned]
    with pytest.raises(ModelChanged):
        check_canary(served, expected, spoilt)
    with pytest.raises(ModelChanged, match="shape"):
        check_canary(served, expected, expected[:, :-1])


def test_a_library_of_before_serves_the_model_whose_vectors_there_are(tmp_path: Path) -> None:
    list(Shelf(TOY, OTHER).open(tmp_path, model="other").add([HARBOUR]))
    forget(tmp_path)
    toy = ToyEncoder()

    corpus = Shelf(toy, OTHER).open(tmp_path)

    assert found(corpus) == ["harbour"]
    assert toy.seen == []
    with pytest.raises(ModelChanged):
        Shelf(toy, OTHER).open(tmp_path, model=NAME).search("harbour")
    list(corpus.add([COUNCIL]))
    assert corpus.library.store.state().served == served_by(OTHER.profile)


def test_a_library_of_before_without_its_cache_serves_what_is_at_hand(tmp_path: Path) -> None:
    begun(tmp_path).close()
    forget(tmp_path)
    (tmp_path / "cache.sqlite3").unlink()

    assert found(Shelf(OTHER).open(tmp_path, model="other")) == ["harbour"]


def test_offline_the_served_model_is_known_by_its_fingerprint_not_its_name(tmp_path: Path) -> None:
    corpus = begun(tmp_path)
    later = ToyEncoder(salt="of later")
    corpus.library.cache.write(later.profile, [CANARY], later.encode([CANARY]))

    assert Shelf().open(tmp_path, offline=True).library.encoder.fingerprint == TOY.fingerprint


def test_offline_without_the_cache_it_says_what_lacks(tmp_path: Path) -> None:
    begun(tmp_path).close()
    (tmp_path / "cache.sqlite3").unlink()

    with pytest.raises((ModelUnavailable, MissingVectors), match="cache"):
        Shelf().open(tmp_path, offline=True).search("harbour")


def test_a_model_in_a_folder_is_known_by_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "modules.json").write_text("[]")
    monkeypatch.chdir(tmp_path)

    assert lasting_name("mine") == str(tmp_path / "mine")
    assert lasting_name("sentence-transformers/mine") == "sentence-transformers/mine"


@given(st.builds(ServedModel, st.text(), st.text(), st.text()))
def test_what_is_kept_of_a_model_is_read_back(served: ServedModel) -> None:
    assert ServedModel.from_json(served.to_json()) == served


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"name": 1}', "x" * 9, "[" * 100_000])
def test_what_is_kept_by_nobody_of_ours_is_no_model(text: str) -> None:
    assert ServedModel.from_json(text) is None


def forget(folder: Path) -> None:
    """Make a library that was begun before libraries said which model they serve."""
    store = toy_corpus(folder).library.store
    with store._database.writing() as connection:
        connection.execute("DELETE FROM library WHERE name = 'model'")
