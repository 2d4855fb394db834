"""What several tests share: the reference machine, random networks, the comparison of runs."""
