"""The folder of an export: what is replaced, what is left alone, and what a kill leaves."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from colonnade import export_folder as module
from colonnade.export_folder import MANIFEST, ExportFolderError, check_folder, write_export
from colonnade.output import OutputError


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_former_export_is_replaced_and_what_was_built_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_export(out, {"a.c": b"1", "deep/er/b.c": b"2", "c.c": b"3"}, {"target": "c"})
    (out / "build").mkdir()
    (out / "build" / "a.o").write_text("built")
    write_export(out, {"a.c": b"4", "d.c": b"5"}, {"target": "c"})
    found = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert found == {"a.c", "d.c", "build/a.o", MANIFEST}
    assert not (out / "deep").exists()
    assert (out / "a.c").read_bytes() == b"4"
    assert set(check_folder(out)) == {"a.c", "d.c"}


@pytest.mark.parametrize("files", [{"a.c": b"3"}, {"model.onnx": b"4"}])
def test_what_somebody_edited_is_neither_replaced_nor_taken_away(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_export(out, {"a.c": b"1", "deep/b.c": b"2"}, {})
    (out / "deep" / "b.c").write_bytes(b"2, and mine")
    before = everything(out)
    with pytest.raises(ExportFolderError, match=r"deep/b\.c was changed .* give another --out"):
        write_export(out, files, {})
    assert everything(out) == before
    (out / "deep" / "b.c").rename(tmp_path / "mine.c")
    write_export(out, files, {})
    assert everything(out).keys() == {*files, MANIFEST}


def test_a_file_that_is_of_no_export_is_not_replaced(tmp_path: Path) -> None:
    write_export(tmp_path, {"a.c": b"1"}, {})
    (tmp_path / "b.c").write_text("mine")
    with pytest.raises(ExportFolderError, match=r"b\.c is of no export"):
        write_export(tmp_path, {"a.c": b"1", "b.c": b"2"}, {})
    assert (tmp_path / "b.c").read_text() == "mine"


@pytest.mark.parametrize("written", range(4))
def test_where_not_all_can_be_written_the_former_export_is_whole(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_export(out, {"a.c": b"1", "old.c": b"2"}, {})
    before, left = everything(out), iter(range(written))

    def until_full(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", until_full)
    with pytest.raises(OutputError, match=r"out/(a|new|export)\.\w+ cannot be written \(the disk"):
        write_export(out, {"a.c": b"3", "new.c": b"4"}, {})
    assert everything(out) == before
    assert {path.name for path in out.iterdir()} == {"a.c", "old.c", MANIFEST}


@pytest.mark.parametrize("renamed", range(4))
def test_an_export_that_was_stopped_is_put_right(
    renamed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write_export(out, {"a.c": b"1", "old.c": b"2"}, {})
    rename, left = module._rename, iter(range(renamed))

    def stopped(file: Path, target: Path) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        rename(file, target)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            write_export(out, {"a.c": b"3", "new.c": b"4"}, {})
    write_export(out, {"newer.c": b"5"}, {})
    assert {path.name for path in out.iterdir()} == {"newer.c", MANIFEST}


@pytest.mark.parametrize("there", [True, False])
def test_what_is_taken_away_is_gone_for_good_before_the_list_forgets_it(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have taken it away before, with its folder."""
    write_export(tmp_path, {"deep/old.c": b"1"}, {})
    if not there:
        shutil.rmtree(tmp_path / "deep")
    synced: list[tuple[Path, bool, bool]] = []

    def spy(folder: Path) -> None:
        listed = "deep/old.c" in check_folder(tmp_path)
        synced.append((folder, (tmp_path / "deep/old.c").exists(), listed))

    monkeypatch.setattr(module, "sync_folder", spy)
    write_export(tmp_path, {"a.c": b"2"}, {})
    assert ((tmp_path / "deep", False, True) in synced) == there
    assert synced[-1] == (tmp_path, False, False)
    assert not (tmp_path / "deep").exists()


def test_what_a_killed_export_left_is_in_nobodys_way(tmp_path: Path) -> None:
    left = tmp_path / ".0123456789ab~export.partial"
    (left / "new").mkdir(parents=True)
    write_export(tmp_path, {"a.c": b"1"}, {})
    assert {path.name for path in tmp_path.iterdir()} == {"a.c", MANIFEST}


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"what": "colonnade export", "files": "all"}',
        '{"what": "colonnade export", "files": {"../../etc/passwd": []}}',
        '{"what": "colonnade export", "files": {"/etc/passwd": []}}',
        '{"what": "colonnade export", "files": {"a.c": 1}}', '{"files": {}}',
        '{"what": "colonnade export", "files": {"a.c": [[]]}}', "[" * 200_000,
        r'{"what": "colonnade export", "files": {"a\u0000b": []}}',
        r'{"what": "colonnade export", "files": {"a\ud800b": []}}',
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_ours_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(ExportFolderError):
        check_folder(tmp_path)
