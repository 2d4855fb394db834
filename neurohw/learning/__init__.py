"""Learning on the host: rules, encoders, training, scores."""
