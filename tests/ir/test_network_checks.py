"""What a Network refuses when it is made, all problems at once; and which neurons a projection reaches."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Graded, Lif, Source
from neurohw.ir.plasticity import Plasticity

ONES = np.ones((2, 3), np.int32)
PLASTIC = Plasticity("", ())
POPULATIONS = (Population("input", 3, Source()), Population("layer1", 2, Lif(100)))


def network(*, populations=POPULATIONS, weight=ONES, **changes):
    """A source of 3 into 'layer1' of 2 neurons."""
    ends = {"pre": "input", "post": "layer1", **changes}
    return Network(populations, (Projection("layer1.W", weight=weight, **ends),))


def problems(make, **changes):
    with pytest.raises(NeurohwError) as error:
        make(**changes)
    return [str(problem) for problem in error.value.problems]


def test_a_network_that_fits_is_made():
    made = network()
    assert made.sources == (POPULATIONS[0],)
    assert [p.name for p in made.into("layer1")] == ["layer1.W"]
    assert not made.quantised
    assert network(format=Format()).quantised


NAN = np.array([[1.0, np.nan, 0.0], [np.inf, 2.0, -np.inf]])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pre": "inputs"}, "no population 'inputs'; did you mean 'input'?"),
        ({"post": "zzz"}, "no population 'zzz'; choose one of: input, layer1"),
        ({"pre_port": "oot"}, "'input' has no output 'oot'; did you mean 'out'?"),
        ({"post_port": "gate"}, "'layer1' has no input 'gate'; choose one of: in"),
        ({"weight": ONES.T}, "weights have shape (3, 2); input -> layer1 needs (2, 3) (post, pre)"),
        ({"weight": np.ones(3)}, "weights have shape (3,); input -> layer1 needs (2, 3) (post, pre)"),
        (
            {"weight": sparse.csr_array(np.eye(3))},
            "weights have shape (3, 3); input -> layer1 needs (2, 3) (post, pre)",
        ),
        ({"weight": NAN}, "3 weights are NaN or infinite; train again with a smaller rate"),
        ({"weight": sparse.csr_array(NAN)}, "3 weights are NaN or infinite; train again with a smaller rate"),
        ({"delay": 64}, "delay 64; delays are 0..63 steps"),
        ({"delay": np.full((2, 3), 70)}, "delay 70; delays are 0..63 steps"),
        ({"delay": -1}, "delay -1; delays are 0..63 steps"),
    ],
)
def test_a_projection_that_does_not_fit_is_explained(changes, text):
    assert problems(network, **changes) == [f"layer1.W: {text}"]


def test_a_source_as_a_target_has_no_input_to_choose():
    (text,) = problems(network, post="input", weight=np.ones((3, 3)))
    assert text.startswith("layer1.W: 'input' has no input 'in'")
    assert "choose one of" not in text


def test_a_negative_delay_among_others_is_named():
    assert problems(network, delay=np.array([[0, 3, -1], [0, 0, 0]])) == ["layer1.W: delay -1; delays are 0..63 steps"]


@pytest.mark.parametrize("weight", [ONES, sparse.csr_array(ONES)])
def test_delays_that_are_not_one_a_synapse_are_refused(weight):
    (text,) = problems(network, weight=weight, delay=np.ones((3, 2), np.int64))
    assert text.startswith("layer1.W: ")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("layer1", "layer1", "x"), "network: the name 'layer1' is used 2 times; give each its own"),
        (("a", "b", "a"), "network: the name 'a' is used 2 times; give each its own"),
    ],
)
def test_a_name_belongs_to_one_population_or_projection(names, text):
    populations = (
        Population("input", 1, Source()),
        Population(names[0], 1, Graded()),
        Population(names[1], 1, Graded()),
    )
    projection = Projection(names[2], "input", names[0], np.ones((1, 1)))
    assert problems(Network, populations=populations, projections=(projection,)) == [text]


def test_all_problems_are_reported_at_once_in_order():
    projections = (
        Projection("a", "input", "layer2", ONES),
        Projection("a", "input", "layer1", NAN[:, :2], pre_port="in", delay=99),
    )
    assert problems(Network, populations=POPULATIONS, projections=projections) == [
        "network: the name 'a' is used 2 times; give each its own",
        "a: no population 'layer2'; did you mean 'layer1'?",
        "a: 'input' has no output 'in'; choose one of: out",
        "a: weights have shape (2, 2); input -> layer1 needs (2, 3) (post, pre)",
        "a: 2 weights are NaN or infinite; train again with a smaller rate",
        "a: delay 99; delays are 0..63 steps",
    ]


def test_an_unknown_population_is_looked_up_with_a_hint():
    with pytest.raises(NeurohwError) as error:
        network().population("layer")
    assert str(error.value) == "network: no population 'layer'; did you mean 'layer1'?"
    assert network().population("layer1").size == 2


def test_every_port_of_a_neuron_can_be_an_end():
    clapp = Population("layer1", 2, Clapp(1, 5, 1, 1, 1))
    square = np.zeros((2, 2))
    projections = [
        Projection(f"{a}->{b}", "layer1", "layer1", square, pre_port=a, post_port=b)
        for a in clapp.neuron.outputs
        for b in clapp.neuron.inputs
    ]
    assert len(Network((clapp,), tuple(projections)).projections) == 9


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.coo_array])
def test_weights_cannot_be_written_through_a_projection(make):
    given = make(ONES)
    p = Projection("p", "a", "b", given)
    values = p.weight.data if p.sparse else p.weight
    with pytest.raises(ValueError, match="read-only"):
        values[...] = 0


W = np.array([[0, 1, 0, 2], [0, 0, 3, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("make", [np.array, sparse.csr_array])
@pytest.mark.parametrize(
    ("rows", "reached"),
    [((0, 1), [1, 3]), ((1, 2), [2]), ((0, 2), [1, 2, 3]), ((2, 3), []), ((0, 3), [1, 2, 3]), ((1, 1), [])],
)
def test_reaches_are_the_inputs_with_a_weight_on_the_rows(make, rows, reached):
    mask = Projection("p", "a", "b", make(W)).reaches(*rows)
    assert np.flatnonzero(mask).tolist() == reached
    assert mask.dtype == np.bool_


def test_a_plastic_dense_projection_reaches_from_everywhere():
    assert Projection("p", "a", "b", W, plasticity=PLASTIC).reaches(2, 3).all()


def test_a_plastic_sparse_projection_reaches_from_its_stored_zeros_too():
    stored = sparse.csr_array((np.array([0, 5, 0]), np.array([1, 3, 0]), np.array([0, 2, 3])), shape=(2, 4))
    reached = [
        np.flatnonzero(Projection("p", "a", "b", stored, plasticity=plasticity).reaches(0, 2)).tolist()
        for plasticity in (None, PLASTIC)
    ]
    assert reached == [[3], [0, 1, 3]]


@pytest.mark.parametrize("make", [np.array, sparse.csr_array])
def test_reaches_of_all_rows_are_the_columns_of_nonzero(make):
    rng = np.random.default_rng(0)
    p = Projection("p", "a", "b", make(rng.integers(-1, 2, (7, 40)) * (rng.random((7, 40)) < 0.3)))
    np.testing.assert_array_equal(p.reaches(0, 7), p.nonzero().any(axis=0))


RAGGED = [[1, 2], [3]]


def test_weights_and_delays_in_lists_of_unequal_length_are_one_message():
    limit = "holds lists of unequal length; needs an array [n_post, n_pre]"
    assert problems(network, weight=RAGGED) == [f"layer1.W.weight: {limit}"]
    assert problems(network, delay=RAGGED) == [f"layer1.W.delay: {limit}"]


@pytest.mark.parametrize("form", [None, Format()])
@pytest.mark.parametrize("weight", [ONES.astype(object), ONES.astype(str), ONES.astype(bytes), ONES + 0j])
def test_weights_are_numbers_with_a_format_and_without(weight, form):
    needed = "numbers" if form is None else "integers"
    found = problems(network, weight=weight, format=form)
    assert found == [f"layer1.W.weight: holds {weight.dtype} values; needs {needed}"]


@pytest.mark.parametrize("delay", [None, "1", np.nan, {}, [["1"] * 3] * 2, 1.0, True])
def test_delays_that_are_not_integers_are_refused(delay):
    assert problems(network, delay=delay) == ["layer1.W: delays that are not integers; delays are 0..63 whole steps"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Population(1, 3, Source()), "population: name: is of type int; needs str"),
        (lambda: network(pre=[]), "layer1.W.pre: is []; needs the name of a population"),
        (lambda: network(post_port=None), "layer1.W.post_port: is None; needs the name of a port"),
        (lambda: network(plasticity=3), "layer1.W.plasticity: is 3; needs a Plasticity"),
        (
            lambda: Network(POPULATIONS[0], ()),
            "network.populations: is of type Population; needs populations in",
        ),
        (lambda: Network(POPULATIONS, None), "network.projections: is None; needs projections in a list; an empty one"),
        (lambda: Network("ab", ()), "network.populations: is 'ab'; needs populations in a list; such as [Population("),
    ],
)
def test_parts_of_another_kind_are_named(make, text):
    assert problems(make)[0].startswith(text)


def test_a_network_of_lists_is_one_of_tuples():
    assert Network(list(POPULATIONS), []).populations == POPULATIONS


def test_numpy_scalars_are_numbers_of_python():
    small = Population("layer1", np.uint8(200), Lif(np.int16(600), du=np.int16(9)), np.int8(1))
    assert {type(number) for number in (small.size, small.layer, small.neuron.vth, small.neuron.du)} == {int}
    made = network(format=Format(np.int8(8), np.int8(1)), delay=np.uint8(2), weight=ONES)
    (projection,) = made.projections
    assert [type(n) for n in (projection.delay, projection.format.bits, projection.format.exponent)] == [int] * 3
    assert type(Network(POPULATIONS, (), np.uint8(3)).period) is int
