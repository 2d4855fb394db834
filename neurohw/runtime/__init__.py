"""Runs: what a network is shown, the engine that runs it, and the one loop in which both meet.

`run.run_program` and `run.run_network` are what the rest of the package calls; `neuron` shows one neuron step by step.
Backends are found by their folders.
"""
