"""What the service lets in, and how much of it."""

import ipaddress
from dataclasses import dataclass, replace
from typing import Self

from embeddings.errors import BadRequest
from service.keys import Keys
from service.settings import Settings

# What a page may call this machine by that means no other.
_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")

# One who reads page after page, or a program that asks one question at a time, stays under it.
_RATE_ELSEWHERE = "20/second"

_NO_RATE = "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the service lets in, and how much of it.

    Attributes:
        keys: Those that open it; None lets everybody in.
        is_locked: Whether a key is needed even where none is kept.
        hosts: What requests may call the service by; none for any name.
        origins: Of other sites, those whose pages may ask and read the answers.
        proxies: How many stand before it, each adding to X-Forwarded-For whom it answers.
        rate: How often a client may ask, such as "20/second"; None for as often as it likes.
        timeout: The most seconds that a request may take to come, or wait for its turn.
        threads: How many requests are answered at once, besides a quarter as many that write.
        waiting: How many more may wait to be; past that they are refused.
        body: The most bytes of a body.
        batch: The most articles of a batch.
        text: The most characters of an article, and of all texts that come with a question.
    """

    keys: Keys | None = None
    is_locked: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    proxies: int = 0
    rate: str | None = None
    timeout: float = 30.0
    threads: int = 8
    waiting: int = 64
    body: int = 32 * 1024 * 1024
    batch: int = 10_000
    text: int = 1_000_000

    @classmethod
    def of(cls, settings: Settings, keys: Keys | None) -> Self:
        """Return what settings ask for.

        Args:
            settings: The settings.
            keys: Those that open the service; None lets everybody in.
        """
        return cls(
            keys=keys,
            hosts=settings.hosts,
            origins=settings.cors,
            proxies=settings.proxies,
            rate=settings.rate,
            timeout=settings.timeout,
            threads=settings.threads,
            waiting=settings.waiting,
            body=settings.body,
            batch=settings.batch,
            text=settings.text,
        )

    def at(self, address: str, asked: str) -> Self:
        """Return what holds where the service listens.

        At an address of this machine alone it needs no key as long as none is kept, and answers
        to the names of this machine only: a page from elsewhere may make its own name mean this
        machine (DNS rebinding). At any other, and behind a proxy, which lets others in, it needs
        a key, and nobody may ask too often.

        Args:
            address: The address.
            asked: How the user called it.

        Raises:
            BadRequest: There is no key, and it was not said that none is needed.
        """
        is_private = _is_loopback(address) and not (self.hosts or self.proxies)
        if not is_private and self.keys is not None and not self.keys.all():
            raise BadRequest(_unlocked(address, asked))
        rate = self.rate or (_NO_RATE if is_private else _RATE_ELSEWHERE)
        names = (*_THIS_MACHINE, _as_host(address), *self.hosts)
        return replace(
            self,
            is_locked=not is_private and self.keys is not None,
            hosts=names if self.hosts or _is_loopback(address) else (),
            rate=None if rate == _NO_RATE else rate,
        )


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _as_host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _unlocked(address: str, asked: str) -> str:
    why = (
        f"PARALLAX_PROXIES or PARALLAX_HOSTS says that others reach {asked}"
        if _is_loopback(address)
        else f"At {asked} others can reach the service"
    )
    return (
        f"{why}, and the library has no key. Make one with `parallax key new --name NAME`, or say "
        "--no-auth to let everybody read, add and remove articles."
    )
