"""The command line: exit codes, one message for each mistake, whole files whatever happens, the same JSON each time."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import toys

from neurohw import api, artifacts, cli
from neurohw.artifacts import run_folder
from neurohw.errors import NeurohwError
from neurohw.experiments import comparison
from neurohw.ir.mapping import Program
from neurohw.ir.run import Run
from neurohw.ir.weights import LayerWeights, Weights

TIMEOUT = 300
ON = ("--on", "loihi2")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a tiny model, its program for loihi2 and the run of that program."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "tiny.yaml").write_text(toys.TINY)
    program = api.compile(api.load_model(str(folder / "tiny.yaml")), api.load_target("loihi2"))
    artifacts.save(folder / "tiny.nhw", program)
    artifacts.save(folder / "run" / run_folder.PROGRAM, program)
    artifacts.save(folder / "run" / run_folder.RUN, api.simulate(program, fixations=50))
    return folder


# exit codes


def test_a_command_that_is_done_exits_with_0(neurohw):
    code, out, err = neurohw("check", "./tiny.yaml", "loihi1")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["tiny.yaml: ok", f"{toys.ROOT / 'hw_configs' / 'loihi1.yaml'}: ok"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("frobnicate",), "No such command 'frobnicate'"),
        (("compile", "./tiny.yaml"), "Missing option '--on'"),
        (("compile", "--on", "loihi2"), "Missing argument"),
        (("simulate", "tiny.nhw", "--fixations", "0"), "Invalid value for '--fixations'"),
        (("simulate", "tiny.nhw", "--every", "0"), "Invalid value for '--every'"),
        (("compile", "./tiny.yaml", *ON, "--seed", "x"), "Invalid value for '--seed'"),
        (("compile", "./tiny.yaml", *ON, "--seed", "-1"), "Invalid value for '--seed'"),
        (("list", "--colour"), "No such option"),
    ],
)
def test_a_wrong_command_exits_with_2_and_shows_the_usage(neurohw, arguments, text):
    code, _, err = neurohw(*arguments)
    assert code == 2
    assert err.startswith("Usage: neurohw")
    assert text in err


def test_help_exits_with_0_and_names_every_verb(neurohw):
    code, out, _ = neurohw("--help")
    assert "--debug" in out
    assert code == 0
    for verb in ("check", "list", "train", "compile", "simulate", "estimate", "compare", "demo"):
        assert f" {verb} " in out
    assert "..." not in out.partition("Commands:")[2]  # each is summed up in one line


def test_debug_shows_where_a_mistake_was_found(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["neurohw", "compile", "tinny", "--on", "loihi2", "--debug"])
    with pytest.raises(NeurohwError):
        cli.main()


# what is asked for does not exist


SHIPPED = ", ".join(path.stem for path in toys.MODELS)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("compile", "clapp_moved", *ON), "clapp_moved: no model of that name; did you mean 'clapp_moved_digits'?"),
        (("compile", "xyz", *ON), f"xyz: no model of that name; choose one of: {SHIPPED}"),
        (("compile", "./no.yaml", *ON), "./no.yaml: no such model file; check the path"),
        (("compile", "./tiny.yaml", "--on", "loihi3"), "loihi3: no chip of that name; did you mean 'loihi2'?"),
        (("compile", "./tiny.yaml", "--on", "./no.yaml"), "./no.yaml: no such chip file; check the path"),
        (("compare", "./tiny.yaml", *ON, "lohi1"), "lohi1: no chip of that name; did you mean 'loihi1'?"),
        (
            ("check", "clapp_host4bit"),
            "clapp_host4bit: is neither a model nor a chip nor a price table nor a sweep; "
            "did you mean 'clapp_host_4bit'?",
        ),
        (("simulate", "no.nhw"), "no.nhw: no such file; check the path"),
        (("simulate", "run"), "run: cannot be read: Is a directory"),
        (("estimate", "no"), "no: is not a run folder; give the folder that simulate wrote"),
        (("estimate", "tiny.nhw"), "tiny.nhw: is not a run folder; give the folder that simulate wrote"),
        (("compile", "./tiny.yaml", *ON, "--weights", "no.npz"), "no.npz: no such file; check the path"),
    ],
)
def test_what_is_not_there_is_named_with_a_hint(refused, arguments, text):
    assert refused(*arguments) == text


def test_one_chip_is_compared_with_two_price_tables(neurohw, work):
    chips = ("loihi1", "loihi1@sanafe_nahuku_fit")
    assert neurohw("compare", "./tiny.yaml", "--on", *chips, "--fixations", 20, "--json", "two.json")[0] == 0
    rows = json.loads((work / "two.json").read_text())["rows"]
    assert [row["price_table"] for row in rows] == ["davies2018_presilicon", "sanafe_nahuku_fit"]
    assert "synaptic_update" in rows[1]["unpriced"]
    assert "synaptic_update" not in rows[0]["unpriced"]


def test_an_unknown_price_table_is_named_with_a_hint(refused):
    folder = toys.ROOT / "hw_configs" / "prices"
    assert refused("compile", "./tiny.yaml", *ON, "--prices", "davies2018") == (
        f"price table: no table 'davies2018' in {folder}; did you mean 'davies2018_presilicon'?"
    )


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--mode", "lern", "--mode: 'lern' is not possible; choose learn or infer or readout"),
        ("--placement", "best", "--placement: 'best' is not possible; choose greedy or traffic"),
        ("--rounding", "up", "--rounding: 'up' is not possible; choose lava or per_synapse"),
    ],
)
def test_an_impossible_choice_lists_the_possible_ones(refused, option, value, text):
    assert refused("compile", "./tiny.yaml", *ON, option, value) == text


def test_an_unknown_backend_is_named_with_a_hint(refused):
    assert refused("simulate", "tiny.nhw", "--backend", "lave") == "backend: no backend 'lave'; did you mean 'lava'?"


# files that are wrong


@pytest.fixture
def write(work):
    """Write a file into `work` and return its path as it is given on the command line."""

    def call(name, text):
        (work / name).write_text(text)
        return f"./{name}"

    return call


def test_malformed_yaml_names_line_and_column(refused, write):
    path = write("broken.yaml", toys.TINY.replace("layers: [", "layers: [["))
    assert refused("compile", path, *ON) == (
        "broken.yaml line 6, column 1: not YAML: expected ',' or ']', but got '<scalar>'; "
        "check indentation, colons, brackets and keys"
    )


def test_an_unknown_key_is_named_with_a_hint(refused, write):
    path = write("key.yaml", toys.TINY.replace("views", "viws"))
    assert refused("compile", path, *ON) == "key.yaml: data.viws: unknown key; did you mean 'views'?"


def test_an_unknown_data_set_is_named(refused, write):
    path = write("data.yaml", toys.TINY.replace("moved_digits", "moved_digit"))
    assert refused("compile", path, *ON) == ("data.name: no data set 'moved_digit'; did you mean 'moved_digits'?")


def test_check_reports_all_problems_of_all_files(refused, write):
    first = write("one.yaml", toys.TINY.replace("size: 16", "size: 0").replace("steps", "stepps"))
    second = write("two.yaml", "schema: neurohw.target/1\nname: x\nkind: digitel\nprice_table: y\n")
    assert refused("check", first, "./tiny.yaml", second, "no_such_chip").splitlines() == [
        "one.yaml: layers.0.size: 0 is not possible; must be at least 1",
        "one.yaml: host.stepps: unknown key; did you mean 'steps'?",
        "two.yaml: kind: no chips of kind 'digitel'; did you mean 'digital'?",
        "no_such_chip: is neither a model nor a chip nor a price table nor a sweep; choose one of: "
        + ", ".join(sorted(path.stem for path in (*toys.MODELS, *toys.CHIPS, *toys.PRICES, *toys.SWEEPS))),
    ]


def test_check_takes_a_model_of_another_schema_for_a_model(refused, write):
    path = write("old.yaml", toys.TINY.replace("model/1", "model/9"))
    assert refused("check", path) == (
        "old.yaml: schema: 'neurohw.model/9' is not possible; did you mean 'neurohw.model/1'?"
    )


def save_weights(work, name, sizes=(16, 8), inputs=144, **changes):
    weights = toys.weights(sizes, inputs, model="other")
    first = replace(weights.layers[0], **changes)
    artifacts.save(work / name, replace(weights, layers=(first, *weights.layers[1:])))
    return name


@pytest.mark.parametrize("mode", ["learn", "infer"])
def test_weights_of_another_model_are_refused(refused, work, mode):
    command = ("compile", "./tiny.yaml", *ON, "--mode", mode, "--weights")
    assert refused(*command, save_weights(work, "layers.npz", (8, 8))) == (
        "weights of 'other': have layers of [8, 8] neurons; model 'tiny' has [16, 8]; "
        "train this model: neurohw train tiny"
    )
    assert refused(*command, save_weights(work, "inputs.npz", inputs=64)) == (
        "weights of 'other': take 64 inputs; 'moved_digits' has 144; train this model: neurohw train tiny"
    )


@pytest.mark.parametrize("mode", ["learn", "infer"])
def test_weights_that_are_not_numbers_are_refused(refused, work, mode):
    name = save_weights(work, "nan.npz", bias=np.array([np.nan, *np.zeros(15)]))
    assert refused("compile", "./tiny.yaml", *ON, "--mode", mode, "--weights", name) == (
        "weights of 'other': layer1.bias: 1 of 16 values are NaN or infinite; train again with a smaller rate"
    )


def test_a_program_given_as_weights_is_refused(refused):
    assert refused("compile", "./tiny.yaml", *ON, "--weights", "tiny.nhw") == (
        "tiny.nhw: is a 'neurohw.program/2'; expected 'neurohw.weights/2'; give the right file, or make it again"
    )


@pytest.mark.parametrize("layers", [(), (LayerWeights(np.ones(3)), LayerWeights(np.ones(3)))], ids=["none", "flat"])
def test_weights_without_layers_or_rows_are_refused(refused, work, layers):
    artifacts.save(work / "bare.npz", Weights("other", "host", layers))
    assert refused("compile", "./tiny.yaml", *ON, "--weights", "bare.npz").startswith("weights of 'other': ")


def test_a_frozen_program_has_nothing_to_resume(neurohw, refused):
    assert neurohw("compile", "./tiny.yaml", *ON, "--mode", "infer", "-o", "still.nhw")[0] == 0
    assert "resume" in refused("simulate", "still.nhw", "-o", "still", "--resume")


def test_a_new_run_does_not_mix_with_an_old_one(neurohw, refused, work):
    run = ("simulate", "tiny.nhw", "--fixations", 10, "-o", "mixed")
    assert neurohw(*run)[0] == 0
    fix = "--resume goes on with it, --force replaces it, -o takes another folder"
    assert refused(*run) == f"mixed: holds a run already; {fix}"
    assert neurohw(*run, "--force")[0] == 0


def files(folder):
    """The content of the files of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_command_that_failed_can_be_corrected_and_run_again(neurohw, refused):
    refused("simulate", "tiny.nhw", "--backend", "lave", "-o", "again")
    assert neurohw("simulate", "tiny.nhw", "--fixations", 20, "-o", "again")[0] == 0


