"""How well a comparison finds what two articles share and where they differ, on gold by hand.

    python benchmarks/comparisons.py

Needs no data but seeds/gold/: the two sample articles and five sets written for it, each with
what a careful editor would pair, would allow to be paired, and would call a difference.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from embeddings.article import Article
from service.answers import Comparison, SharedPair
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings

GOLD = Path(__file__).parent.parent / "seeds" / "gold"

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gold:
    """Two articles of a set, and what was noted of them by hand.

    Attributes:
        name: The set and which two of its articles, such as "storm ab".
        ids: The two articles' ids.
        shared: Pairs of sentences that both say.
        unsure: Pairs that may be shown as perhaps shared, or not.
        differs: `kind`, the two parts `a` and `b`, and the sentences they stand in.
        may_flag: The same, of which neither is wrong.
        must_not_flag: The same, none of which is a difference.
    """

    name: str
    ids: tuple[str, str]
    shared: frozenset[tuple[str, str]]
    unsure: frozenset[tuple[str, str]]
    differs: Sequence[Row]
    may_flag: Sequence[Row]
    must_not_flag: Sequence[Row]


@dataclass(slots=True)
class Figures:
    """Counts of what was found and what was not, added up over comparisons."""

    found: int = 0
    right: int = 0
    expected: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    missed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was expected that was found."""
        return 1 - len(self.missed) / self.expected if self.expected else 1.0

    def add(self, other: "Figures") -> None:
        """Add the counts of another comparison."""
        self.found += other.found
        self.right += other.right
        self.expected += other.expected
        self.wrong += other.wrong
        self.missed += other.missed


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare all pairs of the gold and print how well they come out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verbose", action="store_true", help="show what is wrong and missed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus.open(read_settings(library=Path(folder)))
        list(corpus.add(articles()))
        totals = (Figures(), Figures())
        print("set           shared: found  precision  recall   differs: found  precision  recall")
        for gold in golds():
            comparison = corpus.compare(*(Ref(id=one) for one in gold.ids))
            both = (pairs_of(gold, comparison), differences_of(gold, comparison))
            if has_copy(gold):
                _print_row(f"{gold.name} (copy)", *both)
                continue
            for total, one in zip(totals, both, strict=True):
                total.add(one)
            _print_row(gold.name, *both)
            if options.verbose:
                _print_details(gold, comparison, *both)
        _print_row("all", *totals)
    return 0


def articles() -> Iterator[Article]:
    """Yield all articles of the gold; their ids are set and letter, such as "storm-a"."""
    for name, noted in _sets():
        for letter, given in noted["articles"].items():
            text = given.get("text") or (GOLD / given["file"]).read_text(encoding="utf-8")
            yield Article(
                text,
                id=f"{name}-{letter}",
                title=given["title"],
                source=given["source"],
                published=str(given["published"]),
            )


def golds() -> Iterator[Gold]:
    """Yield what was noted of every two articles of a set."""
    for name, noted in _sets():
        for left, right in combinations(noted["articles"], 2):
            yield Gold(
                name=f"{name} {left}{right}",
                ids=(f"{name}-{left}", f"{name}-{right}"),
                shared=frozenset(_pairs(noted["shared"], left, right)),
                unsure=frozenset(_pairs(noted["unsure"], left, right)),
                differs=_turned(noted["differs"], left, right),
                may_flag=_turned(noted.get("may_flag", []), left, right),
                must_not_flag=_turned(noted["must_not_flag"], left, right),
            )


def has_copy(gold: Gold) -> bool:
    """Tell whether one of the two is a near copy of an earlier article of its set.

    What is found of it has been counted with that one.
    """
    name, _, letters = gold.name.partition(" ")
    copies = dict(_sets())[name].get("near_copies", [])
    return any(letter in letters for _, *later in copies for letter in later)


def pairs_of(gold: Gold, comparison: Comparison) -> Figures:
    """Count which pairs are shared: those that are unsure by hand count neither way."""
    told = {(pair.a.text, pair.b.text) for pair in comparison.shared}
    counted = told - gold.unsure
    return Figures(
        found=len(counted),
        right=len(counted & gold.shared),
        expected=len(gold.shared),
        wrong=sorted(counted - gold.shared),
        missed=sorted(gold.shared - told),
    )


def differences_of(gold: Gold, comparison: Comparison) -> Figures:
    """Count which differences are told, by the parts of the sentences they point at."""
    figures = Figures(expected=len(gold.differs))
    seen: list[Row] = []
    for pair in comparison.shared:
        for one in pair.differs:
            if any(_is_meant(row, pair, one.a.text, one.b.text) for row in gold.may_flag):
                continue
            figures.found += 1
            meant = [row for row in gold.differs if _is_meant(row, pair, one.a.text, one.b.text)]
            figures.right += bool(meant)
            seen += meant
            if not meant:
                figures.wrong.append((one.a.text, one.b.text))
    figures.missed = [(row["a"], row["b"]) for row in gold.differs if row not in seen]
    return figures


def flagged(gold: Gold, comparison: Comparison) -> list[Row]:
    """Return what must not be told as a difference and was."""
    return [
        row
        for row in gold.must_not_flag
        for pair in comparison.shared
        for one in pair.differs
        # A quotation that differs may hold it: "neighbours" in two wordings of a remark.
        if _is_meant(row, pair, one.a.text, one.b.text)
        and one.a.text in row["a"]
        and one.b.text in row["b"]
    ]


def _is_meant(row: Row, pair: SharedPair, a: str, b: str) -> bool:
    """Tell whether parts of a pair are those that a row speaks of: one holds the other."""
    if (row["a_sentence"], row["b_sentence"]) != (pair.a.text, pair.b.text):
        return False
    return all(told in noted or noted in told for told, noted in ((a, row["a"]), (b, row["b"])))


def _sets() -> list[tuple[str, Any]]:
    return [
        (path.stem, yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(GOLD.glob("*.yaml"))
    ]


def _pairs(rows: Iterable[Row], left: str, right: str) -> Iterator[tuple[str, str]]:
    for row in rows:
        if {left, right} == set(row):
            yield row[left], row[right]


def _turned(rows: Iterable[Row], left: str, right: str) -> list[Row]:
    """Return the rows of two articles, their parts named "a" and "b" whichever these are."""
    return [
        {
            "kind": row.get("kind", ""),
            "a": row[left],
            "b": row[right],
            "a_sentence": row[f"{left}_sentence"],
            "b_sentence": row[f"{right}_sentence"],
        }
        for row in rows
        if left in row and right in row
    ]


def _print_row(name: str, pairs: Figures, differs: Figures) -> None:
    columns = "  ".join(
        f"{one.found:14d} of {one.expected:2d}  {one.precision:7.2f}  {one.recall:7.2f}"
        for one in (pairs, differs)
    )
    print(f"{name:12} {columns}")


def _print_details(gold: Gold, comparison: Comparison, pairs: Figures, differs: Figures) -> None:
    for name, rows in (
        ("wrong", pairs.wrong),
        ("missed", pairs.missed),
        ("wrong difference", differs.wrong),
        ("missed difference", differs.missed),
        ("must not be flagged", [(row["a"], row["b"]) for row in flagged(gold, comparison)]),
    ):
        for a, b in rows:
            print(f"    {name}: {a}\n      || {b}")


if __name__ == "__main__":
    sys.exit(main())
