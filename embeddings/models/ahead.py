"""Opens a model ahead, while the library that asks for it is being opened."""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from embeddings.models.files import fingerprint, locate

if TYPE_CHECKING:
    from embeddings.models.opening import ModelEncoder


def read_ahead(name: str) -> None:
    """Begin to digest a model's files, in a thread of its own.

    The digests are remembered by the process. Errors are met again, and told, by who opens it.

    Args:
        name: Of the model that will probably be asked; of another one nothing is gained.
    """
    Thread(target=_read, args=(name,), name="reading ahead").start()


def _read(name: str) -> None:
    with suppress(Exception):
        fingerprint(locate(name))


def open_ahead(encoder: "ModelEncoder") -> Callable[[], "ModelEncoder | None"]:
    """Begin to open a model that will probably be asked, in a thread of its own.

    That is done where it is quick: on OpenVINO, of a model that was converted before and that
    there are vectors of. What computes it is imported at once: of two threads that import, each
    takes as long as both.

    Args:
        encoder: Whose model it is.

    Returns:
        Waits until that is done, and gives the encoder; None if its model was not opened. Why it
        could not be is met again, and told, by who opens it then.
    """
    # Imported here: who reads ahead begins before that.
    from concurrent.futures import ThreadPoolExecutor

    def opened() -> bool:
        with suppress(Exception):
            return encoder.open_kept()
        return False

    with suppress(Exception):
        if encoder.import_runtime():
            opening = ThreadPoolExecutor(1, "opening ahead").submit(opened)
            return lambda: encoder if opening.result() else None
    return lambda: None
