"""Which names in prose become links to the pages on `utils`."""

from tools.sphinx_extensions.code_links import unmistakable_names


def test_only_names_that_cannot_be_mistaken_are_linked_from_afar() -> None:
    full = ["utils.x.a", "utils.x.a.Thing", "utils.x.a.fit", "utils.x.a.fit_all"]
    full += ["utils.y.b.fit_all", "utils.y.b.Thing.method", "utils.y.a.go", "torch.nn.Module"]
    assert unmistakable_names(full) == {
        "x.a": "utils.x.a",
        "x.a.Thing": "utils.x.a.Thing",
        "x.a.fit": "utils.x.a.fit",
        "x.a.fit_all": "utils.x.a.fit_all",
        "y.b.fit_all": "utils.y.b.fit_all",
        "y.b.Thing.method": "utils.y.b.Thing.method",
        "y.a.go": "utils.y.a.go",
        "a.Thing": "utils.x.a.Thing",
        "a.fit": "utils.x.a.fit",
        "a.fit_all": "utils.x.a.fit_all",
        "b.fit_all": "utils.y.b.fit_all",
        "b.Thing.method": "utils.y.b.Thing.method",
        "a.go": "utils.y.a.go",
        "Thing": "utils.x.a.Thing",
        "Thing.method": "utils.y.b.Thing.method",
    }
