import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.article import Article, Block, Label, Span
from embeddings.chunks import Chunk, Sentence
from embeddings.errors import LibraryDamaged, UnknownArticle
from embeddings.store import Store
from embeddings.stored import Filters, PreparedArticle

IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ANYTHING = Filters()
HOSTILE = [
    '"',
    "*",
    "NEAR",
    "AND",
    "OR",
    "NOT",
    "-",
    "\0",
    "a\0b",
    "",
    " ",
    "_",
    "(",
    ")",
    ":",
    "^",
]
HOSTILE += [
    '"a',
    "{text}",
    "text:",
    "+",
    "NEAR(a b, 2)",
    "'; DROP TABLE articles; --",
    "²",
    "\U0001f600",
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "library.sqlite3")
    yield opened
    opened.close()


def prepared(
    article_id: str, *texts: str, cuts: Sequence[int] = (), **fields: str
) -> PreparedArticle:
    """Make an article of which every text is a chunk, or a text cut into chunks somewhere."""
    text = "\n".join(texts)
    ends = [0]
    for one in texts:
        ends.append(ends[-1] + len(one) + 1)
    bounds = [*zip(ends, [end - 1 for end in ends[1:]], strict=False)]
    if cuts:
        bounds = list(pairwise(sorted({0, len(text), *cuts})))
    chunks = [Chunk((Sentence(Span(*bound)),)) for bound in bounds]
    blocks = [Block(Span(0, len(text)), Label.BODY, "all of it")]
    return PreparedArticle(Article(text, id=article_id, **fields), b"digest", blocks, chunks)  # type: ignore[arg-type]


def found(store: Store, *words: str, filters: Filters = ANYTHING) -> list[str]:
    matched = store.match(words, filters, 100)
    chunks = store.chunks(list(matched))
    return [chunks[chunk_id].text for chunk_id in matched]


# What is kept


def test_an_article_comes_back_as_it_was_put(store: Store) -> None:
    one = replace(
        prepared("id", "A text."),
        article=Article(
            "A text.",
            id="id",
            title="Title",
            source="Source",
            url="https://example.org/?a=b",
            published="2021-11-26T10:00:00+01:00",
            language="en",
            authors=("Ünal Öz", 'Quote "Q"'),
            extra={"desk": {"floor": 3}, "tags": ["a", None, 1.5, True]},
            origin="/tmp/a.txt",
        ),
    )

    store.put([one])

    assert store.article("id") == one.article
    assert store.blocks("id") == one.blocks
    assert store.headers(["id", "other"]) == {"id": replace(one.article, text="")}
    assert store.articles() == [replace(one.article, text="")]
    assert store.id_by_origin("/tmp/a.txt") == "id"
    assert store.digests(["id", "other"]) == {"id": b"digest"}


UNICODE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
    | st.sampled_from("a \n\u0301\u200d\U0001f468\U0010ffff\ufeff\ufffe\x85\u2028")
)


@IN_ONE_FOLDER
@given(text=UNICODE, cuts=st.lists(st.integers(0, 100), max_size=6))
def test_a_chunk_is_what_stands_at_its_place(text: str, cuts: list[int], store: Store) -> None:
    cuts = [cut for cut in cuts if 0 < cut < len(text)]
    store.put([prepared("id", text, cuts=cuts)])

    article = store.article("id")
    chunks = store.chunks_of(["id"])

    assert article.text == text
    assert [chunk.text for chunk in chunks] == [chunk.span.of(text) for chunk in chunks]
    assert "".join(chunk.text for chunk in chunks) == text
    assert [chunk.passage.sentences for chunk in chunks] == [
        (Span(0, len(chunk.text)),) for chunk in chunks
    ]


def test_chunks_come_article_by_article_in_text_order(store: Store) -> None:
    store.put([prepared("b", "b1", "b2"), prepared("a", "a1", "a2"), prepared("c", "c1")])

    chunks = store.chunks_of(["a", "missing", "b"])

    assert [chunk.text for chunk in chunks] == ["a1", "a2", "b1", "b2"]
    assert store.chunks([chunks[3].id, 999]) == {chunks[3].id: chunks[3]}


def test_pieces_of_sentences_are_told_from_whole_ones(store: Store) -> None:
    sentences = (Sentence(Span(0, 3)), Sentence(Span(4, 7), whole=False))
    store.put([replace(prepared("id", "abc def"), chunks=[Chunk(sentences)])])

    assert store.chunks_of(["id"])[0].sentences == sentences


