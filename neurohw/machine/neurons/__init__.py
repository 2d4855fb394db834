"""One step of each neuron kind and of a population, and lists of the neurons that send something."""
