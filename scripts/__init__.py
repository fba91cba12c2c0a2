"""Set-up: runs before anything is installed, so Python's standard library is all it may use."""
