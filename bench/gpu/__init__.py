"""What the path on the GPU costs on top of its network: `jetsight bench pipeline` where a GPU runs it."""
