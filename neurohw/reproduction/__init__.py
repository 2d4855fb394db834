"""Runs that can be repeated: what a command read and wrote is kept, and compared with what it writes now."""
