"""Imported before all tests: `tools` keeps what they import from taking seconds."""

import pytest

import tools  # noqa: F401


@pytest.fixture
def chinese(monkeypatch):
    """The Chinese edition: what `utils` says is Chinese."""
    monkeypatch.setenv("BOOK_LANGUAGE", "zh_CN")
