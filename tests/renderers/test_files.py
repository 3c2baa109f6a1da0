"""Replacing files at once."""

from __future__ import annotations

import os
import stat

import pytest

from diagnose.renderers.files import replace, same


def test_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "other").write_text("x")
    replace(tmp_path / "new", b"data")
    assert (tmp_path / "new").read_bytes() == b"data"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_existing_file_keeps_its_permissions_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(0o640)
    replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["old"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    replace(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_device_is_written_to_and_not_replaced():
    replace("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_directory_and_a_missing_directory_are_errors(tmp_path):
    with pytest.raises(IsADirectoryError):
        replace(tmp_path, b"")
    with pytest.raises(FileNotFoundError):
        replace(tmp_path / "no" / "file", b"")


def test_same_follows_links_and_missing_files_are_not_the_same(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").symlink_to("a")
    assert same(tmp_path / "a", tmp_path / "b")
    assert not same(tmp_path / "a", tmp_path / "c")
    assert not same(tmp_path / "c", tmp_path / "c")
    assert not same("a\0b", tmp_path / "a")


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    for path in (tmp_path / "no" / "x", tmp_path / ("x" * 300)):
        with pytest.raises(OSError) as caught:
            replace(path, b"")
        assert caught.value.filename == str(path)