def test_pages_follow_each_other_in_the_order_of_ids(store: Store) -> None:
    store.put([prepared(article_id, "text") for article_id in "dbaec"])

    assert [one.id for one in store.articles(limit=2)] == ["a", "b"]
    assert [one.id for one in store.articles(after="b", limit=2)] == ["c", "d"]
    assert [one.id for one in store.articles(after="bb", limit=9)] == ["c", "d", "e"]
    assert store.articles(after="e") == []


def test_an_unknown_article_is_named(store: Store) -> None:
    with pytest.raises(UnknownArticle, match="'nobody'"):
        store.article("nobody")
    assert store.blocks("nobody") == []


# What changes it


def test_an_article_put_again_takes_the_place_of_the_first(store: Store) -> None:
    store.put([prepared("id", "old words", "more")])
    store.put([prepared("id", "new words")])

    assert store.article("id").text == "new words"
    assert store.counts() == {"articles": 1, "chunks": 1, "sentences": 1}
    assert found(store, "old") == []
    assert found(store, "words") == ["new words"]
    assert store.match_articles(["old"], ANYTHING, 9) == {}
    assert list(store.match_articles(["words"], ANYTHING, 9)) == ["id"]


def test_an_id_of_a_chunk_is_never_used_again(store: Store) -> None:
    seen: set[int] = set()
    for number in range(4):
        store.put([prepared("id", *"ab" * (number + 1))])
        ids = set(store.chunk_ids().tolist())
        assert not ids & seen
        seen |= ids
        store.remove(["id"])

    assert store.chunk_ids().tolist() == []


def test_what_was_found_out_goes_with_its_article(store: Store) -> None:
    store.put([prepared("a", "shared word"), prepared("b", "shared thing")])

    store.remove(["a"])

    assert store.counts() == {"articles": 1, "chunks": 1, "sentences": 1}
    assert found(store, "shared", "word") == ["shared thing"]
    with store._database.reading() as connection:
        for table in ("blocks", "chunk_terms", "article_terms", "article_terms_docsize"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 1


def test_all_articles_are_removed_or_none(store: Store) -> None:
    store.put([prepared("a", "one"), prepared("b", "two")])

    with pytest.raises(UnknownArticle, match="'missing'"):
        store.remove(["a", "missing", "b"])

    assert [one.id for one in store.articles()] == ["a", "b"]
    assert found(store, "one") == ["one"]


def test_all_articles_are_put_or_none(store: Store) -> None:
    def some() -> Iterator[PreparedArticle]:
        yield prepared("a", "one")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(some())

    assert store.articles() == []
    assert found(store, "one") == []


def test_the_generation_grows_with_every_change(store: Store) -> None:
    seen = [store.generation()]
    for _ in range(2):
        store.put([prepared("a", "one")])
        seen.append(store.generation())
    store.remove(["a"])
    seen.append(store.generation())

    assert all(before < after for before, after in pairwise(seen))


def test_what_is_kept_is_there_after_reopening(tmp_path: Path) -> None:
    first = Store(tmp_path / "library.sqlite3")
    first.put([prepared("a", "one")])
    first.close()

    again = Store(tmp_path / "library.sqlite3")

    assert again.article("a").text == "one"
    assert (again.identity(), again.generation()) == (first.identity(), first.generation())
    assert again.check() == []


def test_every_library_has_an_identity_of_its_own(tmp_path: Path) -> None:
    assert Store(tmp_path / "a").identity() != Store(tmp_path / "b").identity()


def test_a_damaged_store_is_reported(tmp_path: Path) -> None:
    store = Store(tmp_path / "library.sqlite3")
    store.put([prepared(str(number), f"text {number} " * 200) for number in range(40)])
    store.close()
    whole = (tmp_path / "library.sqlite3").read_bytes()
    (tmp_path / "library.sqlite3").write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))

    with pytest.raises(LibraryDamaged, match=r"library\.sqlite3 is damaged"):
        Store(tmp_path / "library.sqlite3").chunks_of([str(number) for number in range(40)])


# What is found by words


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("troops", "A troop left."),
        ("negotiation", "They negotiated for hours."),
        ("ARMENIA", "In Armenia it rained."),
        ("aliyev", "President Äliyev spoke."),
        ("Côte", "the cote d'azur"),
        ("don't", "They don't know."),
        ("2021", "It was 2021."),
    ],
)
def test_a_word_is_found_by_its_stem_whatever_its_case_and_accents(
    word: str, there: str, store: Store
) -> None:
    store.put([prepared("a", there), prepared("b", "Nothing of the kind.")])

    assert found(store, word) == [there]


