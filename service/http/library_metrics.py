"""What is measured of a library and its model: looked up when it is asked for, cheaply."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from embeddings.cached_encoder import CachedEncoder
from embeddings.errors import ParallaxError
from embeddings.library import Library
from embeddings.store import Store
from embeddings.tally import Counts
from service.corpus import Corpus

_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class LibraryMetrics(Collector):
    """The numbers of a corpus' library, index, cache and encoder.

    Nothing is opened, loaded or embedded to tell them: what is not there yet is left out.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._counted: tuple[tuple[str, int], tuple[int, int]] | None = None

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: that would mean to look all of it up."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Look all of it up."""
        library = self._corpus.library
        yield from self._of_articles(library)
        yield from _of_index(library)
        yield from _of_encoder(library.encoder)

    def _of_articles(self, library: Library) -> Iterator[Metric]:
        try:
            articles, passages = self._counts(library.store)
            generation = library.store.generation()
        except ParallaxError:
            yield _gauge("library_readable", "1 if the articles can be read, else 0.", 0)
            return
        yield _gauge("library_readable", "1 if the articles can be read, else 0.", 1)
        yield _gauge("articles", "Articles in the library.", articles)
        yield _gauge("passages", "Passages of articles in the library.", passages)
        yield _gauge(
            "library_generation",
            "Grows by 1 with every change of the library that was committed.",
            generation,
        )

    def _counts(self, store: Store) -> tuple[int, int]:
        """Count articles and passages, again only after they changed."""
        at = store.identity(), store.generation()
        if self._counted is None or self._counted[0] != at:
            self._counted = at, (store.article_count(), store.chunk_count())
        return self._counted[1]


def _of_index(library: Library) -> Iterator[Metric]:
    index = library.index_at_hand
    if index is None:
        return
    yield _gauge(
        "index_generation",
        "The generation of the library that the index in memory knows; it is behind by the "
        "difference.",
        index.generation,
    )
    yield _gauge("index_passages", "Passages in the index in memory.", len(index))
    yield InfoMetricFamily(
        "parallax_index",
        "Always 1; its label is the form of the index in memory.",
        value={"form": index.form},
    )


def _of_encoder(encoder: CachedEncoder) -> Iterator[Metric]:
    counts = encoder.tally.read()
    looked_up = CounterMetricFamily(
        "parallax_cache_passages",
        "Passages looked up in the embedding cache: a hit if it held their vectors.",
        labels=("result",),
    )
    looked_up.add_metric(("hit",), counts.found)
    looked_up.add_metric(("miss",), counts.missing)
    yield looked_up
    yield CounterMetricFamily(
        "parallax_encoder_passages",
        "Passages that the model embedded; trials of /readyz do not count.",
        value=counts.encoded,
    )
    yield CounterMetricFamily(
        "parallax_encoder_seconds",
        "Time that the model took for them; what it did side by side counts twice.",
        value=counts.seconds,
    )
    yield batch_sizes(counts)
    yield _gauge(
        "encoder_questions_waiting",
        "Questions that wait for the model to be done with those before them.",
        encoder.questions_waiting,
    )
    yield InfoMetricFamily(
        "parallax_model",
        "Always 1; its labels are the model's name and, once needed, its fingerprint.",
        value={"model": encoder.name, "fingerprint": encoder.fingerprint_at_hand},
    )


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"parallax_{name}", about, value=value)


def batch_sizes(counts: Counts) -> Metric:
    """Sort batches by their size into buckets, each of which counts the smaller ones too."""
    family = HistogramMetricFamily(
        "parallax_encoder_batch_passages",
        "How many passages went to the model together.",
    )
    own = [0] * (len(_BATCHES) + 1)
    for size, times in counts.batches.items():
        place = next((n for n, bound in enumerate(_BATCHES) if size <= bound), len(_BATCHES))
        own[place] += times
    bounds = [*map(float, _BATCHES), float("inf")]
    shown = ["+Inf" if bound == float("inf") else str(bound) for bound in bounds]
    family.add_metric((), list(zip(shown, accumulate(own), strict=True)), counts.encoded)
    return family
