import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.errors import BadRequest, LibraryBusy, LibraryDamaged, LibraryUnwritable
from service import keys as module
from service.cli import main
from service.keys import Keys, Scope


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["key", *arguments, "--library", str(folder)])


def test_a_key_is_found_with_what_it_allows(keys: Keys) -> None:
    reader, writer = keys.new("desk", Scope.READ), keys.new("import", Scope.WRITE)

    found = [keys.find(key) for key in (reader, writer)]

    assert [(one.name, one.scope) for one in found if one] == [
        ("desk", Scope.READ),
        ("import", Scope.WRITE),
    ]


def test_a_key_has_256_random_bits_and_the_file_none_of_them(keys: Keys) -> None:
    made = keys.new("desk", Scope.READ)

    (kept,) = json.loads(keys.path.read_text())["keys"]

    _, key_id, secret = made.split("_")
    assert len(bytes.fromhex(secret)) == 32
    assert kept["id"] == key_id
    assert kept["sha256"] == sha256(secret.encode()).hexdigest()
    assert secret not in keys.path.read_text()


def test_only_its_owner_may_read_the_file(keys: Keys) -> None:
    before = os.umask(0)
    try:
        keys.new("desk", Scope.READ)
    finally:
        os.umask(before)

    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600


def test_what_is_told_of_keys_opens_nothing(keys: Keys) -> None:
    made = keys.new("desk", Scope.READ)

    told = "".join(one.model_dump_json() for one in keys.all())

    digest = json.loads(keys.path.read_text())["keys"][0]["sha256"]
    assert made.rpartition("_")[2] not in told
    assert digest not in told


def test_another_one_sees_at_once_what_was_made_and_revoked(keys: Keys, tmp_path: Path) -> None:
    other = Keys(tmp_path)
    assert not other.are_kept()

    made = keys.new("desk", Scope.READ)
    assert other.find(made) is not None

    keys.revoke(made.split("_")[1])
    assert other.find(made) is None
    assert other.are_kept()


@settings(max_examples=60)
@given(st.data())
def test_nothing_but_the_very_key_opens(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    keys = Keys(tmp_path_factory.getbasetemp() / "keys")
    made = keys.new("desk", Scope.READ) if not keys.are_kept() else ""
    key_id = keys.all()[0].id
    given = data.draw(
        st.text()
        | st.from_regex(r"plx_[0-9a-f]{8}_[0-9a-f]{64}", fullmatch=True)
        | st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(lambda end: f"plx_{key_id}_{end}")
        | st.integers(0, 76).map(lambda cut: made[:cut])
    )

    assert keys.find(given) is None


def test_the_digest_in_the_file_is_no_key(keys: Keys) -> None:
    keys.new("desk", Scope.WRITE)
    (kept,) = json.loads(keys.path.read_text())["keys"]

    assert keys.find(f"plx_{kept['id']}_{kept['sha256']}") is None


def test_to_look_up_compares_digests_whether_the_id_is_one_or_not(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys.new("desk", Scope.READ)
    compared: list[tuple[int, int]] = []

    def compare(a: str, b: str) -> bool:
        compared.append((len(a), len(b)))
        return a == b

    monkeypatch.setattr(module, "compare_digest", compare)
    for one in (made, f"{made[:-1]}x", "plx_00000000_" + 64 * "0", "", 10_000 * "x"):
        keys.find(one)

    assert compared == [(64, 64)] * 5


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"id": "00000000"}]}', '{"a": 1}'])
def test_a_damaged_file_lets_nobody_in_and_is_named(keys: Keys, content: str) -> None:
    made = keys.new("desk", Scope.WRITE)
    keys.path.write_text(content)

    for ask in (keys.all, keys.are_kept, lambda: keys.find(made)):
        with pytest.raises(LibraryDamaged, match=r"keys\.json is not a list of keys, so no key"):
            ask()


def test_a_damaged_file_is_not_written_over(keys: Keys) -> None:
    keys.path.write_text("precious")

    with pytest.raises(LibraryDamaged):
        keys.new("desk", Scope.WRITE)

    assert keys.path.read_text() == "precious"


def test_a_file_that_cannot_be_read_lets_nobody_in(keys: Keys) -> None:
    keys.path.mkdir()

    with pytest.raises(LibraryDamaged, match=r"keys\.json cannot be read \(Is a directory\)"):
        keys.find("x")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LibraryUnwritable, match="cannot be written"):
        Keys(tmp_path / "file").new("desk", Scope.READ)


def test_many_that_make_keys_at_once_lose_none(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: Keys(tmp_path).new(f"{n}", Scope.READ), range(24)))

    keys = Keys(tmp_path)
    assert len(keys.all()) == 24
    assert all(keys.find(one) for one in made)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json", "keys.lock"]


def test_a_writer_that_waits_too_long_is_told(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.05)
    with (
        FileLock(tmp_path / "keys.lock"),
        pytest.raises(LibraryBusy, match="Another process has been changing"),
    ):
        keys.new("desk", Scope.READ)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101, "\x1b[31mred"])
def test_a_name_that_cannot_be_listed_is_refused(keys: Keys, name: str) -> None:
    with pytest.raises(BadRequest, match="expected 1 to 100 printable characters"):
        keys.new(name, Scope.READ)


def test_the_command_prints_the_key_alone_and_lists_what_it_is(tmp_path: Path) -> None:
    made = run(tmp_path, "new", "--name", "desk", "--scope", "write")
    listed = run(tmp_path, "list")
    as_json = run(tmp_path, "list", "--json")

    key = made.stdout.removesuffix("\n")
    found = Keys(tmp_path).find(key)
    assert found is not None
    assert "read and write" in made.stderr
    assert key not in made.stderr + listed.output + as_json.output
    assert listed.stdout == f"{found.id}  write  {found.created}  desk\n"
    assert json.loads(as_json.stdout) == {"keys": [found.model_dump(exclude={"sha256"})]}


def test_the_command_revokes(tmp_path: Path) -> None:
    key = run(tmp_path, "new", "--name", "desk").stdout.strip()
    done = run(tmp_path, "revoke", key.split("_")[1])
    again = run(tmp_path, "revoke", key.split("_")[1])

    assert done.exit_code == 0
    assert Keys(tmp_path).find(key) is None
    assert again.exit_code == 2
    assert "No key has the id" in again.stderr
    assert run(tmp_path, "list").stderr == "The library has no keys.\n"
