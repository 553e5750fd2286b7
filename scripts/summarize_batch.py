"""Summarise many articles, or all of them together, into a file of JSON lines.

    python scripts/summarize_batch.py INPUT... --out FILE

Inputs are files, folders, .jsonl and .csv. The articles are not added to the library; their
vectors are kept in its cache, so that a second run, or one with --offline, needs no model.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click

from embeddings.article import Article, content_id
from embeddings.errors import BadArticle, BadRequest, MissingVectors, ParallaxError
from embeddings.readers import Refusal, read_paths, total_bytes
from service.answers import Summary
from service.corpus import Corpus
from service.reading import Ref
from service.settings import read_settings
from service.terminal import err, progress

Line = dict[str, Any]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, one JSON line a summary.",
)
@click.option(
    "--per",
    type=click.Choice(["article", "all"]),
    default="article",
    show_default=True,
    help="One summary an article, or one of all.",
)
@click.option("--words", default=100, show_default=True, help="The most words of a summary.")
@click.option("--query", metavar="TEXT", help="What the summaries are to answer.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--offline", is_flag=True, default=None, help="Load no model.")
@click.option("--model", metavar="NAME", help="Any sentence-transformers model.")
@click.option(
    "--library",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder whose cache keeps the vectors.",
)
def main(
    inputs: Sequence[str],
    out: Path,
    per: str,
    words: int,
    query: str | None,
    resume: bool,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Summarise many articles, or all of them together, into a file of JSON lines.

    An article that cannot be summarised gets a line that says why, and the rest goes on; the
    exit code is then 1. The same input gives the same bytes.
    """
    request = {"per": per, "words": words, "query": query}
    resume = resume and per == "article"  # One summary of all has no half.
    try:
        corpus = Corpus.open(read_settings(**settings))
        try:
            with progress("Summarising", total_bytes(inputs), "bytes read") as advance:
                items = read_paths(inputs, stdin=sys.stdin.buffer, on_bytes=advance)
                done = 0 if not resume else _skip_done(out, items, request)
                with _opened(out, resume=resume) as file:
                    written, failed = _write(file, _lines(corpus, items, request))
        finally:
            corpus.close()
    except BadRequest as error:
        raise click.UsageError(str(error)) from error
    except ParallaxError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        err.print("Interrupted; --resume goes on from here.")
        raise SystemExit(130) from None
    there = f" after the {done} that were there" if done else ""
    err.print(f"Wrote {written} lines to {out}{there}, {failed} of them failures.", markup=False)
    if failed:
        raise SystemExit(1)


def _lines(corpus: Corpus, items: Iterator[Article | Refusal], request: Line) -> Iterator[Line]:
    """Yield one line an article, or one for all."""
    if request["per"] == "article":
        for item in items:
            yield _head(item) | _summary(corpus, [item], request)
        return
    articles = []
    for item in items:
        if isinstance(item, Refusal):
            yield _head(item) | {"request": request, "error": item.reason}
        else:
            articles.append(item)
    yield {"id": "all", "summarised": len(articles)} | _summary(corpus, articles, request)


def _head(item: Article | Refusal) -> Line:
    if isinstance(item, Refusal):
        return {"id": item.origin}
    facts = {
        "title": item.title,
        "source": item.source,
        "published": item.published,
        "url": item.url,
    }
    return {"id": _name(item)} | {name: value for name, value in facts.items() if value}


def _name(article: Article) -> str:
    return article.id or (article.origin and Path(article.origin).stem) or content_id(article.text)


def _summary(corpus: Corpus, items: Sequence[Article | Refusal], request: Line) -> Line:
    """Summarise, or say why not."""
    try:
        refs = [_ref(item) for item in items]
        answer: Summary = corpus.summarize(refs, query=request["query"], words=request["words"])
    except (BadArticle, MissingVectors) as error:
        return {"request": request, "error": str(error)}
    return {"request": request} | answer.model_dump(mode="json")


def _ref(item: Article | Refusal) -> Ref:
    if isinstance(item, Refusal):
        raise BadArticle(item.reason)
    return Ref(text=item.text, name=_name(item))


def _write(file: BinaryIO, lines: Iterator[Line]) -> tuple[int, int]:
    """Write lines, each at once, so that an interruption loses none; count them."""
    written = failed = 0
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        written += 1
        failed += "error" in line
    return written, failed


def _opened(out: Path, *, resume: bool) -> BinaryIO:
    try:
        return out.open("ab" if resume else "wb")
    except OSError as error:
        raise BadRequest(f"{out} cannot be written: {error.strerror}.") from error


def _skip_done(out: Path, items: Iterator[Article | Refusal], request: Line) -> int:
    """Skip the items whose lines were written; cut off a last line that was not finished.

    Raises:
        BadRequest: The file was made from other input, or with other options.
    """
    if not out.exists():
        return 0
    done = 0
    with out.open("rb+") as file:
        sound = 0
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            line = json.loads(raw)
            item = next(items, None)
            if item is None or line["id"] != _head(item)["id"] or line["request"] != request:
                raise BadRequest(
                    f"Line {done + 1} of {out} is of {line['id']!r} and was made from other "
                    "input or with other options; resume with the same, or choose another file."
                )
            done += 1
            sound += len(raw)
        file.truncate(sound)
    return done


if __name__ == "__main__":
    main()
