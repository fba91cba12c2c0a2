"""One file a network family, found by its file name."""
