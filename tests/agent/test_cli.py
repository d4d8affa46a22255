"""The command line: help that teaches, a quick start, and errors in one sentence."""

from __future__ import annotations

import errno
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.agent import fake_engine

from colonnade.cli import main
from colonnade.workers import WorkerError

FAKE = "tests.agent.fake_engine"
LONG = "ä" * 150


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(arguments, engine=FAKE)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ((), ["colonnade explore", "colonnade doctor", "explore", "evaluate", "--help"]),
        (("explore",), ["colonnade explore --names mug,bowl", "default: builtin", "--rotations"]),
        (("train",), ["colonnade train --objects my_meshes", "--resume", "bit for bit"]),
        (("evaluate",), ["colonnade evaluate runs/mine --rotations 50", "RUN", "default: 10"]),
        (("deploy",), ["colonnade deploy runs/mine --qemu an500", "Cortex-M4F", "default: 20"]),
        (("objects",), ["colonnade objects my_meshes", "default: builtin", "millimetres"]),
        (("doctor",), ["colonnade doctor runs/mine", "with 0 when"]),
        (("bench",), ["ycb", "policies", "fewshot", "colonnade bench ycb --root DIR"]),
        (("bench", "ycb"), ["--suite FILE|all,...", "--resume", "colonnade bench ycb --root my"]),
        (("bench", "fewshot"), ["default: 1 2 4 8 14", "--noise {none,standard,raw}"]),
    ],
)
def test_help_teaches(
    command: tuple[str, ...], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--help") == 0
    told = capsys.readouterr().out
    for word in words:
        assert word in told


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--out", "OUT"),
        ("explore", "--rotations", "1", "--out", "OUT"),
        ("evaluate", "RUN", "--rotations", "1", "--out", "OUT"),
        ("discover", "--epochs", "1", "--out", "OUT"),
        ("objects", "--out", "OUT.png"),
        ("bench", "ycb", "--conditions", "noise", "--rotations", "1", "--out", "OUT"),
        ("bench", "policies", "--rotations", "1", "--out", "OUT"),
        ("bench", "unsupervised", "--epochs", "1", "--out", "OUT"),
        ("bench", "scale", "--sizes", "2", "--episodes", "2", "--out", "OUT"),
    ],
)
def test_a_set_is_given_with_either_word(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"OUT": str(tmp_path / "out"), "RUN": str(tmp_path / "trained")}
    assert run("train", "--objects", "tiny", "--out", places["RUN"], "--workers", "1") == 0
    given = [places.get(word, word).replace("OUT", places["OUT"]) for word in command]
    for flag in ("--objects", "--root"):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert run(*given, flag, "tiny") == 0
    capsys.readouterr()
    words = command[:2] if command[0] == "bench" else command[:1]
    assert run(*words, "--help") == 0
    assert "--root SET, --objects SET" in capsys.readouterr().out


EVERY = {
    "train": ("train --out OUT", "Learned 2 objects"),
    "explore": ("explore --rotations 1 --out OUT", "Recognition"),
    "evaluate": ("evaluate RUN --rotations 1 --out OUT", "Recognition"),
    "discover": ("discover --epochs 1 --out OUT", "Without names"),
    "objects": ("objects tiny --out OUT.png", "size, cm"),
    "doctor": ("doctor RUN", "Colonnade on this computer"),
    "continual": ("bench continual --rotations 1 --out OUT", "One object after the other"),
    "ycb": ("bench ycb --conditions noise --rotations 1 --out OUT", "Time and memory"),
    "policies": ("bench policies --rotations 1 --out OUT", "times as many"),
    "fewshot": ("bench fewshot --views 1 --rotations 1 --out OUT", "Curve: "),
    "unsupervised": ("bench unsupervised --epochs 1 --out OUT", "Without names"),
    "scale": ("bench scale --sizes 2 --episodes 2 --out OUT", "column's step"),
    "moved": ("bench moved --shifts 1 --turns 9 --rotations 1 --out OUT", "with pose"),
    "scaled": ("bench scaled --sizes 1 --rotations 1 --out OUT", "learned size"),
}
"""A quick call of every command that takes --json, and a word of what it prints for people."""


@pytest.mark.parametrize("name", EVERY)
def test_json_on_stdout_is_alone_there(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, word = EVERY[name]
    places = {"OUT": str(tmp_path / "out"), "RUN": str(tmp_path / "trained")}
    assert run("train", "--objects", "tiny", "--out", places["RUN"], "--workers", "1") == 0
    given = [places.get(part, part).replace("OUT", places["OUT"]) for part in command.split()]
    flags = [] if name in ("objects", "doctor") else ["--objects", "tiny"]
    capsys.readouterr()
    assert run(*given, *flags, "--json", "-") == 0
    told, printed = capsys.readouterr()
    assert isinstance(json.loads(told), dict)
    assert word in printed
    assert word not in told
    assert not Path("-").exists()


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom colonnade.cli import main\n"
        "try: main(['explore', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numba', 'pybullet', 'gymnasium', 'scipy', 'pyarrow', 'trimesh', 'numpy'}\n"
        "heavy |= {'PIL', 'matplotlib', 'manifold3d', 'networkx', 'onnxruntime', 'safetensors'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("colonnade ")


def test_what_an_encoding_lacks_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "odd", ("mug \N{FIRE}", "broken"))
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=name) for name in ("latin-1", "ascii"))
    with monkeypatch.context() as patch, capsys.disabled():
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = run("objects", "odd", "--out", str(tmp_path / "\N{FIRE}.png"))
        out.flush()
    assert code == 1  # for the broken one
    told = out.buffer.getvalue().decode("latin-1")  # type: ignore[attr-defined]
    assert "mug ?" in told
    assert "?.png" in told


