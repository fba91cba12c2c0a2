"""Proof of what this program does on this machine, in one file to send back."""