def test_any_of_the_words_is_enough_and_more_of_them_are_better(store: Store) -> None:
    store.put(
        [prepared("a", "apple here"), prepared("b", "pear here"), prepared("c", "apple pear")]
    )
    store.put([prepared(str(number), "neither here") for number in range(9)])

    scores = store.match(["apple", "pear"], ANYTHING, 100)

    assert found(store, "apple", "pear")[0] == "apple pear"
    assert len(scores) == 3
    assert all(0 < score < 1 for score in scores.values())
    assert list(scores.values()) == sorted(scores.values(), reverse=True)


def test_equal_matches_come_by_their_ids_and_no_more_than_asked_for(store: Store) -> None:
    store.put([prepared(str(number), "apple pie") for number in range(9)])

    assert list(store.match(["apple"], ANYTHING, 4)) == store.chunk_ids().tolist()[:4]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_disturbs_the_query_language(word: str, store: Store) -> None:
    store.put([prepared("a", "an apple a day")])

    assert found(store, word, "apple") == ["an apple a day"]
    assert store.words_in([word, "apple"], [1])[1][-1] == "apple"


@IN_ONE_FOLDER
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_words_at_all_can_be_looked_for(words: list[str], store: Store) -> None:
    store.match(words, ANYTHING, 10)
    store.words_in(words, [1, 2])


def test_thousands_of_words_can_be_looked_for(store: Store) -> None:
    store.put([prepared("a", "an apple a day")])

    assert found(store, *(f"word{number}" for number in range(6000)), "apple") == ["an apple a day"]


def test_no_words_find_nothing(store: Store) -> None:
    store.put([prepared("a", "an apple a day")])

    assert store.match([], ANYTHING, 10) == {}
    assert store.match_articles([], ANYTHING, 10) == {}


def test_a_word_of_the_title_is_found_in_every_chunk_but_is_no_word_of_their_texts(
    store: Store,
) -> None:
    store.put([prepared("a", "an apple", "a day", title="On pears"), prepared("b", "a plum")])

    assert found(store, "pear") == ["an apple", "a day"]
    assert store.words_in(["pear", "apple"], [1, 2, 3]) == {1: ["apple"], 2: [], 3: []}


def test_words_that_stand_far_apart_in_an_article_are_found_together(store: Store) -> None:
    store.put([prepared("a", "an apple", "a day", "a pear"), prepared("b", "apple", "apple")])
    store.put([prepared(str(number), "neither here") for number in range(9)])

    scores = store.match_articles(["apple", "pear", "here"], ANYTHING, 2)

    assert list(scores) == ["a", "b"]
    assert 0 < scores["b"] < scores["a"] < 1


def test_articles_that_match_equally_come_by_their_ids_and_no_more_than_asked_for(
    store: Store,
) -> None:
    store.put([prepared(name, "apple pie") for name in "dbca"])

    assert list(store.match_articles(["apple"], ANYTHING, 3)) == ["a", "b", "c"]


def test_an_article_counts_if_one_of_its_chunks_does(store: Store) -> None:
    store.put([prepared("a", "an apple", "a pear"), prepared("b", "an apple", "a plum")])
    quoted = Filters(holds=("pear",))

    assert list(store.match_articles(["apple"], quoted, 9)) == ["a"]
    assert store.match(["apple"], quoted, 9) == {}
    assert list(store.match_articles(["apple"], Filters(lacks=("apple", "pear")), 9)) == ["b"]


def test_an_article_of_furniture_alone_counts_for_nothing(store: Store) -> None:
    store.put([replace(prepared("a", "an apple", title="Apples"), chunks=[])])

    assert store.match_articles(["apple"], ANYTHING, 9) == {}


# Letters that Porter's stemmer leaves alone.
PLAIN = st.sampled_from(["kako", "lumo", "nabo", "pidu", "zuru"])
TITLED = st.tuples(st.lists(PLAIN, max_size=3), st.lists(PLAIN, min_size=1, max_size=8))