def test_unknown_command_and_option_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("learn") == 2
    assert run("train", "--out", "x", "--boddy", "touch") == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["train", "--out", "OUT", "--objects", "nope"], 1, "There is no set 'nope': use tiny."),
        (["train", "--out", "OUT", "--seed", "-1"], 2, "--seed is -1, but must be 0 or more."),
        (["train", "--out", "OUT", "--scale", "0"], 2, "--scale is 0.0, but must be a positive"),
        (["train", "--out", "OUT", "--scale", "0.5"], 2, "--scale is for files of meshes, and"),
        (["objects", "tiny", "--root", "small"], 2, "give tiny or --objects small."),
        (["objects", "--root", "pybullet", "--scale", "2"], 2, "and pybullet has its sizes in"),
        (["objects", "random:007", "--scale", "2"], 2, "and random:007 has its sizes in metres"),
        (["bench", "unsupervised", "--root", "pybullet", "--scale", "2"], 2, "and pybullet has"),
        (["explore", "--rotations", "0"], 2, "--rotations is 0, but must be 1 or more."),
        (["explore", "--rotations", "1000000000000"], 2, "but must be at most 100,000."),
        (["evaluate", "OUT", "--moves", "1000"], 2, "--moves is 1000, but must be at most 20."),
        (["evaluate", "OUT", "--size", "30"], 2, "--size is 30, but must be 0.1 to 10, e.g."),
        (["bench", "scaled", "--sizes", "1", "99"], 2, "--sizes is 99, but must be 0.1 to 10, e"),
        (["evaluate", "OUT", "--size", "nan"], 2, "--size is nan, but must be 0.1 to 10, e.g."),
        (["objects", "tiny", "--out", "good.xyz"], 2, "good.xyz: a PNG picture is written; gi"),
        (["objects", "tiny", "--out", "good"], 2, "give a name that ends with .png."),
        (["explore", "--resume"], 2, "--resume needs to know which run"),
        (["evaluate", "OUT"], 1, "is no run folder"),
        (
            ["train", "--objects", "tiny", "--out", "FILE/run"],
            1,
            "FILE/run cannot be written (FILE is no folder): give another place.",
        ),
        (
            ["train", "--objects", "tiny", "--out", LONG],
            1,
            "...: the file system takes no name that long; gi",
        ),
        (["train", "--objects", "tiny", "--out", f"{LONG}/x"], 1, ".../x: the file system"),
        (["train", "--out", "OUT", "--json", f"{LONG}.json"], 1, "no name that long; give a short"),
        (["evaluate", LONG], 1, "no name that long; give a shorter one."),
        (["train", "--out", "OUT", "--json", "."], 2, "--json . is a folder: give the name of a"),
        (["train", "--out", "OUT", "--objects", ""], 2, "The set of objects is empty: give"),
        (["objects", "--out", "."], 2, "--out . is a folder: give the name of a file"),
        (["train", "--out", "OUT", "--json", "OUT/no/x.json"], 2, "does not exist; make it."),
        (["bench", "continual", "--picture", "OUT/no/x.svg"], 2, "does not exist; make it."),
        (["train", "--seed", "1", "--out", "x", "--seed=2"], 2, "--seed is given more than once: "),
        (["train", "--names", "a", "--out", "x", "--names", "b"], 2, "together, --names A,B,...."),
        (["explore", "--max_steps", "1", "--max-steps", "2"], 2, "--max-steps is given more than"),
        (["evaluate", "x", "--objects", "a", "--root", "b"], 2, "--objects and --root mean the s"),
        (["bench", "continual", "--seed", "1", "--seeds", "2"], 2, "--seed and --seeds mean"),
        (["bench", "scaled", "--sizes", "1", "--sizes", "2"], 2, "its values together, --sizes "),
        (["bench", "continual", "--picture", "x.png"], 2, "x.png: an SVG picture is wri"),
        (["objects", "tiny", "--out", "OUT/no/x.png"], 2, "/no does not exist; make it."),
        (["train", "--out", ""], 2, "--out is empty: give a folder."),
        (["train", "--out="], 2, "--out is empty: give a folder."),
        (["explore", "--resume", "--out", ""], 2, "--out is empty: give a folder."),
        (["bench", "ycb", "--root", "tiny", "--out", ""], 2, "--out is empty: give a folder."),
        (["discover", "--out", "OUT", "--json", ""], 2, "--json is empty: give a file."),
        (["objects", "--out", ""], 2, "--out is empty: give a file."),
        (["evaluate", ""], 2, "RUN is empty: give a folder."),
        (["evaluate", "--steps", ""], 2, "RUN is empty: give a folder."),
        (["doctor", ""], 2, "RUN|MODEL is empty: give a run folder or a model file."),
        (["objects", ""], 2, "The set of objects is empty: give"),
        (["train", "--out", "OUT", "--workers", "two"], 2, "takes a whole number, and 'two' is n"),
        (["train", "--out", "OUT", "--scale=big"], 2, "--scale takes a number, and 'big' is none."),
        (["bench", "moved", "--seeds", "0", "b"], 2, "--seeds takes whole numbers, and 'b' is n"),
        (["train", "--names", "-d s", "--out", "x"], 2, "if it is meant, give --names='-d s'."),
        (["train", "--names", "--das", "--out", "x"], 2, "if it is meant, give --names=--das."),
        (["train", "--out", "--resume"], 2, "--out has no value: give one before"),
    ],
)
def test_errors_are_one_sentence(
    arguments: list[str],
    code: int,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "FILE").touch()
    given = [
        argument.replace("OUT", str(tmp_path / "run")).replace("FILE", str(tmp_path / "FILE"))
        for argument in arguments
    ]
    assert run(*given) == code
    told = capsys.readouterr().err.strip()
    assert sentence.replace("FILE", str(tmp_path / "FILE")) in told
    assert len(told.splitlines()) == 1
    assert "Traceback" not in told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("names", ["", ",", " , "])
