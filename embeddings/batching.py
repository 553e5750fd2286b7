"""Work for several threads done in one go, where one go costs little more than one item."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock
from typing import Generic, TypeVar

from embeddings.errors import Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Ticket(Generic[Item, Result]):
    """An item, and what becomes of it."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.results: list[Result] = []  # One, once it is there.
        self.error: BaseException | None = None
        self.leads: list[_Ticket[Item, Result]] = []
        """Of the one whose thread works next: all that it works for, itself first."""

    @property
    def is_due(self) -> bool:
        """Whether its thread has something to do: to work, or to take its result."""
        return bool(self.leads or self.results or self.error)


class Batcher(Generic[Item, Result]):
    """Does the work of many threads together, in the threads that ask for it.

    A thread that asks while nobody works begins at once, so that a lone one never waits. Those
    that ask meanwhile are done together by one of them as soon as the work under way ends: how
    many go together follows from how many there are, and nobody waits for a clock.

    Source: the leader of a group commit, as databases write their logs; see DeWitt et al.
    (1984), "Implementation Techniques for Main Memory Database Systems".
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        size: Callable[[Item], int] = lambda item: 1,
        most_together: int = 64,
        most_waiting: int = 256,
    ) -> None:
        """Put a batcher before some work.

        Args:
            work: Gives one result an item, in order; called by one thread at a time.
            size: What an item counts.
            most_together: The most that the items of one go may count; a larger one goes alone.
            most_waiting: The most items that wait.
        """
        self._work = work
        self._size = size
        self._most_together = most_together
        self._most_waiting = most_waiting
        self._is_working = False
        self._waiting: deque[_Ticket[Item, Result]] = deque()
        self._changed = Condition(Lock())

    @property
    def waiting(self) -> int:
        """How many items wait for the work under way to end."""
        return len(self._waiting)

    def do(self, item: Item) -> Result:
        """Do the work for one item, together with what else is asked for meanwhile.

        Raises:
            Overloaded: Too many wait already.
            Exception: What the work raises. If it fails for several together, each is tried by
                itself, so that an item suffers for no other.
        """
        ticket = _Ticket[Item, Result](item)
        with self._changed:
            if not self._is_working:
                self._is_working = True
                ticket.leads = [ticket]
            elif len(self._waiting) >= self._most_waiting:
                raise Overloaded(
                    f"{len(self._waiting)} questions wait for the model already; ask again in a "
                    "second."
                )
            else:
                self._waiting.append(ticket)
                self._changed.wait_for(lambda: ticket.is_due)
        if ticket.leads:
            self._lead(ticket.leads)
        if ticket.error is not None:
            raise ticket.error
        return ticket.results[0]

    def _lead(self, tickets: "list[_Ticket[Item, Result]]") -> None:
        try:
            self._do_together(tickets)
        finally:
            with self._changed:
                self._appoint()
                self._changed.notify_all()

    def _do_together(self, tickets: "list[_Ticket[Item, Result]]") -> None:
        try:
            results = self._work([ticket.item for ticket in tickets])
            for ticket, result in zip(tickets, results, strict=True):
                ticket.results.append(result)
        except Exception as error:
            for ticket in tickets:
                ticket.results.clear()
            if len(tickets) == 1:
                tickets[0].error = error
                return
            for ticket in tickets:
                self._do_together([ticket])
        except BaseException as error:  # Ctrl+C ends the thread that works, and no other's work.
            tickets[0].error = error
            with self._changed:
                self._waiting.extendleft(reversed(tickets[1:]))

    def _appoint(self) -> None:
        """Name who works next, and for whom; call under the lock."""
        tickets: list[_Ticket[Item, Result]] = []
        total = 0
        while self._waiting:
            total += self._size(self._waiting[0].item)
            if tickets and total > self._most_together:
                break
            tickets.append(self._waiting.popleft())
        self._is_working = bool(tickets)
        if tickets:
            tickets[0].leads = tickets
