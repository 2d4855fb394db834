"""Brian2's C++ program for the same network: the seconds it takes by its own clock, without compiling it."""

from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

from support.runs import run_on


def run(network, inputs, steps, record, reset=True):
    """The run, and the seconds a sample."""
    seconds, original = [], CPPStandaloneDevice.run

    def timed(self, *arguments, **options):
        original(self, *arguments, **options)
        seconds.append(self._last_run_time)

    CPPStandaloneDevice.run = timed
    try:
        result = run_on("brian2", network, [inputs], steps=steps, reset=reset, record=record, runtime="cpp")
    finally:
        CPPStandaloneDevice.run = original
    return result, sum(seconds) / len(next(iter(inputs.values())))
