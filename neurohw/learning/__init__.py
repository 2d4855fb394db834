"""Learning on the host: rules, encoders, training, the probe."""
