from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from toy import NAME, ToyEncoder

from embeddings.cache import EmbeddingCache
from embeddings.cached_encoder import CachedEncoder
from embeddings.encoder import Passage, Role
from embeddings.errors import MissingVectors
from embeddings.tally import Counts, Tally


def test_threads_lose_no_count() -> None:
    tally = Tally()

    def count(number: int) -> None:
        for _ in range(500):
            tally.looked_up(2, 1)
            tally.encoded(number, 0.5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(1, 9)))

    assert tally.read() == Counts(8000, 4000, dict.fromkeys(range(1, 9), 500), 2000.0)
    assert tally.read().encoded == 500 * 36


def test_what_was_read_does_not_change_afterwards() -> None:
    tally = Tally()
    tally.encoded(3, 0.0)
    before = tally.read()
    tally.encoded(3, 0.0)

    assert (before.encoded, tally.read().encoded) == (3, 6)


@pytest.fixture
def cache(tmp_path: Path) -> EmbeddingCache:
    return EmbeddingCache(tmp_path / "cache.sqlite3")


def test_what_the_cache_holds_is_a_hit_and_the_rest_goes_to_the_model(
    cache: EmbeddingCache,
) -> None:
    encoder = CachedEncoder(cache, NAME, ToyEncoder())
    encoder.encode([Passage("a"), Passage("b")])
    encoder.encode([Passage("b"), Passage("c"), Passage("c")])
    encoder.encode([Passage("a", role=Role.QUERY)])
    encoder.missing([Passage("a"), Passage("d")])
    encoder.encode_known([Passage("c")])
    counts = encoder.tally.read()

    assert (counts.found, counts.missing) == (1 + 1 + 1, 2 + 2 + 1 + 1)
    assert (counts.batches, encoder.encoded) == ({2: 1, 1: 2}, 4)


def test_offline_nothing_counts_as_embedded(cache: EmbeddingCache) -> None:
    CachedEncoder(cache, NAME, ToyEncoder()).encode([Passage("a")])
    offline = CachedEncoder(cache, NAME, None)
    with pytest.raises(MissingVectors):
        offline.encode([Passage("a"), Passage("b")])

    assert offline.tally.read() == Counts(1, 1, {}, 0.0)


def test_the_fingerprint_is_not_looked_for_to_tell_whether_it_is_at_hand(
    cache: EmbeddingCache,
) -> None:
    encoder = CachedEncoder(cache, NAME, ToyEncoder())
    before = encoder.fingerprint_at_hand

    assert (before, encoder.fingerprint) == ("", encoder.fingerprint_at_hand)
