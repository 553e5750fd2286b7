"""What two articles share, what only one of them says, and where they differ."""

from service.answers import Comparison
from service.reading import Reading


def compare(a: Reading, b: Reading) -> Comparison:
    """Say what two articles share and what only one of them says."""
    raise NotImplementedError
