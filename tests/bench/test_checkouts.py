"""What two checkouts are held against each other with: the order of runs, the sign test, assembly without its names."""

from pathlib import Path

import pytest
from support import checkouts
from support.assembly import function_name, functions, verdicts

ROOT = Path(__file__).parents[2]
STEP = """
    .section .rodata.cst8
.LCPI7_0:
    .quad {constant}
    .text
    .type _ZN{module}4stepB2v{counter}B8c8tJTIeFE5ArrayIxLi1E1C7mutableE,@function
_ZN{module}4stepB2v{counter}B8c8tJTIeFE5ArrayIxLi1E1C7mutableE:
    movabsq ${address}, %rax  # a comment
    movabsq $.const.picklebuf.{address}, %rdx
    movl ${version}, %ecx
    vmovsd .LCPI7_0(%rip), %xmm0
.LBB7_1:
    {add} $1, %rdi
    jne .LBB7_1
    retq
.Lfunc_end7:
"""
FIRST = {"module": "7neurohw8backends", "counter": 1, "constant": 5, "address": 139876543210000, "add": "addq"}
SECOND = {"module": "7neurohw7machine", "counter": 2, "constant": 5, "address": 94567890123456, "add": "addq"}


def code(version=17, **parts):
    return functions(STEP.format(version=version, **parts), [version])


def test_runs_alternate_who_is_first():
    order = []
    ratios = checkouts.interleaved(lambda: order.append("A") or 2.0, lambda: order.append("B") or 3.0, 4)
    assert "".join(order) == "ABBAABBA"
    assert ratios == [1.5] * 4


@pytest.mark.parametrize(
    ("slower", "faster", "p"), [(15, 0, 2 / 2**15), (0, 15, 2 / 2**15), (8, 7, 1.0), (3, 0, 0.25), (0, 0, 1.0)]
)
def test_the_sign_test_is_exact(slower, faster, p):
    assert checkouts.sign_test([1.1] * slower + [0.9] * faster + [1.0]) == pytest.approx(p)


def test_names_are_what_is_left_of_symbols():
    assert function_name("_ZN7neurohw7machine5steps4stepB2v1B8c8tJTIeFE5ArrayIxE") == "step"
    assert function_name("_ZN7machine9_make_run12_3clocals_3e3runB3v12E") == "run"
    assert function_name("memset") == "memset"


def test_wrappers_that_numba_adds_are_left_out():
    text = STEP.format(version=1, **FIRST).replace("_ZN", "cfunc._ZN")
    assert functions(text) == {}


def test_code_that_moved_is_equal():
    assert code(**FIRST) == code(version=-4, **SECOND)
    assert list(code(**FIRST)) == ["step"]


@pytest.mark.parametrize("change", [{"constant": 6}, {"add": "subq"}, {"address": 12}])
def test_code_that_does_something_else_is_different(change):
    assert code(**FIRST) != code(**{**FIRST, **change})


def test_verdicts_say_how_many_forms_of_a_function_are_equal():
    assert verdicts(
        {"step": ["a", "b"], "run": ["c"], "gone": ["d"], "loop": ["e", "e"]},
        {"step": ["b", "a"], "run": ["x", "c"], "new": ["d"], "loop": ["e", "f"]},
    ) == {
        "step": "equal", "run": "different (1 of 2 forms equal)", "gone": "only in the first",
        "new": "only in the second", "loop": "different (1 of 2 forms equal)",
    }  # fmt: skip


def test_a_worker_of_another_checkout_says_so(tmp_path, capfd):
    """Without neurohw there, Python finds that of the environment."""
    with pytest.raises(SystemExit, match="has ended with 1"), checkouts.worker(tmp_path) as ask:
        ask("1 tiny inference")
    assert "neurohw comes from" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_checkout_is_as_fast_as_itself_and_the_workloads_run(capsys):
    assert checkouts.speed([ROOT, ROOT], checkouts.WORKLOADS, pairs=3, limit=3.0) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(checkouts.WORKLOADS)
