from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from embeddings.digests import digest_of


@given(content=st.binary(max_size=9000), start=st.integers(0, 9001))
def test_the_digest_is_that_of_what_follows(content: bytes, start: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with path.open("rb") as file:
            file.seek(start)

            assert digest_of(file) == sha256(content[start:]).hexdigest()


@given(content=st.binary(max_size=9000), start=st.integers(0, 9000))
def test_what_was_just_written_is_digested_too(content: bytes, start: int) -> None:
    with TemporaryDirectory() as folder, (Path(folder) / "file").open("w+b") as file:
        file.write(content)
        file.seek(start)

        assert digest_of(file) == sha256(content[start:]).hexdigest()