def test_no_names_do_not_mean_all(names: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "--out", "x", "--objects", "tiny", "--names", names) == 2
    assert "give at least one name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left"), "mug.safetensors cannot be written (the disk is"),
        (OSError(errno.EROFS, "Read-only", "/mnt/x"), "be written (Read-only: /mnt/x): give anoth"),
        (PermissionError(errno.EACCES, "Denied"), "place, or change its permissions."),
        (
            ModuleNotFoundError("No module", name="scipy"),
            "scipy, which is not installed: pip install ",
        ),
        (WorkerError("A worker process died."), "A worker process died."),
        (MemoryError(), "fewer --workers"),
    ],
)
def test_what_the_system_says_is_put_in_words(
    error: Exception,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tests.agent.fake_engine.save_learned", _raising(error))
    assert run("train", "--objects", "tiny", "--out", str(tmp_path / "r"), "--workers", "1") == 1
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.rglob("*.partial")) == []


def test_a_file_of_brackets_is_no_json_to_replace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.json"
    file.write_text("[" * 200_000)
    assert run("train", "--out", str(tmp_path / "run"), "--json", str(file)) == 2
    assert "none that `--json` writes" in capsys.readouterr().err


def test_a_result_file_that_may_not_be_written_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("colonnade.checks.os.access", lambda *_: False)
    arguments = ["train", "--objects", "tiny", "--out", str(tmp_path / "run")]
    assert run(*arguments, "--json", str(tmp_path / "s.json")) == 2
    assert "may not be written; give another place." in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_temporary_name_is_told_as_the_file_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for told, meant in (
        (".mug.st.partial", "mug.st"),
        (".0123456789ab~a.png.partial", "a.png"),
        (".k_3zw0y1~.mug.st.partial.partial", "mug.st"),
        (".lock", "x"),
    ):
        error = OSError(errno.EROFS, "Read-only file system", f"x/{told}")
        monkeypatch.setattr("tests.agent.fake_engine.open_set", _raising(error))
        assert run("objects", "tiny") == 1
        assert capsys.readouterr().err.split()[0].rpartition("/")[2] == meant


@pytest.mark.parametrize("file", [None, "/mnt/x"])
def test_a_full_disk_elsewhere_is_told_with_what_is_known(
    file: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", file)
    monkeypatch.setattr("tests.agent.fake_engine.open_set", _raising(error))
    assert run("objects", "tiny") == 1
    where = f", where {file} is written" if file else ""
    assert f"The disk is full{where}: make room" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EFBIG, "File too large", "x/flash"), "x/flash may not grow as large as it"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found"), "No usable temp"),
    ],
)
def test_what_of_the_system_is_in_the_way_is_told(
    error: OSError, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.agent.fake_engine.open_set", _raising(error))
    assert run("objects", "tiny") == 1
    assert told in " ".join(capsys.readouterr().err.split())


def _raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_bug_is_told_as_one_and_debug_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.agent.fake_engine.learn", lambda *_, **__: 1 / 0)
    arguments = ["train", "--objects", "tiny", "--workers", "1", "--out"]
    assert run(*arguments, str(tmp_path / "a")) == 70
    assert "This is a bug in Colonnade (ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv("COLONNADE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main([*arguments, str(tmp_path / "b")], engine=FAKE)
