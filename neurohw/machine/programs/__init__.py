"""Machine code of neuron programs: what it is given, how it is written, and where it is kept."""
