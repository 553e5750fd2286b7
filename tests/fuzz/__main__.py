"""The command line of scripts/fuzz."""

import sys

from fuzz.commands import main

sys.exit(main())
