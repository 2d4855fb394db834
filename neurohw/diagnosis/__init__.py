"""Why a network is silent, saturated or does not learn: what it is, what a run counted, one neuron's steps."""
