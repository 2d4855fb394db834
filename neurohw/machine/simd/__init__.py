"""How kernels are compiled, and loops over rows of numbers that use vectors."""
