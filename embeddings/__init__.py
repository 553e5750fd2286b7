"""From text to indexed vectors. Knows no question and no HTTP."""

import os

# Read when numpy is first imported. Else the threads of its matrix products go on spinning for
# 30 ms after each, on processors that others have work for: a tenth of what a command takes.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
