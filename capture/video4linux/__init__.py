"""Cameras through the kernel's own interface, Video4Linux2."""
