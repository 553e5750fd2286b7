"""The commands. Nothing heavy is imported before a command needs it."""

import atexit
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from embeddings.errors import BadRequest, ParallaxError
from service.cli_backup import backup, restore
from service.cli_keys import key
from service.cli_model import model
from service.lines import flat, harmless
from service.options import as_json as _as_json
from service.options import common as _common
from service.options import open_corpus as _corpus

if TYPE_CHECKING:
    from embeddings.article import Article
    from service.corpus import Corpus
    from service.reading import Ref

_OBJECTS_BETWEEN_COLLECTIONS = 50_000

Command = TypeVar("Command", bound=Callable[..., Any])


class _Group(click.Group):
    """Turns errors that a user can act on into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        # To import is to make many objects that stay: seeking garbage among them every 700 of
        # them takes a twelfth of the time of a short command.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        # Nor is it sought among them when the process ends, which takes as long again.
        atexit.register(gc.freeze)
        try:
            return super().invoke(ctx)
        except BadRequest as error:
            raise click.UsageError(flat(str(error))) from error
        except ParallaxError as error:
            raise click.ClickException(flat(str(error))) from error
        except BrokenPipeError:  # What reads our output has seen enough.
            sys.stderr.close()
            raise SystemExit(1) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parallax-news", prog_name="parallax")
def main() -> None:
    """Ask a library of news articles.

    Which passages speak of a thing, which articles are alike, what two of them share, and
    the short version - every sentence quoted verbatim, with its place in its source.
    """


_k = click.option("-k", default=10, show_default=True, help="The most results.")


def _filters(command: Command) -> Command:
    """Give a command the options that say which articles count."""
    for option in (
        click.option(
            "--until", metavar="DAY", help="Only articles published on this day or earlier."
        ),
        click.option(
            "--since", metavar="DAY", help="Only articles published on this day or later."
        ),
        click.option("--source", metavar="NAME", help="Only articles of this source."),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("paths", nargs=-1, required=True)
@_as_json
@_common
def add(paths: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Add or update articles from files, folders or standard input (-).

    Reads text, Markdown, HTML, JSONL and CSV. One bad file never stops the rest. It may be
    interrupted and repeated: what was reported is kept, what is unchanged costs nothing.
    """
    from embeddings.readers import read_paths, total_bytes
    from service import terminal
    from service.answers import AddResult, AddResults

    results: list[AddResult] = []
    with _corpus(**common) as corpus:
        try:
            with terminal.progress("Adding", total_bytes(paths), "bytes read") as advance:
                items = read_paths(paths, stdin=sys.stdin.buffer, on_bytes=advance)
                for result in corpus.add(items):
                    results.append(result)
                    if result.error:
                        terminal.print_refused(result.id, result.error)
        except KeyboardInterrupt:
            terminal.err.print(
                "Interrupted; what is counted is kept, and the same command goes on."
            )
            raise SystemExit(130) from None
        finally:
            terminal.print_add_warnings(results)
            console = terminal.err if as_json else terminal.out
            terminal.print_counts(console, results, corpus.library.encoder.encoded)
    if as_json:
        terminal.print_json(AddResults(results=results))
    if any(result.error for result in results):
        raise SystemExit(1)


