"""The integer machine in numba kernels: what the emulator runs, and crossbars with sums from arrays.

A step of the schedule, in which `steps` goes through all populations and projections, or `neurons.ahead` through 64
neurons at a time:

    deliver      what delays held back arrives                           population.deliver
    update       every neuron: state, messages, counts                   population.step, lif.step
    send         messages through weights, to where they arrive          synapses.propagate, or `read` of a crossbar
    learn        at the end of an epoch: traces, products, weights       plasticity.learning, then `write` of a crossbar
    end          messages are summed up and kept, time moves on          steps.end_step
"""
