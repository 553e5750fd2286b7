"""From text to indexed vectors. Knows no question and no HTTP."""
