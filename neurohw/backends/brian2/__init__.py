"""Brian2 as a backend: `exact` computes the chip's integers in spiking simulation, `ideal` what it approximates."""
