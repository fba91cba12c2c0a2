"""One file a check: see `selftest/check.py`."""
