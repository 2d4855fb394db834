"""The integer machine in numba kernels: the definition that exact backends must equal."""
