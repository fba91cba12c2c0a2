"""One file a kind of source, found by its file name."""