def test_a_refused_resume_leaves_the_run_as_it_was(neurohw, refused, write, work):
    third = write("third.yaml", toys.TINY.replace("fixations: 300", "fixations: 300, theta: 98"))
    assert neurohw("compile", third, *ON, "-o", "third.nhw")[0] == 0
    assert neurohw("simulate", "tiny.nhw", "--fixations", 20, "-o", "intact")[0] == 0
    intact = files(work / "intact")
    refused("simulate", "third.nhw", "--fixations", 40, "-o", "intact", "--resume")
    assert files(work / "intact") == intact


def test_a_run_of_another_program_is_not_priced(neurohw, refused, work):
    assert neurohw("simulate", "tiny.nhw", "--fixations", 10, "-o", "swapped")[0] == 0
    assert neurohw("compile", "./tiny.yaml", *ON, "--seed", 5, "-o", "swapped/program.nhw")[0] == 0
    assert refused("estimate", "swapped") == (
        "swapped: run.npz is not a run of program.nhw, or of another version of neurohw; simulate the program again"
    )


def test_a_damaged_program_is_refused(refused, work):
    content = (work / "tiny.nhw").read_bytes()
    (work / "cut.nhw").write_bytes(content[: len(content) // 2])
    assert refused("simulate", "cut.nhw") == "cut.nhw: is not a neurohw file, or not a whole one; make it again"


def test_a_network_that_is_too_large_for_the_chip_says_by_how_much(refused, write):
    path = write("large.yaml", toys.TINY.replace("size: 16", "size: 2800"))
    text = refused("compile", path, *ON)
    assert text.startswith("network: needs at least ")
    assert text.endswith(" too few; make layer1 smaller: it takes 100% of them")


def test_too_little_memory_is_no_traceback(refused, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("Unable to allocate 7.28 TiB")

    monkeypatch.setattr(api, "compile", fail)
    assert refused("compile", "./tiny.yaml", *ON) == (
        "memory: Unable to allocate 7.28 TiB; use smaller layers or fewer views"
    )


def test_what_a_chip_lacks_is_an_error_when_strict(refused):
    lines = refused("compile", "./tiny.yaml", "--on", "loihi1", "--strict").splitlines()
    assert lines[0].startswith("strict: loihi1 sends binary spikes only; ")


def test_a_payload_out_of_range_is_refused(work):
    network = artifacts.load(work / "tiny.nhw", Program).network
    inputs = {"input": np.full((1, 1, 144), 255), "sameness": np.array([[[2]]])}
    with pytest.raises(NeurohwError) as error:
        api.run_network(network, [inputs])
    assert str(error.value).splitlines() == [
        "inputs.input: payloads 255..255; allowed 0..254; scale the data",
        "inputs.sameness: payloads 2..2; allowed -1..1; scale the data",
    ]


def test_lava_that_is_missing_says_how_to_get_it(refused, monkeypatch):
    monkeypatch.setattr("neurohw.backends.lava.run.why_not", lambda: "Lava is not installed: pip install it")
    assert refused("simulate", "tiny.nhw", "--backend", "lava", "--fixations", "2", "--out", "none") == (
        "lava: Lava is not installed: pip install it"
    )


def test_resuming_without_a_checkpoint_is_explained(refused):
    assert refused("simulate", "tiny.nhw", "--resume", "--out", "nothing_yet") == (
        f"{Path('nothing_yet') / run_folder.CHECKPOINT}: no checkpoint to resume from; omit resume"
    )


def test_a_checkpoint_of_another_program_is_refused(neurohw, refused, write):
    other = write("other.yaml", toys.TINY.replace("fixations: 300", "fixations: 300, theta: 99"))
    assert neurohw("compile", other, *ON, "-o", "other.nhw")[0] == 0
    assert neurohw("simulate", "tiny.nhw", "--fixations", 20, "-o", "shared")[0] == 0
    assert refused("simulate", "other.nhw", "--fixations", 40, "-o", "shared", "--resume") == (
        f"{Path('shared') / run_folder.CHECKPOINT}: belongs to other probes, or another program or schedule; "
        "resume with the program, backend, schedule and probes that wrote it"
    )


def test_a_checkpoint_beyond_the_end_is_refused(neurohw, refused):
    assert neurohw("simulate", "tiny.nhw", "--fixations", 20, "-o", "long")[0] == 0
    assert refused("simulate", "tiny.nhw", "--fixations", 10, "-o", "long", "--resume") == (
        f"{Path('long') / run_folder.CHECKPOINT}: is at fixation 20; the run ends at 10; ask for more fixations"
    )


FULL = "the disk is full; nothing was written; free some space and run the command again"


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (("compile", "./tiny.yaml", *ON, "-o", "full/a.nhw"), "full/a.nhw"),
        (("simulate", "tiny.nhw", "--fixations", "10", "-o", "full/run"), "full/run/program.nhw"),
        (("train", "./tiny.yaml", "-o", "full/w.npz"), "full/w.npz"),
        (("estimate", "run", "--json", "full/cost.json"), "full/cost.json"),
    ],
)
def test_a_full_disk_is_one_message_and_leaves_nothing(refused, work, monkeypatch, arguments, file):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert refused(*arguments) == f"{file}: {FULL}"
    assert not [path for path in (work / "full").rglob("*") if path.is_file()]


def test_brackets_in_a_message_are_not_taken_for_markup(refused):
    name = "[red]no[/nothing].nhw"
    assert refused("simulate", name) == f"{name}: no such file; check the path"


def test_a_long_path_is_not_broken_into_lines(neurohw, refused, work):
    path = work / ("x" * 120) / "tiny.nhw"
    assert refused("simulate", path) == f"{path}: no such file; check the path"
    _, out, _ = neurohw("compile", "./tiny.yaml", *ON, "-o", path)
    assert out.splitlines()[-1] == f"wrote {path}"


# the verbs


def test_options_may_come_before_the_model(neurohw, work):
    assert neurohw("compile", "--on", "loihi2", "./tiny.yaml", "--out", "first.nhw")[0] == 0
    assert repr(artifacts.load(work / "first.nhw", Program)) == repr(artifacts.load(work / "tiny.nhw", Program))


def test_list_names_what_there_is(neurohw):
    code, out, _ = neurohw("list")
    assert code == 0
    lines = {line.split("  ")[0]: line for line in out.splitlines()}
    words = " ".join(out.split())
    for what, names in (("models", toys.MODELS), ("chips", toys.CHIPS)):
        assert f"{what} {', '.join(path.stem for path in names)}" in words
    assert "moved_digits" in lines["data sets"]
    assert "emulator" in lines["backends"]


def test_a_program_that_was_compiled_and_run_is_priced(neurohw, work):
    assert neurohw("compile", "./tiny.yaml", "--on", "loihi1", "-o", "one.nhw", "--seed", 3)[0] == 0
    code, out, err = neurohw("simulate", "one.nhw", "--fixations", 40)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "wrote one.run"
    code, out, _ = neurohw("estimate", "one.run", "--json", "one.json")
    assert code == 0
    assert out.startswith("tiny on loihi1 (learn), per fixation")
    document = json.loads((work / "one.json").read_text())
    assert (document["schema"], document["samples"]) == ("neurohw.cost/1", 40)


def test_a_run_is_what_the_api_gives(neurohw, work):
    assert neurohw("simulate", "tiny.nhw", "-o", "same")[0] == 0
    program = artifacts.load(work / "tiny.nhw", Program)
    expected, found = api.simulate(program), artifacts.load(work / "same" / run_folder.RUN, Run)
    assert found.activity.samples == 300
    for name, totals in expected.totals.items():
        np.testing.assert_array_equal(found.totals[name], totals)
    for name, learned in expected.learned.items():
        np.testing.assert_array_equal(found.learned[name].weight, learned.weight)
    learned = artifacts.load(work / "same" / "weights.npz", Weights)
    np.testing.assert_array_equal(learned.layers[0].feedforward, expected.learned["layer1.W"].weight)


@pytest.mark.parametrize("source", ["train", "simulate"])
def test_learned_weights_can_be_frozen_and_run(neurohw, work, source):
    if source == "train":
        code, out, _ = neurohw("train", "./tiny.yaml", "-o", "train/weights.npz")
        assert code == 0
        assert out.splitlines()[-1] == f"wrote {Path('train') / 'weights.npz'}"
    else:
        assert neurohw("simulate", "tiny.nhw", "--fixations", 30, "-o", "simulate")[0] == 0
    weights = f"{source}/weights.npz"
    assert neurohw("compile", "./tiny.yaml", *ON, "--weights", weights, "-o", "frozen.nhw")[0] == 0
    assert artifacts.load(work / "frozen.nhw", Program).mode == "infer"
    assert neurohw("simulate", "frozen.nhw", "-o", "frozen", "--force")[0] == 0
    assert artifacts.load(work / "frozen" / run_folder.RUN, Run).totals["layer2.out"].shape == (100, 8)


# interrupts


def start(work, *arguments):
    """The command line in a process of its own, which heeds Ctrl-C even where the tests were started to ignore it."""
    return subprocess.Popen(
        [sys.executable, "-m", "neurohw.cli", *arguments], cwd=work, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def signal_after_checkpoint(process, folder, number):
    """Send a signal as soon as the first checkpoint is there; the exit code and standard error."""
    deadline = time.monotonic() + TIMEOUT
    while not (folder / run_folder.CHECKPOINT).exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(number)
    try:
        _, err = process.communicate(timeout=TIMEOUT)
    finally:
        process.kill()
    return process.returncode, err


def test_ctrl_c_while_learning_is_one_message_and_leaves_a_whole_checkpoint(work):
    process = start(work, "simulate", "tiny.nhw", "--fixations", "5000000", "--every", "500", "-o", "interrupted")
    code, err = signal_after_checkpoint(process, work / "interrupted", signal.SIGINT)
    assert (code, err) == (
        1,
        "neurohw: running on emulator: interrupted; what was written is whole; "
        "--resume goes on from the last checkpoint\n",
    )
    assert {path.name for path in (work / "interrupted").iterdir()} == {run_folder.CHECKPOINT, run_folder.PROGRAM}
    artifacts.load_arrays(work / "interrupted" / run_folder.CHECKPOINT, "checkpoint")


def test_a_killed_run_goes_on_to_the_weights_of_one_that_was_not(neurohw, work):
    run = ("simulate", "tiny.nhw", "--fixations", "40000", "-o")
    process = start(work, *run, "killed", "--every", "300")
    code, _ = signal_after_checkpoint(process, work / "killed", signal.SIGKILL)
    assert code == -signal.SIGKILL  # and so it had not come to the end
    assert not (work / "killed" / run_folder.RUN).exists()
    assert neurohw(*run, "killed", "--every", "7000", "--resume")[0] == 0
    assert neurohw(*run, "whole", "--every", "40000")[0] == 0
    resumed, whole = (artifacts.load(work / folder / run_folder.RUN, Run) for folder in ("killed", "whole"))
    for name, learned in whole.learned.items():
        for part in ("weight", "tag", "tag2"):
            assert getattr(resumed.learned[name], part).tobytes() == getattr(learned, part).tobytes()
    for name, totals in whole.totals.items():
        np.testing.assert_array_equal(resumed.totals[name], totals)
    assert resumed.activity.overflows == whole.activity.overflows
    for name, count in whole.activity.projections.items():
        np.testing.assert_array_equal(resumed.activity.projections[name].events, count.events)
        assert resumed.activity.projections[name].learning_written == count.learning_written


@pytest.mark.parametrize("verb", ["compile", "train", "compare"])
def test_ctrl_c_anywhere_is_one_message(refused, monkeypatch, verb):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison if verb == "compare" else api, verb, interrupt)
    text = refused(verb, "./tiny.yaml", *(() if verb == "train" else ON))
    assert text.endswith("interrupted; what was written is whole")


def test_a_mistake_leaves_the_finished_run_where_it_is(neurohw, refused, work):
    assert neurohw("simulate", "tiny.nhw", "--fixations", 20, "-o", "kept")[0] == 0
    before = files(work / "kept")
    for option, value in (("--backend", "foo"), ("--runtime", "foo")):
        assert "foo" in refused("simulate", "tiny.nhw", "-o", "kept", "--force", option, value)
    assert files(work / "kept") == before


def test_weights_that_cannot_be_written_are_said_before_training(refused, work):
    (work / "folder").mkdir(exist_ok=True)
    assert refused("train", "clapp_host", "-o", "folder") == "folder: is a folder; give the name of a file"


def test_a_path_that_is_not_there_is_no_name(refused):
    assert refused("check", "my_model.yaml", "folder/chip") == (
        "my_model.yaml: no such file; check the path\nfolder/chip: no such file; check the path"
    )


def test_probes_are_announced_recorded_and_drawn(neurohw, work):
    code, out, _ = neurohw("simulate", "tiny.nhw", "--fixations", "50", "--probe", "layer1.z:0-3@8", "-o", "probed")
    assert (code, out.splitlines()[0]) == (0, "probes: 3.0 bytes per step, 1,024 MiB at most")
    record = artifacts.load(work / "probed" / run_folder.RUN, Run).probes["layer1.z"]
    assert record.values.shape == (len(record.steps), 4)
    assert np.all(np.diff(record.steps) == 8)
    assert "probes.png: what probes recorded" in neurohw("plot", "probed")[1]


def test_a_probe_that_does_not_exist_leaves_nothing_behind(refused, work):
    text = refused("simulate", "tiny.nhw", "--probe", "layer1.zz", "-o", "nowhere")
    assert "probe layer1.zz: layer1 has no 'zz'" in str(text)
    assert not (work / "nowhere").exists()
