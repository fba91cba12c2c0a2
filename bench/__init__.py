"""Measurements that reproduce every published number."""
