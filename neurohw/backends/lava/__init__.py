"""The same program as Lava 0.10.0 processes, under a guard (Python 3.10)."""
