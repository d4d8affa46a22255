"""The controller's side: each step once, in time or marked late, and a safe stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.bridge.scripted import Controller, Host, error, model

from colonnade_bridge.wire.dialect import dialect

LATE, SKIPPED, GOAL = 1, 2, 4


@pytest.fixture
def host(controller: Controller) -> Host:
    host = Host(controller).greet()
    host.upload(*model())
    return host


def row(number: int) -> Any:
    return np.random.default_rng(number).normal(size=18).astype(np.float32)


def weight(*rows: Any) -> float:
    """What the scripted mind's evidence gains."""
    return sum(float(np.dot(r.astype(np.float64), np.arange(1.0, 19.0))) for r in rows)


def test_percepts_arrive_bit_for_bit(host: Host) -> None:
    sent = row(1)
    sent[:4] = [-0.0, 1e-42, np.float32(1 / 3), np.finfo(np.float32).max / 1e9]
    (decision,) = host.say(host.percept(sent))
    assert np.array(decision.pose, np.float32).tobytes() == sent[:12].tobytes()


def test_patches_of_a_step_come_in_any_order_and_are_thought_of_once(host: Host) -> None:
    rows = [row(n) for n in range(5)]
    number = host.next()
    frames = [host.percept(r, patch=n, patches=5, sequence=number) for n, r in enumerate(rows)]
    for n in (3, 0, 4, 1):
        assert host.say(frames[n]) == []
    (decision,) = host.say(frames[2])
    assert (decision.sequence, decision.object) == (number, 5)
    assert decision.evidence == pytest.approx(weight(*rows), rel=1e-6)


def test_a_step_that_is_asked_again_is_answered_again_and_not_thought_again(host: Host) -> None:
    step = host.percept(row(1))
    (first,) = host.say(step)
    (again,) = host.say(step)
    assert (again.evidence, again.sequence) == (first.evidence, first.sequence)
    assert host.controller.facts.steps == 1
    assert host.report().repeated == 1


def test_only_the_last_patch_of_a_repeated_step_is_answered(host: Host) -> None:
    number = host.next()
    frames = [host.percept(row(n), patch=n, patches=3, sequence=number) for n in range(3)]
    assert len(host.say(*frames)) == 1
    assert len(host.say(*frames)) == 1


def test_a_step_given_up_leaves_nothing_behind(host: Host) -> None:
    host.say(host.percept(row(1), patch=0, patches=2))
    (decision,) = host.say(host.percept(row(2)))
    assert decision.evidence == pytest.approx(weight(row(2)), rel=1e-6)
    assert host.report().incomplete == 1


def test_an_order_gives_up_a_step_that_was_begun(host: Host) -> None:
    number = host.next()
    host.say(host.percept(row(1), patch=0, patches=2, sequence=number))
    telemetry, status = host.say(host.command(dialect().CLN_DO_REPORT))
    assert (status.sequence, telemetry.incomplete) == (number + 1, 1)
    assert host.say(host.percept(row(2), patch=1, patches=2, sequence=number)) == []
    assert host.controller.facts.steps == 0
    assert host.say(host.command(dialect().CLN_DO_REPORT))[1].sequence == number + 2


def test_another_host_does_not_go_on_with_a_step_begun_before(host: Host) -> None:
    host.say(host.percept(row(1), patch=0, patches=2))
    other = Host(host.controller, stamp=host.mav.signing.timestamp).greet()
    assert other.say(other.percept(row(2), patch=1, patches=2)) == []
    assert host.controller.facts.steps == 0


def test_a_goal_comes_before_the_decision_that_it_belongs_to(host: Host) -> None:
    goal, decision = host.say(host.percept(row(1), wants=dialect().CLN_WANT_GOAL))
    assert (goal.get_type(), goal.sequence) == ("CLN_GOAL", decision.sequence)
    assert np.array(goal.goal, np.float32).tobytes() == row(1)[:6].tobytes()
    assert decision.notes == GOAL


def part_of(host: Host, number: int, part: int, **other: Any) -> Any:
    """Half of a patch of 64 pixels, the first of two patches."""
    pose = other.get("pose", np.arange(7.0))
    return dialect().MAVLink_cln_patch_message(
        host.session, number, pose.tolist(), other.get("unit", 1e-5), [part] * 32, 0,
        other.get("patch", 0), 2, 0, part, other.get("parts", 2), [part] * 96,
    )  # fmt: skip


