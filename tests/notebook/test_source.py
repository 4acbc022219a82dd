"""Code that is shown is the code that runs."""

import pytest

from utils.models.encoder_decoder import EncoderDecoder
from utils.notebook import source


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr(source, "display", lambda output: outputs.append(output.data))
    return outputs


def test_a_class_is_shown_as_it_stands_in_its_file(shown):
    source.show_source(EncoderDecoder)
    assert shown[0].startswith("```python\nclass EncoderDecoder(nn.Module):\n")
    assert shown[0].endswith("return self.decode(self.encode(inputs))\n```")


def test_a_method_is_moved_to_the_margin(shown):
    source.show_source(EncoderDecoder.encode, EncoderDecoder.decode)
    assert [text.split("\n")[1][:4] for text in shown] == ["def ", "def "]


def test_an_instance_has_no_source(shown):
    with pytest.raises(TypeError):
        source.show_source(EncoderDecoder(None, None))
    assert shown == []
