"""tools/notebooks: what its commands take."""

import pytest

import tools.notebooks.__main__ as notebooks


@pytest.mark.parametrize("text", ["-1", "abc", "1.5", "", str(2**32), "9" * 40, "½", "1e3"])
def test_a_seed_is_a_whole_number(text: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        notebooks.parse(["run", "01", f"--seed={text}"])
    message = capsys.readouterr().err.splitlines()[-1]
    assert f"expected a whole number from 0 to 4294967295, got {text!r}" in message
    assert notebooks.parse(["run", "01", "--seed", str(2**32 - 1)]).seed == 2**32 - 1


def test_words_that_belong_to_nothing_are_named(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        notebooks.parse(["run", "01", "epochs", "abc"])
    assert "unrecognized arguments: epochs abc" in capsys.readouterr().err
