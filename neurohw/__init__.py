"""neurohw: compile, emulate and price networks with layer-local learning on neuromorphic and in-memory hardware."""
