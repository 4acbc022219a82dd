"""utils.notebook.claims: a sentence that is not true stops the notebook."""

import pytest
import torch

from utils.notebook.claims import ClaimError, claim


def test_a_true_claim_is_printed_with_a_tick(capsys):
    claim("The network is better", True)
    assert capsys.readouterr().out == "✓ The network is better\n"


def test_a_false_claim_stops_the_run_and_prints_nothing(capsys):
    with pytest.raises(ClaimError, match="The network is better"):
        claim("The network is better", False)
    assert capsys.readouterr().out == ""


def test_a_tensor_can_be_the_condition(capsys):
    claim("One is less than two", torch.tensor(1.0) < 2)
    with pytest.raises(ClaimError):
        claim("One is more than two", torch.tensor(1.0) > 2)


@pytest.mark.parametrize("holds", [True, False])
def test_an_unchecked_claim_never_passes_for_a_checked_one(capsys, holds):
    claim("The network is better", holds, checked=False)
    printed = capsys.readouterr().out
    assert "✓" not in printed
    assert printed == "· not checked in this run: The network is better\n"


def test_in_chinese_the_tick_is_the_same_and_the_rest_is_chinese(capsys, chinese):
    claim("网络更好", True)
    claim("网络更好", False, checked=False)
    assert capsys.readouterr().out == "✓ 网络更好\n· 这次运行没有检查：网络更好\n"
