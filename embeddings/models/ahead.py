"""Reads ahead what a model takes to open, while the library that asks for it is being opened."""

from contextlib import suppress
from threading import Thread

from embeddings.models.files import fingerprint, locate


def read_ahead(name: str) -> None:
    """Begin to digest a model's files and to import its runtime, in a thread of its own.

    Both are remembered by the process, and are what opening a model waits for longest. Errors are
    met again, and told, by who opens it.

    Args:
        name: Of the model that will probably be asked; of another one nothing is gained.
    """
    Thread(target=_read, args=(name,), name="reading ahead").start()


def _read(name: str) -> None:
    with suppress(Exception):
        fingerprint(locate(name))
        from embeddings.models.openvino_runtime import openvino, openvino_version

        if openvino_version() is not None:
            openvino()
