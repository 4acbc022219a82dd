"""Imported before all tests: `tools` keeps what they import from taking seconds."""

import tools  # noqa: F401