@pytest.mark.parametrize(
    "other", [{"pose": np.arange(7.0) * (1 + 1e-6)}, {"unit": 2e-5}, {"parts": 8}]
)
def test_parts_of_a_patch_that_disagree_are_answered_with_an_error(
    host: Host, other: dict[str, Any]
) -> None:
    number = host.next()
    assert host.say(part_of(host, number, 0)) == []
    (answer,) = host.say(part_of(host, number, 1, **other))
    assert (answer.sequence, answer.error) == (number, error("ARGUMENT"))
    assert host.report().refused == 1


def test_patches_of_a_step_have_poses_of_their_own(host: Host) -> None:
    number = host.next()
    poses = np.arange(7.0), np.arange(7.0) + 1
    frames = [
        part_of(host, number, part, patch=patch, pose=poses[patch], unit=1e-5 * (1 + patch))
        for patch in (0, 1)
        for part in (0, 1)
    ]
    answers = host.say(frames[0], *frames)  # one comes twice
    assert [(answer.object, answer.error) for answer in answers] == [(2, 0)]
    assert answers[0].pose[:7] == poses[1].tolist()


@pytest.mark.parametrize("side", [8, 16])
def test_pixels_are_sensed_on_the_controller(host: Host, side: int) -> None:
    rng = np.random.default_rng(side)
    depth = rng.integers(0, 65536, (side * side // 32, 32), np.uint16)
    rgb = rng.integers(0, 256, (side * side // 32, 96), np.uint8)
    pose = rng.normal(size=7).astype(np.float32)
    parts, number, answers = side * side // 32, host.next(), []
    for part in reversed(range(parts)):
        message = dialect().MAVLink_cln_patch_message(
            host.session, number, pose.tolist(), 1e-5, depth[part].tolist(), 0,
            0, 1, 0, part, parts, rgb[part].tolist(),
        )  # fmt: skip
        answers += host.say(message)
    sensed = np.concatenate([pose, depth.ravel()[7:18].astype(np.float32) * np.float32(1e-5)])
    sensed[17] = rgb.sum()
    assert len(answers) == 1
    assert answers[0].evidence == pytest.approx(weight(sensed), rel=1e-6)


def test_a_step_that_takes_too_long_is_marked_late(host: Host) -> None:
    host.controller.facts.step_us = 30_000
    (in_time,) = host.say(host.percept(row(1), deadline=31))
    (late,) = host.say(host.percept(row(1), deadline=29))
    assert (in_time.notes, late.notes) == (0, LATE)
    assert late.micros == 30_000
    assert host.controller.facts.steps == 2
    assert host.report().late == 1


def test_a_step_that_arrives_too_late_is_answered_without_thinking(host: Host) -> None:
    number = host.next()
    host.say(host.percept(row(1), patch=0, patches=2, deadline=20, sequence=number))
    host.hear(host.controller.run(wait=0.021))
    (late,) = host.say(host.percept(row(2), patch=1, patches=2, deadline=20, sequence=number))
    assert late.notes == LATE | SKIPPED
    assert host.controller.facts.steps == 0
    (after,) = host.say(host.percept(row(3)))
    assert after.evidence == pytest.approx(weight(row(3)), rel=1e-6)


@pytest.mark.parametrize("anew", ["reset", "model"])
def test_a_late_first_step_does_not_tell_of_the_episode_before(host: Host, anew: str) -> None:
    (decision,) = host.say(host.percept(np.ones(18)))
    assert (decision.verdict, decision.object) == (1, 1)
    if anew == "reset":
        host.say(host.command(dialect().CLN_DO_RESET))
    else:
        host.upload(*model(2))
    number = host.next()
    host.say(host.percept(row(1), patch=0, patches=2, deadline=20, sequence=number))
    host.hear(host.controller.run(wait=0.021))
    (late,) = host.say(host.percept(row(2), patch=1, patches=2, deadline=20, sequence=number))
    assert late.notes == LATE | SKIPPED
    assert (late.verdict, late.object, late.evidence, late.rival) == (0, -1, 0, 0)
    assert not any(late.pose)


def test_a_silent_host_stops_the_robot_once(host: Host) -> None:
    for _ in range(30):
        host.hear(host.controller.run(wait=0.1))
    assert host.controller.facts.stops == 1
    (decision,) = host.say(host.percept(row(1)))
    assert decision.notes == 0
    assert host.report().silences == 1
    for _ in range(20):
        host.hear(host.controller.run(wait=0.1))
    assert host.controller.facts.stops == 2


def test_heartbeats_of_the_session_keep_the_watchdog_quiet_and_no_others_do(host: Host) -> None:
    for _ in range(30):
        host.hear(host.controller.run(wait=0.1))
        host.say(host.hello(0))
    assert host.controller.facts.stops == 0
    host.session = 0
    for _ in range(30):
        host.hear(host.controller.run(wait=0.1))
        host.say(host.hello(3))
    assert host.controller.facts.stops == 1


def test_a_long_thought_is_not_silence(host: Host) -> None:
    host.controller.facts.step_us = 5_000_000
    decision, beat = host.say(host.percept(row(1)))
    assert (decision.micros, beat.get_type()) == (5_000_000, "CLN_HEARTBEAT")
    assert host.controller.facts.stops == 0


def test_a_robot_that_waits_for_its_host_is_not_stopped(controller: Controller) -> None:
    for _ in range(50):
        controller.run(wait=0.1)
    assert controller.facts.stops == 0


def test_after_a_stop_no_step_is_taken_until_a_reset(host: Host) -> None:
    commands = dialect()
    host.say(host.command(commands.CLN_DO_STOP))
    (refused,) = host.say(host.percept(row(1)))
    assert (refused.notes, refused.error) == (SKIPPED, error("STOPPED"))
    host.say(host.command(commands.CLN_DO_RESET))
    (taken,) = host.say(host.percept(row(1)))
    assert (taken.notes, taken.error) == (0, 0)
    assert host.controller.facts.stops == 1


def test_a_stop_is_kept_once_and_where_flash_fails_until_a_reset(host: Host) -> None:
    writes = host.controller.facts.writes
    for _ in range(3):
        host.say(host.command(dialect().CLN_DO_STOP))
    assert host.controller.facts.writes == writes + 2  # an erasure and a record
    host.say(host.command(dialect().CLN_DO_RESET))
    host.controller.facts.power = 1
    (status,) = host.say(host.command(dialect().CLN_DO_STOP))
    assert (status.state, status.error) == (dialect().CLN_STATE_STOPPED, 0)
    (beat,) = host.hear(host.controller.run(wait=0.5))
    assert beat.error == error("FLASH")


def test_an_order_that_arrives_twice_is_done_once(host: Host) -> None:
    reset = host.command(dialect().CLN_DO_RESET)
    (first,), (second,) = host.say(reset), host.say(reset)
    assert first.sequence == second.sequence
    assert host.controller.facts.resets == 1


def test_an_order_that_does_not_exist_is_refused(host: Host) -> None:
    (status,) = host.say(host.command(77))
    assert status.error == error("COMMAND")


def test_without_a_model_steps_are_answered_with_that(controller: Controller) -> None:
    host = Host(controller).greet()
    (decision,) = host.say(host.percept(row(1)))
    assert (decision.error, decision.object, decision.notes) == (error("NO_MODEL"), -1, SKIPPED)


def test_heartbeats_come_every_half_second(host: Host) -> None:
    beats = [m for _ in range(100) for m in host.hear(host.controller.run(wait=0.05))]
    assert [beat.get_type() for beat in beats] == ["CLN_HEARTBEAT"] * 10


def test_a_frame_whose_end_was_lost_holds_up_the_next_no_longer_than_a_silence(host: Host) -> None:
    cut = host.frame(host.percept(row(1)))[:60]
    report = host.frame(host.command(dialect().CLN_DO_REPORT))
    assert host.hear(host.controller.run(cut + report)) == []
    assert host.hear(host.controller.run(wait=0.19)) == []
    telemetry, status = host.hear(host.controller.run(wait=0.02))
    assert (telemetry.dropped, status.sequence) == (60, host.sequence)


def test_what_does_not_fit_is_counted(host: Host) -> None:
    """Nobody takes what is to be sent: it is dropped, not waited for."""
    import ctypes

    frames = [host.frame(host.command(dialect().CLN_DO_REPORT)) for _ in range(30)]
    data = b"".join(frames)
    out = ctypes.create_string_buffer(4096)
    host.controller._code.cln_scripted_run(host.controller.memory, data, len(data), out, 0)
    host.hear(host.controller.run())
    assert host.report().unsent > 10


def test_any_chunking_of_the_stream_gives_the_same_answers(host: Host) -> None:
    frames = b"".join(host.frame(host.percept(row(n))) for n in range(20))
    answers = []
    rng = np.random.default_rng(0)
    while frames:
        size = int(rng.integers(1, 50))
        answers += host.hear(host.controller.run(frames[:size]))
        frames = frames[size:]
    assert answers[-1].evidence == pytest.approx(weight(*map(row, range(20))), rel=1e-6)
    assert len(answers) == 20
