"""Where compiled kernels are kept, and what is told where they cannot be."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from numba.core.caching import IndexDataCacheFile

from colonnade.kernel_cache import kernel_folder


def test_the_folder_of_a_kernel_that_could_not_be_kept_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = IndexDataCacheFile(str(tmp_path), "kernel", source_stamp=None)
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space") as caught:
        kept.flush()
    assert kernel_folder(caught.value) == str(tmp_path)


def test_other_errors_are_of_no_kernel() -> None:
    with pytest.raises(OSError, match="No space") as caught:
        raise OSError(errno.ENOSPC, "No space left on device")
    assert kernel_folder(caught.value) is None
