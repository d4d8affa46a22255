"""`colonnade deploy`: hardware in the loop, and what it says of it."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.agent.meshes import roller, wedge
from tests.bridge.firmwares import posix
from tests.bridge.tools import GCC, MAKE, needs

from colonnade.checks import check_config
from colonnade.cli import main
from colonnade.commands.deploy import complaints, source_of, summarise
from colonnade.controllers import Controller
from colonnade.deploy_config import DeployConfig
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import ConfigError
from colonnade.hardware import HardwareEpisode, recognise_on
from colonnade.learning import learn_object
from colonnade_bridge.blob import EdgeModel, in_order, read_blob, write_blob
from colonnade_bridge.native_mind import NativeMind
from colonnade_bridge.size_report import Part, SizeReport
from colonnade_bridge.wire.errors import ERROR_STATE, WireError, explain
from colonnade_bridge.wire.link import Link
from colonnade_bridge.wire.messages import StepDecision, StepVerdict
from colonnade_models.column import default_settings
from colonnade_models.evidence import default_tolerance
from colonnade_models.memory import ObjectMemory

MESHES = {"wedge": wedge, "roller": roller}


@pytest.fixture(scope="module")
def blob() -> bytes:
    """A model of two objects."""
    learned = ObjectMemory(learn_object(make(), body="touch", seed=0) for make in MESHES.values())
    settings = default_settings()._replace(effort=20000, proposals=128, reach=np.float32(0.05))
    memory = ObjectMemory([in_order(thing) for thing in learned.packed()])
    return write_blob(EdgeModel(memory, settings, default_tolerance(), percepts=128))


@pytest.fixture
def link(tmp_path: Path, blob: bytes) -> Iterator[Link]:
    """To the firmware as a process of this computer."""
    with posix(tmp_path) as link:
        link.upload(blob, int.from_bytes(blob[16:24], "little"))
        yield link


def options(**changes: Any) -> EpisodeOptions:
    return EpisodeOptions(**({"body": "touch", "noise": "standard", "max_steps": 120} | changes))


@needs(*GCC)
@needs(*MAKE)
@pytest.mark.parametrize("columns", [1, 3])
def test_the_mind_on_a_controller_is_that_of_this_computer(
    columns: Any, link: Link, blob: bytes
) -> None:
    turned = Rotation.random(random_state=3).as_quat()
    asked = options(columns=columns)
    episode = recognise_on(link, read_blob(blob), wedge(), turned, asked, seed=3)
    assert (episode.decision, episode.correct, episode.timeout) == ("wedge", True, False)
    assert 0 < episode.steps == episode.steps_equal == len(episode.work)
    assert episode.equal
    assert 0 < episode.goals == episode.goals_equal
    assert episode.rotation_error_deg < 10
    link.hear_out()
    assert link.messages_lost == 0


@needs(*GCC)
def test_the_same_code_thinks_here_without_a_line(blob: bytes) -> None:
    turned, mind = Rotation.random(random_state=3).as_quat(), NativeMind(blob)
    for _ in range(2):  # the second time after a reset
        episode = recognise_on(mind, read_blob(blob), wedge(), turned, options(), seed=3)
        assert (episode.decision, episode.equal) == ("wedge", True)
        assert 0 < episode.goals == episode.goals_equal
        assert len(episode.percepts) == len(episode.sought) == episode.steps
        assert episode.percepts[0].shape == (1, 18)
        assert sum(episode.sought) >= episode.goals
    mind.reset()
    again = [mind.send_step(rows, goal=False) for rows in episode.percepts]
    assert again[-1].verdict == StepVerdict.RECOGNISED
    assert again[-1].goal is None


@needs(*GCC)
@pytest.mark.parametrize("what", ["evidence", "rival", "fit", "translation", "poses", "goal"])
def test_a_mind_that_says_anything_else_is_told_from_it(what: str, blob: bytes) -> None:
    class Odd(NativeMind):
        """Another answer to the sixth step, or no goal."""

        def send_step(self, percepts: Any, *, goal: bool = False) -> StepDecision:
            said = super().send_step(percepts, goal=goal)
            if said.sequence != 6:
                return said
            known = getattr(said, what)
            return replace(said, **{what: None if what == "goal" else known + 1})

    turned = Rotation.random(random_state=3).as_quat()
    episode = recognise_on(Odd(blob), read_blob(blob), wedge(), turned, options(), seed=3)
    assert episode.steps > 6
    assert episode.steps - episode.steps_equal == (what != "goal")
    assert episode.goals - episode.goals_equal == (what == "goal")


@needs(*GCC)
@needs(*MAKE)
def test_another_mind_is_told_from_it(link: Link, blob: bytes) -> None:
    model = read_blob(blob)
    other = EdgeModel(
        model.memory,
        model.settings,
        model.tolerance._replace(place=np.float32(2) * model.tolerance.place),
        model.percepts,
    )
    turned = Rotation.random(random_state=3).as_quat()
    episode = recognise_on(link, other, wedge(), turned, options(), seed=3)
    assert episode.steps_equal < episode.steps
    assert not episode.equal


@needs(*GCC)
@needs(*MAKE)
def test_out_of_steps_what_leads_counts(link: Link, blob: bytes) -> None:
    turned = Rotation.random(random_state=3).as_quat()
    asked = options(max_steps=2)
    episode = recognise_on(link, read_blob(blob), roller(), turned, asked, seed=3)
    assert (episode.steps, episode.timeout, episode.correct) == (2, True, False)
    assert episode.decision is None


def test_the_summary_counts_episodes_and_steps() -> None:
    good = HardwareEpisode("wedge", "wedge", True, False, 3, 3, 1, 1, [10, 30, 20], 2.0)
    bad = HardwareEpisode("roller", "wedge", False, True, 2, 1, 1, 0, [40, 50])
    told: Any = SimpleNamespace(stack=900, ram=70_000, late=0, silences=0)
    counts = SimpleNamespace(sent=7, restarts=0, reconnects=2, line=SimpleNamespace(received=8))
    link: Any = SimpleNamespace(counts=counts, messages_lost=2)
    sizes = SizeReport((Part("a", 100, 10, 1000), Part("b", 50, 0, 0)), 4096)
    board = Controller("an500", "/dev/pts/0", Path("key"), sizes, "instructions")
    summary = summarise([good, bad], board, link, 5000, told)
    wanted = {
        "episodes": 2,
        "decisions_equal_to_host": 1,
        "messages_lost": 2,
        "resets": 0,
        "reconnects": 2,
        "accuracy": 0.5,
        "instructions_median": 30,
        "instructions_max": 50,
        "flash_code_bytes": 160,
        "flash_model_bytes": 5000,
        "ram_bytes": 5106,
        "stack_bytes": 900,
        "steps": 5,
        "steps_equal_to_host": 4,
        "goals_equal_to_host": 1,
        "rotation_error_deg_median": 2.0,
        "timeout_rate": 0.5,
    }
    assert {key: summary[key] for key in wanted} == wanted
    real = summarise([good], Controller("x", "x", Path("key"), None, "ticks"), link, 5000, told)
    assert (real["ticks_max"], real["flash_code_bytes"], real["ram_bytes"]) == (30, None, 70_900)


@pytest.mark.parametrize(
    ("equal", "goals", "lost", "words"),
    [
        (3, 9, 0, []),
        (2, 9, 0, ["did not decide as this computer"]),
        (3, 8, 0, ["touch elsewhere than this computer in 1 of 9 goals"]),
        (3, 9, 1, ["lost 1 message, which"]),
        (0, 7, 2, ["did not decide", "in 2 of 9 goals", "lost 2 messages, which"]),
    ],
)
def test_other_decisions_other_goals_and_lost_messages_are_complained_of(
    equal: int, goals: int, lost: int, words: list[str]
) -> None:
    counts = {"decisions_equal_to_host": equal, "goals_equal_to_host": goals, "messages_lost": lost}
    said = complaints({"episodes": 3, "goals": 9} | counts)
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))


def test_what_cuts_a_deployment_short_loses_no_episode(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = HardwareEpisode("mug", "mug", True, False, 3, 3, 1, 1, [10, 30, 20], 2.0)

    class Deaf:
        """A link of which only the counts are left."""

        counts = SimpleNamespace(sent=7, restarts=1, reconnects=0, line=SimpleNamespace(received=8))
        messages_lost = 0
        told = met = False

        def __init__(self, *_: object, complain: Callable[[int], None], **__: object) -> None:
            for error in (ERROR_STATE, -13):  # the other is that it has no model yet
                complain(error)

        def __enter__(self) -> Deaf:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def record(self, path: Path) -> None:
            assert self.met  # lest a controller that is left alone costs an earlier recording
            assert path == log

        def telemetry(self) -> None:
            """Once, before the first episode."""
            if self.told:
                raise WireError("It was lost.")
            self.told = True

    board = Controller("an500", "/dev/pts/0", Path("key"), None, "ticks")
    begun = "colonnade.commands.deploy."
    monkeypatch.setattr("colonnade_bridge.wire.link.Link", Deaf)
    monkeypatch.setattr(begun + "controller_of", lambda config: nullcontext(board))
    monkeypatch.setattr(begun + "meet", lambda link, config: setattr(link, "met", True))
    monkeypatch.setattr(begun + "send_model", lambda link, blob: None)
    monkeypatch.setattr(begun + "_exported", lambda *_: (bytes(50), None))
    file, log = tmp_path / "hil.json", tmp_path / "hil.mavlog"
    words = ["deploy", run, "--qemu", "an500", "--episodes", 5, "--json", file, "--record", log]
    for error, code, told in (
        (KeyboardInterrupt(), 130, "Stopped in episode 2 of 5"),
        (WireError("It was lost."), 1, "It was lost. That was in episode 2 of 5"),
    ):

        def cut(*given: Any, error: BaseException = error) -> None:
            given[-1].append(good)
            raise error

        monkeypatch.setattr(begun + "_run", cut)
        file.unlink(missing_ok=True)
        with pytest.raises(SystemExit) as caught:
            main(list(map(str, words)), engine="tests.agent.fake_engine")
        said = capsys.readouterr()
        assert caught.value.code == code, said.err
        assert told in said.err
        assert said.err.count("The controller complains: ") == 1
        assert explain(ERROR_STATE) in " ".join(said.err.split())
        assert f"{log} and {file} are kept" in said.err.replace("\n", "")
        assert "100.0 % correct in 1 episode" in said.out
        assert "there was 1 reset of the controller" in said.out
        assert json.loads(file.read_text())["episodes"] == 1

    def broken(*given: Any) -> None:  # the pipe that it was recorded into
        given[-1].append(replace(good, steps_equal=2))
        raise BrokenPipeError(errno.EPIPE, "Broken pipe", str(log))

    monkeypatch.setattr(begun + "_run", broken)
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, words)), engine="tests.agent.fake_engine")
    said = capsys.readouterr()
    assert caught.value.code == 1
    assert "hil.mavlog" in said.err.replace("\n", "")
    assert "did not decide as this computer did" in " ".join(said.err.split())
    for episodes, told in ((1, "after 1 episode"), (3, "after all 3 episodes")):
        done = [good] * episodes
        monkeypatch.setattr(begun + "_run", lambda *given, done=done: given[-1].extend(done))
        words[words.index("--episodes") + 1] = episodes
        file.unlink()
        with pytest.raises(SystemExit) as caught:  # it falls silent when all is done
            main(list(map(str, words)), engine="tests.agent.fake_engine")
        assert caught.value.code == 1
        assert f"It was lost. That was {told}; " in " ".join(capsys.readouterr().err.split())
        assert json.loads(file.read_text())["episodes"] == episodes


@pytest.mark.parametrize("flag", ["--record", "--json"])
def test_a_file_of_another_kind_is_not_replaced(
    flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "README.md"
    file.write_text("# Read this first")
    with pytest.raises(SystemExit) as caught:
        main(["deploy", "runs/missing", "--qemu", "an500", flag, str(file)])
    assert caught.value.code == 2
    assert "give another name" in capsys.readouterr().err
    assert file.read_text() == "# Read this first"
    former = {"--record": (10**15).to_bytes(8, "big") + b"\xfd...", "--json": b"{}"}
    file.write_bytes(former[flag])
    check_config(DeployConfig(model=tmp_path, **{flag[2:]: file}))  # type: ignore[arg-type]


def test_meshes_have_the_scale_of_the_training_or_as_told(run: Path, tmp_path: Path) -> None:
    config = (run / "config.toml").read_text()
    (run / "config.toml").write_text(config.replace("scale = 1.0", "scale = 0.5"))
    for options, shown in (
        ({}, ("tiny", 0.5)),
        ({"scale": 2.0}, ("tiny", 2.0)),
        ({"objects": "small"}, ("small", 1.0)),
        ({"objects": "small", "scale": 0.001}, ("small", 0.001)),
    ):
        source = source_of(DeployConfig(model=run, qemu="an500", **options))  # type: ignore[arg-type]
        assert (source.objects, source.scale) == shown


def test_a_scale_that_the_set_would_not_heed_is_refused(run: Path) -> None:
    config = (run / "config.toml").read_text()
    (run / "config.toml").write_text(config.replace('"tiny"', '"builtin"'))
    with pytest.raises(ConfigError, match="--scale is for files of meshes"):
        source_of(DeployConfig(model=run, qemu="an500", scale=0.5))


@pytest.mark.parametrize(
    ("words", "complaint", "code"),
    [
        ([], "--qemu an500 for an emulated board, or --port URL", 2),
        (["--qemu", "an500", "--port", "/dev/ttyACM0"], "name two controllers", 2),
        (["--qemu", "an505"], "an386", 2),
        (["--port", "/dev/ttyACM0"], "--port needs --key FILE", 2),
        (["--port", "/dev/ttyACM0", "--key", "no.key"], "no.key cannot be read", 1),
        (["--qemu", "an500", "--episodes", "0"], "--episodes is 0", 2),
        (["--qemu", "an500", "--scale", "0"], "--scale is 0.0, but must be a positive", 2),
        (["--qemu", "an500", "--objects", "builtin", "--scale", "0.1"], "files of meshes", 2),
        (["--qemu", "an500", "--record", "missing/link.mavlog"], "missing does not exist", 2),
        (["--qemu", "an500", "--record", "-"], "goes to a file only", 2),
        (["--qemu", "an500", "--record", "x", "--json", "./x"], "name the same file, x", 2),
        (["--qemu", "an500"], "is no run folder", 1),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_built(
    words: list[str], complaint: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["deploy", "runs/missing", *words], engine="tests.agent.fake_engine")
    assert caught.value.code == code
    assert complaint in " ".join(capsys.readouterr().err.split())
