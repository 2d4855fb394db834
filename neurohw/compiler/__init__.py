"""Model to placed program: lower, quantise, partition, place, route, verify."""
