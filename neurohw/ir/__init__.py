"""The types that everything else passes on: networks, mappings, runs, costs."""
