"""`python -m service` does what `parallax` does."""

from service.cli import main

main()
