import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

# In a process of its own: what it may have open it cannot be given back.
ALLOW = """
import resource
from embeddings.machine import allow_files, keep_few_arenas
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 500))
keep_few_arenas()
for count in (50, 300, 200, 10_000):
    allow_files(count)
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_process_is_allowed_more_files_as_far_as_it_may_be_and_never_fewer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALLOW], check=True, capture_output=True, encoding="utf-8"
    )

    assert done.stdout.split() == ["100", "300", "300", "500"]
