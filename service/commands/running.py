"""The commands about the machine: serve, doctor."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click

from service.commands.options import common as with_common


@click.command()
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
@with_common
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


@click.command()
@click.option("--mend", is_flag=True, help="Make anew what articles are searched by.")
@with_common
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