@IN_ONE_FOLDER
@given(
    texts=st.lists(TITLED, min_size=1, max_size=8),
    asked=st.lists(PLAIN | st.just("unheard"), min_size=1, max_size=6),
)
def test_a_match_is_bm25_as_a_share_of_the_most_there_could_be(
    texts: list[tuple[list[str], list[str]]], asked: list[str], store: Store
) -> None:
    store.remove([article.id for article in store.articles()])
    store.put(
        prepared(str(number), " ".join(text), title=" ".join(title))
        for number, (title, text) in enumerate(texts)
    )
    mean_length = sum(len(title) + len(text) for title, text in texts) / len(texts)
    holders = {word: sum(word in title + text for title, text in texts) for word in asked}
    weights = {
        word: max(math.log((len(texts) - count + 0.5) / (count + 0.5)), 1e-6)
        for word, count in holders.items()
        if count
    }
    most = sum(2.2 * weights.get(word, max(weights.values(), default=0)) for word in asked)

    def share(title: list[str], text: list[str]) -> float:
        room = 1.2 * (0.25 + 0.75 * (len(title) + len(text)) / mean_length)
        often = {word: 2 * title.count(word) + text.count(word) for word in weights}
        return sum(
            weights[word] * often[word] * 2.2 / (often[word] + room)
            for word in asked
            if word in weights
        ) / (most or 1)

    expected = {str(number): share(*one) for number, one in enumerate(texts)}
    expected = {name: score for name, score in expected.items() if score}

    assert store.match_articles(asked, ANYTHING, 99) == pytest.approx(expected)
    by_chunk = store.match(asked, ANYTHING, 99)
    chunks = store.chunks(list(by_chunk))
    assert {chunks[key].article_id: score for key, score in by_chunk.items()} == pytest.approx(
        expected
    )


def test_the_words_a_chunk_holds_come_in_the_order_asked(store: Store) -> None:
    store.put([prepared("a", "pears and an apple"), prepared("b", "apples")])

    assert store.words_in(["apple", "pear", "plum", "apple"], [1, 2]) == {
        1: ["apple", "pear"],
        2: ["apple"],
    }


# Filters


@pytest.fixture
def dated(store: Store) -> Store:
    store.put(
        [
            prepared("a", "news a", source="Agence Été", published="2021-11-26"),
            prepared("b", "news b", source="Post", published="2021-11-27T23:59:59Z"),
            prepared("c", "news c", source="AGENCE ÉTÉ", published="2021-12-01T08:00"),
            prepared("d", "news d"),
        ]
    )
    return store


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), "abcd"),
        (Filters(source="post"), "b"),
        (Filters(source="agence été"), "ac"),
        (Filters(source="agence"), ""),
        (Filters(source="%"), ""),
        (Filters(since="2021-11-27"), "bc"),
        (Filters(until="2021-11-27"), "ab"),
        (Filters(since="2021-11-27", until="2021-11-27"), "b"),
        (Filters(since="2021-12-02"), ""),
        (Filters("Agence été", "2021-11-27", "2021-12-31"), "c"),
    ],
)
def test_filters_pass_the_articles_they_mean(filters: Filters, expected: str, dated: Store) -> None:
    chunks = dated.chunks(dated.passing(filters).tolist())

    assert "".join(sorted(chunk.article_id for chunk in chunks.values())) == expected
    assert sorted(found(dated, "news", filters=filters)) == [f"news {one}" for one in expected]
    assert bool(filters) == (filters != Filters())


# Words that must or must not stand in a passage


@pytest.mark.parametrize(
    ("phrase", "holders"),
    [
        ("peace treaty", ["a", "c"]),
        ("PEACE-TREATY", ["a", "c"]),
        ("peace treaties", ["b"]),
        ("treaty peace", ["d"]),
        ("traite", ["e"]),
        ("TRAITÉ", ["e"]),
        ("paix: traite\u0301", ["e"]),
        ("peace", ["a", "b", "c", "d"]),
        ("pea", []),
        ("?!", []),
    ],
)
def test_a_phrase_is_held_as_written_whatever_its_case_and_accents(
    phrase: str, holders: list[str], store: Store
) -> None:
    texts = {
        "a": "A peace treaty was signed.",
        "b": "Peace treaties are rare.",
        "c": "The Peace-\nTreaty, signed.",
        "d": "A treaty. Peace at last.",
        "e": "Paix: traité signé.",
    }
    store.put(prepared(name, text) for name, text in texts.items())

    def passing(filters: Filters) -> list[str]:
        chunks = store.chunks(store.passing(filters).tolist())
        return sorted(chunk.article_id for chunk in chunks.values())

    assert passing(Filters(holds=(phrase,))) == holders
    assert passing(Filters(lacks=(phrase,))) == sorted(texts.keys() - set(holders))


