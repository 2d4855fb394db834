"""The integer machine in plain numpy: slow, and simple enough to be checked by reading.

It shares no code with any backend. Its equations are those of Lava 0.10.0's fixed-point models; where the tests run
Lava, every message, state, weight and tag must be equal.
"""

from support.reference.machine import ReferenceRun, run_reference

__all__ = ["ReferenceRun", "run_reference"]
