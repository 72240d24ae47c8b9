"""The arrows of the architecture: who imports whom."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

import attnviz

PACKAGE = Path(attnviz.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@cache
def imports(path: Path, top_only: bool = False) -> list[str]:
    """Full names of what a file imports: modules, and the names taken from them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[str] = []
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def importers(name: str, top_only: bool = False) -> set[str]:
    """Modules of the package that import `name` or something in it."""
    return {
        module
        for module, path in MODULES.items()
        if any(found == name or found.startswith(name + ".") for found in imports(path, top_only))
    }


def outside(modules: set[str], *rooms: str) -> set[str]:
    return {module for module in modules if not any(module == room or module.startswith(room + ".") for room in rooms)}


def test_imports_are_found_at_all() -> None:
    assert "attnviz.record" in importers("attnviz.taps")
    assert "attnviz.cli" in importers("attnviz.train")
    assert len(MODULES) > 40


def test_nothing_imports_the_pages() -> None:
    assert outside(importers("attnviz.ui"), "attnviz.ui") == set()


def test_the_front_door_imports_the_pages_and_nothing_else() -> None:
    assert imports(PACKAGE.parent / "app.py") == ["attnviz.ui.front.main"]


def test_only_the_pages_import_streamlit() -> None:
    assert outside(importers("streamlit"), "attnviz.ui") == set()


def test_only_training_imports_training_and_the_command_line_only_when_asked() -> None:
    assert outside(importers("attnviz.train"), "attnviz.train") == {"attnviz.cli"}
    assert outside(importers("attnviz.train", top_only=True), "attnviz.train") == set()


@pytest.mark.parametrize("room", ["attnviz.plot", "attnviz.explain"])
@pytest.mark.parametrize(
    "forbidden", ["attnviz.record", "attnviz.taps", "attnviz.load", "attnviz.nets", "attnviz.ui", "attnviz.predict"]
)
def test_plots_and_explanations_run_no_model(room: str, forbidden: str) -> None:
    assert not {module for module in importers(forbidden) if module == room or module.startswith(room + ".")}


@pytest.mark.parametrize("module", ["attnviz.maps", "attnviz.weights", "attnviz.errors"])
def test_maps_are_numpy_only(module: str) -> None:
    packages = {name.split(".")[0] for name in imports(MODULES[module])}
    assert packages <= {"numpy", "attnviz", *sys.stdlib_module_names}


# each may import itself and those below it
BELOW = ["attnviz.errors", "attnviz.tiles", "attnviz.weights", "attnviz.maps", "attnviz.probe", "attnviz.taps", "attnviz.record"]


@pytest.mark.parametrize(("room", "above"), [(room, BELOW[i + 1 :]) for i, room in enumerate(BELOW[:-1])])
def test_the_recorder_rests_on_taps_probes_maps_and_errors_and_never_the_other_way(room: str, above: list[str]) -> None:
    for upper in above:
        assert not {module for module in importers(upper) if module == room or module.startswith(room + ".")}


def test_layers_know_only_each_other_and_their_probe() -> None:
    for module, path in MODULES.items():
        if module.startswith("attnviz.layers."):
            ours = {name for name in imports(path) if name.startswith("attnviz") and not name.startswith("attnviz.layers.")}
            assert ours <= {"attnviz.probe.Probe"}, module


@pytest.mark.parametrize("forbidden", ["streamlit", "attnviz.predict", "attnviz.load", "attnviz.export", "attnviz.cli"])
def test_views_are_pure(forbidden: str) -> None:
    rooms = ("attnviz.views", "attnviz.exhibit", "attnviz.state", "attnviz.results")
    assert not {module for module in importers(forbidden) if module.startswith(rooms)}


def test_a_view_is_one_file_and_one_row() -> None:
    from attnviz.views import VIEWS

    files = {module.rpartition(".")[2] for module in MODULES if "VIEW = View(" in MODULES[module].read_text(encoding="utf-8")}
    assert len(files) == len(VIEWS)


def test_mechanisms_run_layers_and_know_no_page_no_figure_and_no_net() -> None:
    rooms = (
        "attnviz.layers",
        "attnviz.mechanisms",
        "attnviz.record",
        "attnviz.maps",
        "attnviz.errors",
        "attnviz.encode",
        "attnviz.state",
    )
    for module in sorted(module for module in MODULES if module.startswith("attnviz.mechanisms")):
        ours = {name for name in imports(MODULES[module]) if name.startswith("attnviz.")}
        assert outside(ours, *rooms) == set(), module
    assert (
        outside(importers("attnviz.mechanisms"), "attnviz.mechanisms", "attnviz.ui", "attnviz.views", "attnviz.results.mechanism")
        == set()
    )


def test_only_tests_need_keras() -> None:
    assert importers("keras") == set()


def test_the_recorder_and_the_nets_know_nothing_of_models_of_others() -> None:
    found = outside(importers("attnviz.foreign"), "attnviz.foreign", "attnviz.ui")
    assert found == {"attnviz.cli", "attnviz.listing", "attnviz.load"}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a ring, the first that is found; none where there is none."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        found = next((ring for each in sorted(graph[module]) if (ring := walk(each, [*way, module]))), [])
        done.add(module)
        return found

    return next((ring for module in sorted(graph) if (ring := walk(module, []))), [])


def edges(module: str, top_only: bool) -> set[str]:
    """The modules of the package that one imports."""
    found = {name if name in MODULES else name.rpartition(".")[0] for name in imports(MODULES[module], top_only)}
    return found & MODULES.keys() - {module}


def test_a_ring_is_found_where_there_is_one() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_modules_import_each_other_in_a_ring_and_none_of_the_pages_hides_one_in_a_function() -> None:
    assert circle({module: edges(module, top_only=True) for module in MODULES}) == []
    pages = {module for module in MODULES if module.startswith("attnviz.ui")}
    assert circle({module: edges(module, top_only=False) & pages for module in pages}) == []