@pytest.mark.parametrize("phrase", [one for one in HOSTILE if one.strip()] + ["a " * 5000])
def test_a_phrase_is_no_language(phrase: str, store: Store) -> None:
    store.put([prepared("a", f"before {phrase} after"), prepared("b", "nothing of it")])

    held = len(store.passing(Filters(holds=(f"before {phrase} after",))))
    lacked = len(store.passing(Filters(lacks=(f"before {phrase} after",))))

    assert (held, lacked) == (1, 1)


WORDS = ("tree", "Trees", "née", "nee", "sea")
GAPS = (" ", ", ", "-", "\n", " \u2014 ")
WRITTEN = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GAPS)), min_size=1, max_size=8)
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join)


@IN_ONE_FOLDER
@given(
    written=st.lists(WRITTEN, min_size=1, max_size=6),
    holds=st.lists(PHRASES, max_size=2),
    lacks=st.lists(PHRASES, max_size=2),
)
def test_what_passes_is_what_a_look_at_every_chunk_finds(
    written: list[list[tuple[str, str]]], holds: list[str], lacks: list[str], store: Store
) -> None:
    texts = ["".join(word + gap for word, gap in one) for one in written]
    store.put([prepared("a", *texts)])
    store.put([prepared("a", *texts)])  # What was there before is gone, words and all.
    filters = Filters(holds=tuple(holds), lacks=tuple(lacks))

    def folded(words: list[str]) -> str:
        return f" {' '.join(words)} ".lower().replace("é", "e")

    expected = [
        text
        for text, one in zip(texts, written, strict=True)
        for plain in [folded([word for word, _ in one])]
        if all(folded([phrase]) in plain for phrase in holds)
        and not any(folded([phrase]) in plain for phrase in lacks)
    ]

    passing = store.chunks(store.passing(filters).tolist())
    assert sorted(chunk.text for chunk in passing.values()) == sorted(expected)
    assert sorted(found(store, "tree", "née", "sea", filters=filters)) == sorted(expected)
    store.remove(["a"])
    assert not len(store.passing(Filters(holds=("tree",))))


def test_a_library_from_before_words_were_kept_learns_them(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    before = Store(path)
    before.put([prepared("a", "peace treaty"), prepared("b", "peace treaties")])
    before.close()
    made_as_before(path, version=1)

    after = Store(path)

    assert len(after.passing(Filters(holds=("peace treaty",)))) == 1
    after.remove(["a"])
    assert len(after.passing(Filters(holds=("peace treaty",)))) == 0
    assert after.check() == []
    after.close()


@pytest.mark.parametrize("version", [1, 2])
def test_a_library_from_before_titles_and_articles_were_searched_learns_them(
    tmp_path: Path, version: int
) -> None:
    path, fresh_path = tmp_path / "before.sqlite3", tmp_path / "fresh.sqlite3"
    articles = [
        prepared("a", "an apple", "a day", "a pear", title="On plums"),
        prepared("b", "an apple"),
        replace(prepared("c", "an apple", title="On plums"), chunks=[]),
        *(prepared(str(number), "neither here", title="Nothing") for number in range(9)),
    ]
    for one in (path, fresh_path):
        store = Store(one)
        store.put(articles)
        store.close()
    made_as_before(path, version)

    after, fresh = Store(path), Store(fresh_path)

    for words in (["apple", "pear"], ["plum"], ["here", "day"]):
        assert after.match(words, ANYTHING, 99) == fresh.match(words, ANYTHING, 99) != {}
        assert after.match_articles(words, ANYTHING, 99) == fresh.match_articles(
            words, ANYTHING, 99
        )
    after.remove(["a"])
    assert after.match(["plum"], ANYTHING, 9) == {}
    assert after.match_articles(["plum"], ANYTHING, 9) == {}
    assert len(after.passing(Filters(holds=("pear",)))) == 0
    assert after.check() == []


def made_as_before(path: Path, version: int) -> None:
    """Give a store the tables that an earlier version had."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE VIRTUAL TABLE before USING fts5 (
                text, tokenize = "porter unicode61 remove_diacritics 2"
            );
            INSERT INTO before (rowid, text) SELECT rowid, text FROM chunk_terms;
            DROP TABLE chunk_terms;
            DROP TABLE article_terms;
            DROP TABLE article_seals;
            DROP TABLE chunk_seals;
            ALTER TABLE before RENAME TO chunk_terms;
            """
        )
        if version == 1:
            connection.execute("DROP TABLE chunk_words")
        connection.execute(f"PRAGMA user_version = {version}")
