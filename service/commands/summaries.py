"""The commands about summaries: summarize, verify, evaluate."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from service.commands.given import check_stdin, content, given_articles, refs_of
from service.commands.options import as_json as with_json
from service.commands.options import common as with_common
from service.commands.options import open_corpus
from service.lines import harmless


@click.command()
@click.argument("articles", nargs=-1, metavar="[ID|PATH|-]...")
@click.option("--query", metavar="TEXT", help="What the summary is to answer.")
@click.option("--words", type=int, help="The most words; 100 unless --sentences is given.")
@click.option("--sentences", type=int, help="The most sentences.")
@click.option(
    "--method",
    type=click.Choice(["centroid", "lead", "lexrank", "textrank"]),
    default="centroid",
    show_default=True,
    help="How sentences are chosen.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="Print text, a document with footnotes, a page, or one JSON value.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@with_common
def summarize(
    articles: Sequence[str],
    query: str | None,
    words: int | None,
    sentences: int | None,
    method: str,
    form: str,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Summarise articles, or the best passages for a question.

    Every sentence is quoted verbatim, with its place in its source. Keep the JSON to have the
    quotes checked later by parallax verify.
    """
    from service import terminal
    from service.summarization.methods import Method

    check_stdin(articles)
    # With articles, more may be embedded than a question, and the model is opened for that.
    with open_corpus(**common, embeds=query is not None and not articles) as corpus:
        refs = [ref for article in articles for ref in refs_of(corpus, article)]
        answer = corpus.summarize(
            refs, query=query, words=words, sentences=sentences, method=Method(method)
        )
    if form == "json" or as_json:
        terminal.print_json(answer)
    elif form == "text":
        terminal.print_summary(answer)
    else:
        from service import formats

        terminal.print_warnings(answer.warnings)
        document = (formats.as_markdown if form == "markdown" else formats.as_html)(answer, query)
        # In UTF-8 wherever it goes, as the page says it is.
        told = harmless(document) if sys.stdout.isatty() else document
        click.echo(told.encode(), nl=False)


@click.command()
@click.argument("summary", metavar="SUMMARY.json|-")
@click.argument("articles", nargs=-1, metavar="[ID|PATH|-]...")
@with_json
@with_common
def verify(summary: str, articles: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Check every quote of a summary byte for byte against its article.

    Takes what summarize --json, search --summary N --json, POST /v1/summaries and
    scripts/summarize_batch.py give. Quoted articles are those of the library; name the files
    of those that are not in it.

    Exit code 0: all quotes hold. 1: something does not. 2: it could not be checked.
    """
    from service import terminal
    from service.claims import read_claims

    check_stdin([summary, *articles])
    with open_corpus(**common) as corpus:
        found = corpus.verify(
            read_claims(content(summary), "standard input" if summary == "-" else summary),
            [article for given in articles for article in given_articles(corpus, given)],
        )
    (terminal.print_json if as_json else terminal.print_verification)(found)
    if not found.holds:
        raise SystemExit(1)


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--words", type=int, help="The most words of a summary.  [default: 100]")
@click.option("--sentences", type=int, help="The most sentences of a summary.")
@click.option(
    "--at-reference-length", is_flag=True, help="The most words are those of the reference."
)
@with_json
@with_common
def evaluate(
    file: str,
    words: int | None,
    sentences: int | None,
    at_reference_length: bool,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Judge summaries beside those of the plain methods.

    FILE holds a JSON object a line: {"articles": ["text", ...]}, an article being a text or an
    object with "text" and "title". It may also have "references" (texts), a "query" that
    Parallax is to answer, and "summaries" of others to be judged, {"method": "text"}.

    The table tells of each method ROUGE-1, -2 and -L (F1; of several references the closest
    counts), the share of sentences that dangle (lean on one that is left out), lean loosely
    (read better behind one that is left out: a surname alone, "also"), are furniture (captions,
    notices) or unknown (in none of the articles), how much the two sentences most alike repeat
    (cosine of their words, mean of the summaries), the share of articles quoted, and how many
    words they have. Lead, LexRank and TextRank read the texts as they are.
    """
    from embeddings.readers import Refusal
    from service import terminal
    from service.evaluation.entrants import given, parallax, plain
    from service.evaluation.evaluate import Tally
    from service.evaluation.evaluate import evaluate as evaluated
    from service.evaluation.rows import Budget, count_lines, read_rows

    budget = Budget(words, sentences, at_reference_length)
    budget.check()
    tally = Tally(keep_rows=as_json)
    with open_corpus(**common) as corpus:
        entrants = [parallax(corpus.library), plain, given]
        rows = read_rows(file, stdin=sys.stdin.buffer)
        with terminal.progress("Evaluating", count_lines(file), "rows") as advance:
            for item in evaluated(rows, entrants, budget):
                tally.add(item)
                if isinstance(item, Refusal):
                    terminal.print_refused(item.origin, item.reason)
                advance(1)
    answer = tally.result()
    if as_json or answer.count:
        (terminal.print_json if as_json else terminal.print_evaluation)(answer)
    if not answer.count:
        terminal.err.print(f"{file} holds no row that can be evaluated.", markup=False)
    if answer.refused or not answer.count:
        raise SystemExit(1)
