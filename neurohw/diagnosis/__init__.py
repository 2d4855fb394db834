"""Why a network is silent, saturated or does not learn: what it is, and what a run counted."""
