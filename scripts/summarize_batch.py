"""Summarise many articles, groups of them, or all of them together, into one file.

    python scripts/summarize_batch.py INPUT... --out FILE

Inputs are files, folders, .jsonl and .csv. The articles are not added to the library; their
vectors are kept in its cache, with outlines of their texts, so that a second run, or one with
--offline, needs no model and is several times as fast.
"""

import os

# Before numpy is imported, which asks once. With one thread matrices of few sentences are made
# sooner, and sums are added up in the same order in this process as in the others.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import atexit
import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from embeddings.errors import BadRequest, ParallaxError
from embeddings.machine import processors
from embeddings.readers import read_paths, total_bytes
from service.batch import (
    FORMATS,
    Done,
    Helpers,
    Output,
    Per,
    Request,
    Work,
    can_fork,
    format_of,
    helpers,
    jobs_of,
    outcomes,
)
from service.corpus import Corpus
from service.retrieval.search import ask
from service.settings import read_settings
from service.summarization.methods import Method
from service.terminal import err, progress

# Files of fewer bytes hold no article for another process.
_FEWEST_BYTES = 50_000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write; its ending says the format: .jsonl, .csv or .md.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="The format, if the ending does not say it.",
)
@click.option(
    "--per",
    type=click.Choice([one.value for one in Per]),
    help="One summary an article (default), one a group, or one of all.",
)
@click.option(
    "--group-by",
    metavar="FIELD",
    help="What groups articles: a column or field of theirs, or source, published (by day), "
    "language, title, url or author.",
)
@click.option(
    "--words", type=int, help="The most words of a summary; 100 unless --sentences is given."
)
@click.option("--sentences", type=int, help="The most sentences of a summary.")
@click.option("--query", metavar="TEXT", help="What the summaries are to answer.")
@click.option(
    "--method",
    type=click.Choice([one.value for one in Method]),
    default=Method.CENTROID.value,
    show_default=True,
    help="How sentences are chosen.",
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=processors,
    show_default="one a processor",
    help="Processes that share the work; the file is the same with any number.",
)
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
    form: str | None,
    resume: bool,
    workers: int,
    **options: Any,  # noqa: ANN401
) -> None:
    """Summarise many articles, groups of them, or all of them together, into one file.

    JSON lines hold all that is known of a summary. CSV has a row a summary, and says where its
    sentences stand as id[start:end]; a cell that a spreadsheet would run as a formula gets an
    apostrophe before it. Markdown has a section a summary, with footnotes.

    What cannot be summarised gets a record that says why, and the rest goes on; the exit code
    is then 1. Each record is written at once. The same input gives the same bytes, resumed or
    not; a file made from other input or with other options is not resumed.
    """
    try:
        settings = read_settings(
            **{name: options.pop(name) for name in ("offline", "model", "library")}
        )
        request = _request(**options)
        output = Output(out, format_of(out, form), inputs)
        work = Work(settings, request, output.form.name)
        with _others(inputs, workers) as others:
            done, more = _run(inputs, output, work, workers, others, resume)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error
    except ParallaxError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        err.print("Interrupted; --resume goes on from here.")
        raise SystemExit(130) from None
    _tell(output, done, more)
    if done.failures or more.failures:
        raise SystemExit(1)


def _request(
    per: str | None,
    group_by: str | None,
    method: str,
    **others: Any,  # noqa: ANN401
) -> Request:
    chosen = per or (Per.GROUP if group_by is not None else Per.ARTICLE)
    return Request(per=Per(chosen), group_by=group_by, method=Method(method), model="", **others)


def _others(
    inputs: Sequence[str], workers: int
) -> AbstractContextManager[Helpers] | AbstractContextManager[None]:
    """Fork the other processes while that can be done, if there may be work for them."""
    if workers == 1 or total_bytes(inputs) < _FEWEST_BYTES or not can_fork():
        return nullcontext()
    import_module("service.summarization.summary")  # Once for all of them.
    return helpers(workers - 1, forks=True)


def _run(
    inputs: Sequence[str],
    output: Output,
    work: Work,
    workers: int,
    others: Helpers | None,
    resume: bool,
) -> tuple[Done, Done]:
    """Write the file; return what was there and what was added to it."""
    corpus = Corpus.open(work.settings)
    # Of the library, unless one is asked for.
    work = replace(work, request=replace(work.request, model=corpus.library.encoder.name))
    try:
        # What would fail for every article fails before the file is touched.
        if work.settings.offline:
            _ = corpus.library.encoder.profile
        if work.request.query is not None:
            ask(corpus.library, work.request.query)
        with progress("Summarising", total_bytes(inputs), "bytes read") as advance, output:
            items = read_paths(inputs, stdin=sys.stdin.buffer, on_bytes=advance, skip=output.path)
            jobs = jobs_of(corpus.library, items, work.request)
            done = output.begin(jobs, work.request, resume=resume)
            first = done.records + 1
            found = outcomes(corpus, work, jobs, workers=workers, first=first, others=others)
            with closing(found):
                return done, output.write_all(found)
    finally:
        corpus.close()


def _tell(output: Output, done: Done, more: Done) -> None:
    noun = output.form.noun + "s" * (more.records != 1)
    text = f"Wrote {more.records} {noun} to {output.path}"
    if done.records:
        text += f" after the {done.records} that were there, {done.failures} of those failures"
    err.print(f"{text}, {more.failures} of them failures.", markup=False)
    if not done.records and not more.records:
        err.print("There was no article in the input.")


if __name__ == "__main__":
    # What was imported stays: garbage is sought among it seldom, and not when the process ends.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    main()