@main.command("list")
@click.option("--after", default="", metavar="ID", help="Start behind this id.")
@click.option("--limit", default=100, show_default=True, help="The most articles.")
@_as_json
@_common
def list_(after: str, limit: int, as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """List the articles of the library, in the order of their ids."""
    from service import terminal

    with _corpus(**common) as corpus:
        page = corpus.articles(after=after, limit=limit)
    if as_json:
        terminal.print_json(page)
        return
    terminal.print_articles(page)
    if len(page.articles) == limit:
        last = page.articles[-1].id
        terminal.err.print(f"There may be more: parallax list --after {last}", markup=False)


@main.command()
@click.argument("article_id", metavar="ID")
@_as_json
@_common
def show(article_id: str, as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Show an article, block by block, and why each block bears its label."""
    from service import terminal

    with _corpus(**common) as corpus:
        article = corpus.article(article_id)
    (terminal.print_json if as_json else terminal.print_article)(article)


@main.command()
@click.argument("article_ids", nargs=-1, required=True, metavar="ID...")
@_common
def remove(article_ids: Sequence[str], **common: Any) -> None:  # noqa: ANN401
    """Remove articles. Their vectors stay in the cache."""
    from service import terminal

    with _corpus(**common) as corpus:
        corpus.remove(article_ids)
    terminal.err.print(f"Removed {len(article_ids)}.")


@main.command()
@click.argument("query")
@_k
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    default="hybrid",
    show_default=True,
    help="By meaning and words, by meaning, or by words.",
)
@_filters
@click.option(
    "--summary",
    "summary_words",
    type=int,
    metavar="WORDS",
    help="Summarise the hits in so many words.",
)
@click.option("--explain", is_flag=True, help="Tell which words carried the meaning.")
@_as_json
@_common
def search(
    query: str,
    k: int,
    mode: str,
    source: str | None,
    since: str | None,
    until: str | None,
    summary_words: int | None,
    explain: bool,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Find the passages that answer a question best.

    Words in double quotes must stand in every passage found, words with a minus before them
    in none: parallax search 'the "peace treaty" -Russia'.
    """
    from service import terminal
    from service.corpus import read_filters
    from service.search import Mode

    filters = read_filters(source, since, until)
    with _corpus(**common) as corpus:
        answer = corpus.search(
            query,
            k=k,
            mode=Mode(mode),
            filters=filters,
            summary_words=summary_words,
            explain=explain,
        )
    (terminal.print_json if as_json else terminal.print_search)(answer)


@main.command()
@click.argument("article", metavar="ID|PATH|-")
@_k
@_filters
@_as_json
@_common
def similar(
    article: str,
    k: int,
    source: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
    **common: Any,  # noqa: ANN401
) -> None:
    """Find the articles most like one of the library, a file, or standard input (-)."""
    from service import terminal
    from service.corpus import read_filters

    filters = read_filters(source, since, until)
    with _corpus(**common) as corpus:
        answer = corpus.similar(_one_ref(corpus, article), k=k, filters=filters)
    (terminal.print_json if as_json else terminal.print_similar)(answer)


@main.command()
@click.argument("articles", nargs=-1, required=True, metavar="A B [C...]")
@_as_json
@_common
def compare(articles: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Say what two articles share, what only one says, and where they differ.

    Of three and more articles, say of each statement how many of them say it; near-copies of
    one text count as one. Each is one of the library, a file, or standard input (-).

    On a terminal of 100 columns or more the two stand side by side, and what they put
    differently is marked; in a pipe each statement is a line behind its letter.
    """
    from service import terminal

    _check_stdin(articles)
    with _corpus(**common) as corpus:
        refs = [_one_ref(corpus, article) for article in articles]
        if len(refs) == 2:
            comparison = corpus.compare(*refs)
            (terminal.print_json if as_json else terminal.print_comparison)(comparison)
        else:
            coverage = corpus.cover(refs)
            (terminal.print_json if as_json else terminal.print_coverage)(coverage)


@main.command()
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
@_common
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
    from service import formats, terminal
    from service.methods import Method

    _check_stdin(articles)
    with _corpus(**common) as corpus:
        refs = [ref for article in articles for ref in _refs(corpus, article)]
        answer = corpus.summarize(
            refs, query=query, words=words, sentences=sentences, method=Method(method)
        )
    if form == "json" or as_json:
        terminal.print_json(answer)
    elif form == "text":
        terminal.print_summary(answer)
    else:
        terminal.print_warnings(answer.warnings)
        document = (formats.as_markdown if form == "markdown" else formats.as_html)(answer, query)
        # In UTF-8 wherever it goes, as the page says it is.
        told = harmless(document) if sys.stdout.isatty() else document
        click.echo(told.encode(), nl=False)


@main.command()
@click.argument("summary", metavar="SUMMARY.json|-")
@click.argument("articles", nargs=-1, metavar="[ID|PATH|-]...")
@_as_json
@_common
def verify(summary: str, articles: Sequence[str], as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Check every quote of a summary byte for byte against its article.

    Takes what summarize --json, search --summary N --json, POST /v1/summaries and
    scripts/summarize_batch.py give. Quoted articles are those of the library; name the files
    of those that are not in it.

    Exit code 0: all quotes hold. 1: something does not. 2: it could not be checked.
    """
    from service import terminal
    from service.claims import read_claims

    _check_stdin([summary, *articles])
    with _corpus(**common) as corpus:
        found = corpus.verify(
            read_claims(_content(summary), "standard input" if summary == "-" else summary),
            [article for given in articles for article in _given_articles(corpus, given)],
        )
    (terminal.print_json if as_json else terminal.print_verification)(found)
    if not found.holds:
        raise SystemExit(1)


@main.command()
@click.argument("file", metavar="FILE|-")
@click.option("--words", type=int, help="The most words of a summary.  [default: 100]")
@click.option("--sentences", type=int, help="The most sentences of a summary.")
@click.option(
    "--at-reference-length", is_flag=True, help="The most words are those of the reference."
)
@_as_json
@_common
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
    from service.entrants import given, parallax, plain
    from service.evaluation import Tally
    from service.evaluation import evaluate as evaluated
    from service.rows import Budget, count_lines, read_rows

    budget = Budget(words, sentences, at_reference_length)
    budget.check()
    tally = Tally(keep_rows=as_json)
    with _corpus(**common) as corpus:
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


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port; 0 for any free one.",
)
@click.option(
    "--no-auth",
    is_flag=True,
    help="Ask nobody for a key: everybody who reaches it may read, add and remove articles.",
)
@click.option(
    "--host-name",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name it may be called by, besides those of this machine; may be said again.",
)
@click.option(
    "--log",
    type=click.Choice(["off", "text", "json"]),
    help="Write a line a request on standard error, as key=value or as JSON; off by default. "
    "Errors are written either way, and never a text, a question or a key.",
)
@_common
def serve(
    host: str,
    port: int,
    no_auth: bool,
    hosts: Sequence[str],
    **common: Any,  # noqa: ANN401
) -> None:
    """Serve the library over HTTP until stopped.

    Where only this machine reaches it, no key is needed until `parallax key new` makes the
    first; from then on one is, wherever it listens, even if all are revoked. At any other
    address, and behind a proxy (--host-name, PARALLAX_PROXIES), it starts only if there is a
    key. --no-auth lets everybody in. A proxy must speak TLS: a key goes as it is.

    /docs shows what can be asked; /healthz says that the process is alive, /readyz whether it
    can answer, and /metrics what Prometheus asks for.
    """
    from service.corpus import Corpus
    from service.http import serve as serve_http
    from service.http.logs import notice, written
    from service.http.rules import Rules
    from service.keys import Keys
    from service.settings import read_settings

    settings = read_settings(**common, hosts=tuple(hosts) or None)
    with written(settings.log), closing(Corpus.open(settings, tell=notice)) as corpus:
        if no_auth:
            notice(
                f"Warning: --no-auth: everybody who reaches {host} may read, add and remove "
                "articles."
            )
        corpus.library.check_model()
        keys = None if no_auth else Keys(corpus.library.folder)
        serve_http(corpus, host, port, Rules.of(settings, keys))


@main.command()
@click.option("--mend", is_flag=True, help="Make anew what articles are searched by.")
@_common
def doctor(mend: bool, **common: Any) -> None:  # noqa: ANN401
    """Check the library, the model and the machine; say what is wrong and how to mend it."""
    from service import terminal
    from service.doctor import examine
    from service.settings import read_settings

    findings = examine(read_settings(**common), mend=mend)
    for finding in findings:
        terminal.print_finding(finding.is_well, finding.what)
    if not all(finding.is_well for finding in findings):
        raise SystemExit(1)


main.add_command(key)


@main.group()
def cache() -> None:
    """The embedding cache: vectors one can carry to another machine."""


@cache.command("stats")
@_as_json
@_common
def cache_stats(as_json: bool, **common: Any) -> None:  # noqa: ANN401
    """Say what the cache holds, model by model."""
    from service import terminal
    from service.answers import CachedModelAnswer, CacheStats

    with _corpus(**common) as corpus:
        found = corpus.library.cache.models()
    if as_json:
        models = [
            CachedModelAnswer(
                model=one.name, fingerprint=one.fingerprint, entries=one.entries, bytes=one.bytes
            )
            for one in found
        ]
        terminal.print_json(CacheStats(models=models))
        return
    for one in found:
        terminal.out.print(
            f"{one.name} ({one.fingerprint[:12]}): {one.entries:,} entries, "
            f"{one.bytes / 1e6:,.1f} MB of vectors",
            markup=False,
        )
    if not found:
        terminal.err.print("The cache is empty.")


@cache.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_common
def cache_export(file: Path, **common: Any) -> None:  # noqa: ANN401
    """Write the whole cache to a file."""
    from service import terminal

    with _corpus(**common) as corpus:
        corpus.library.cache.export_to(file)
    size = file.stat().st_size
    terminal.err.print(f"Wrote {file} ({size / 1e6:.1f} MB).", markup=False)


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_common
def cache_import(file: Path, **common: Any) -> None:  # noqa: ANN401
    """Take in an exported cache; what is damaged in it is left out."""
    from service import terminal

    with _corpus(**common) as corpus:
        done = corpus.library.cache.import_from(file)
    terminal.err.print(
        f"{done.added} entries added, {done.present} were here already, {done.damaged} damaged."
    )
    if done.damaged:
        raise SystemExit(1)


@cache.command("verify")
@_common
def cache_verify(**common: Any) -> None:  # noqa: ANN401
    """Check every entry against its checksum."""
    from service import terminal

    with _corpus(**common) as corpus:
        wrong = corpus.library.cache.verify()
        entries = sum(model.entries for model in corpus.library.cache.models())
    for line in wrong:
        terminal.err.print(line, markup=False)
    if wrong:
        raise SystemExit(1)
    terminal.err.print(f"All {entries:,} entries are sound.")


def _check_stdin(given: Sequence[str]) -> None:
    if given.count("-") > 1:
        raise BadRequest("Standard input (-) is named twice, but can be read only once.")


def _content(path: str) -> bytes:
    """Read a file or standard input as far as it may be read."""
    from service.claims import MOST_BYTES

    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # A name with a NUL is a ValueError.
        reason = getattr(error, "strerror", None) or error
        raise BadRequest(f"{path} cannot be read: {reason}.") from error


def _given_articles(corpus: "Corpus", given: str) -> Iterator["Article"]:
    """Yield the articles of a path or "-"; those of the library are there by themselves."""
    from embeddings.readers import Refusal, read_paths
    from service import terminal

    is_path = given == "-" or Path(given).exists()
    if not is_path:
        if not corpus.library.store.headers([given]):
            raise BadRequest(f"{given}: no such file, and no article of the library")
        return
    for item in read_paths([given], stdin=sys.stdin.buffer):
        if isinstance(item, Refusal):
            # A quote of it is found to be of no article; the others are checked all the same.
            terminal.print_refused(item.origin, item.reason)
            continue
        yield item


def _one_ref(corpus: "Corpus", given: str) -> "Ref":
    refs = _refs(corpus, given)
    if len(refs) != 1:
        name = "standard input" if given == "-" else given
        raise BadRequest(f"{name} holds {len(refs)} articles; expected one.")
    return refs[0]


def _refs(corpus: "Corpus", given: str) -> list["Ref"]:
    """Return the articles meant by an id, a path or "-"; an id goes before a path."""
    from service.reading import find_refs

    return find_refs(corpus.library, given, stdin=sys.stdin.buffer)


for _command in (model, backup, restore):
    main.add_command(_command)
