"""Engines that run a program, one package each; none knows another."""
