"""Convolution: the matrix it stands for, and kernels that cannot be."""

import numpy as np
import pytest
from scipy.signal import correlate2d
from support.generate_conv import random_convolution
from support.reference.synapses import convolution

from neurohw import artifacts
from neurohw.errors import NeurohwError
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.plasticity import Plasticity


@pytest.mark.parametrize("seed", range(40))
def test_the_unrolled_matrix_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    image = (int(rng.integers(1, 4)), *(int(n) for n in rng.integers(3, 7, 2)))
    made = random_convolution(rng, image, Format())
    np.testing.assert_array_equal(made.unrolled.toarray(), convolution(made))
    assert made.shape == made.unrolled.shape


def test_one_channel_is_scipys_correlation():
    rng = np.random.default_rng(0)
    kernel, image = rng.integers(-9, 9, (3, 2)), rng.integers(0, 5, (7, 6))
    c = Convolution(kernel[None, None], (1, 7, 6))
    np.testing.assert_array_equal((c.unrolled @ image.ravel()).reshape(5, 5), correlate2d(image, kernel, "valid"))
    padded = Convolution(kernel[None, None], (1, 7, 6), padding=(2, 1))
    full = correlate2d(image, kernel, "full")
    np.testing.assert_array_equal((padded.unrolled @ image.ravel()).reshape(9, 7), full)


def network(c, form=None, **options):
    n_post, n_pre = c.shape if not options.pop("broken", False) else (1, 1)
    populations = (Population("input", n_pre, Source()), Population("layer1", n_post, Lif(1)))
    return Network(populations, (Projection("conv1", "input", "layer1", c, form, **options),))


def message(c, **options):
    with pytest.raises(NeurohwError) as caught:
        network(c, **options)
    return str(caught.value)


K = np.ones((4, 2, 3, 3), int)


@pytest.mark.parametrize(
    ("c", "text"),
    [
        (
            Convolution(K[0], (2, 5, 5)),
            "conv1: the kernel has shape (2, 3, 3); needs (channels out, channels in / groups, rows, columns)",
        ),
        (
            Convolution(K, (3, 5, 5)),
            "conv1: a kernel of 2 channels in 1 groups makes 4 of 3 channels; "
            "channels in = kernel channels x groups, and groups divide channels out",
        ),
        (Convolution(K, (2, 5, 5), stride=(0, 1)), "conv1: stride (0, 1); needs 2 integers of at least 1"),
        (Convolution(K, (2, 5, 5), stride=(1.5, 1)), "conv1: stride (1.5, 1); needs 2 integers of at least 1"),
        (Convolution(K, (2, 5, 5), stride=2), "conv1: stride 2; needs 2 integers of at least 1"),
        (Convolution(K, (2, 5, 5), padding=(0, -1)), "conv1: padding (0, -1); needs 2 integers of at least 0"),
        (Convolution(K, (2, 5, 5), padding=(True, 0)), "conv1: padding (True, 0); needs 2 integers of at least 0"),
        (Convolution(K, (2, 5, 5), dilation=(1.0, 1)), "conv1: dilation (1.0, 1); needs 2 integers of at least 1"),
        (Convolution(K, (2.0, 5, 5)), "conv1: input_shape (2.0, 5, 5); needs 3 integers of at least 1"),
        (Convolution(K, (2, 5)), "conv1: input_shape (2, 5); needs 3 integers of at least 1"),
        (Convolution(K, (2, 5, 5), groups=1.0), "conv1: groups: is 1.0; needs an integer 1..2147483647; round it"),
        (
            Convolution(K, (2, 2, 5)),
            "conv1: a kernel of (3, 3) does not fit an image of (2, 5); padding (0, 0); "
            "pad the image or take a smaller kernel",
        ),
    ],
)
def test_a_kernel_that_cannot_be_is_one_message(c, text):
    assert message(c, broken=True) == text


def test_what_shared_weights_cannot_do_is_named():
    c = Convolution(K, (2, 5, 5))
    rule = Plasticity("dW = 0", ())
    assert message(c, plasticity=rule) == (
        "conv1: shares weights that learn; no chip here does; unroll it: weight.unrolled is sparse"
    )
    assert message(c, delay=np.ones(c.shape, int)) == (
        "conv1: delays have shape (36, 50); shared weights take one delay for all"
    )
    assert message(c, form=Format(8, -1)) == "conv1: exponent -1; shared weights take 0 and up; rescale the weights"
    bad = Convolution(np.where(np.arange(K.size).reshape(K.shape) == 3, np.nan, 1.0), (2, 5, 5))
    assert message(bad) == "conv1: 1 weights are NaN or infinite; train again with a smaller rate"


def test_a_network_with_shared_weights_is_saved_and_read(tmp_path):
    made = network(Convolution(K, (2, 6, 5), (1, 2), (1, 0), (1, 2)), Format())
    artifacts.save(tmp_path / "n.npz", made)
    again = artifacts.load(tmp_path / "n.npz", Network)
    assert repr(again) == repr(made)
    assert artifacts.fingerprint(again) == artifacts.fingerprint(made)
    np.testing.assert_array_equal(again.projections[0].weight.unrolled.toarray(), made.projections[0].matrix.toarray())
    assert "shared 4x2x3x3" in repr(made)


def test_neurons_reached_are_those_of_the_matrix():
    made = network(Convolution(K, (2, 6, 5), (2, 1)), Format())
    p = made.projections[0]
    dense = p.matrix.toarray()
    for start, stop in ((0, 3), (5, 9), (0, len(dense))):
        np.testing.assert_array_equal(p.reaches(start, stop), (dense[start:stop] != 0).any(axis=0))


def test_lists_are_shared_by_neurons_with_the_same_kernel_entries():
    # one channel, 3 x 3 on 5 x 5 without padding: a pixel meets 1, 2 or 3 rows and as many columns of the kernel
    c = Convolution(np.ones((1, 1, 3, 3)), (1, 5, 5))
    axons, lists = c.shared_lists(0, 9)
    assert axons == 25
    assert sorted(lists) == sorted(a * b for a in (1, 2, 3, 2, 1) for b in (1, 2, 3, 2, 1))
    wide = Convolution(np.ones((1, 1, 3, 3)), (1, 20, 20))
    assert len(wide.shared_lists(0, wide.shape[0])[1]) == 25
    assert wide.unrolled.nnz > 20 * wide.shared_lists(0, wide.shape[0])[1].sum()
