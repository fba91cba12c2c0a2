"""The way of a frame on an NVIDIA GPU: it goes up once, and only boxes come back."""
