"""The same from the shell: attnviz models, map, eval, train, app and more. Each imports what it needs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from attnviz.cards import find_card
from attnviz.errors import AttnvizError, CardError, ExportError, InputError
from attnviz.extras import extras
from attnviz.listing import listing
from attnviz.paths import APP

if TYPE_CHECKING:
    from attnviz.results import Result

# As in .streamlit/config.toml, for an app that is not served from its checkout. Without browser.serverAddress Streamlit
# asks an outside host for its own address at every start.
SERVING = {
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": "localhost",
    "server.maxUploadSize": "20",
    "server.address": "localhost",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "runner.postScriptGC": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.light.primaryColor": "#1d4ed8",
    "theme.dark.primaryColor": "#60a5fa",
}

app = typer.Typer(help="See where a model looks.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="A shipped model, or a folder with a card.toml.")]
Data = Annotated[Path, typer.Option("--data", help="Folder of the data sets.")]


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models that can be loaded."""
    listed, errors = listing(as_json)
    for error in errors:
        typer.echo(str(error), err=True)
    typer.echo(listed)


@app.command()
def fetch(name: Name) -> None:
    """Download a model of the Hugging Face hub into its cache, with safetensors only and at the card's commit."""
    from attnviz.foreign.hub import fetch as run

    card, last = find_card(name), -1
    for done, total in run(card):
        if (share := 100 * done // max(total, 1)) > last:
            last = share
            typer.echo(f"{card.name}: {done / 1e6:,.1f} of {total / 1e6:,.1f} MB ({share} %)")


@app.command("card")
def card_(
    source: Annotated[str, typer.Argument(metavar="ID_OR_FOLDER", help="owner/name on the Hugging Face hub, or a folder.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the card. Without it: the folder itself, or models/NAME.")] = None,
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of the repository; the card pins its commit.")] = "main",
) -> None:
    """Write the card of a model of transformers, so that it can be loaded."""
    from attnviz.foreign.write import write_card

    typer.echo(f"{write_card(source, out, revision)} written")


@app.command("map")
def map_(
    name: Name,
    out: Annotated[Path, typer.Option(help="File to write: .html, .png, .svg, .csv, .npz or .json.")],
    text: Annotated[str | None, typer.Option(help="A text to decide on; - reads standard input.")] = None,
    image: Annotated[Path | None, typer.Option(help="A photo to decide on.")] = None,
    layer: Annotated[str | None, typer.Option(help="Number in order, counted from 0, or name. Without it: all layers.")] = None,
    head: Annotated[int | None, typer.Option(help="Number of the head, counted from 0. Without it: all heads.")] = None,
    rows: Annotated[str | None, typer.Option(help="Tokens that look, as 100:164. Without it: all.")] = None,
    columns: Annotated[str | None, typer.Option(help="Tokens looked at, as 100:164. Without it: all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Hard attention: pick by chance. Without it: the most probable picks.")] = None,
    beginning: Annotated[str | None, typer.Option(help="Translation: what it is to begin with.")] = None,
    sentence: Annotated[int, typer.Option(help="Translation: which of several sentences, counted from 1.")] = 1,
    series: Annotated[Path | None, typer.Option(help="A CSV file of dates and numbers to go on with.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Series: the column of numbers. Without it: the first that does not count.")
    ] = None,
    dates: Annotated[
        str, typer.Option(help="Series: the column of dates, or none: every row is a step. Without it: the evenest.")
    ] = "",
    hold_back: Annotated[int, typer.Option(min=0, help="Series: how many steps before its end the forecast begins.")] = 0,
    fit: Annotated[str, typer.Option(help="Photo: made square by crop, to its middle, or letterbox, whole with bars.")] = "crop",
    view: Annotated[str | None, typer.Option(help="What to show, as the page does. Without it: the first view there is.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A choice of the view, as step=3. May be given again.")] = None,
    exhibit: Annotated[str | None, typer.Option(help="Of the view, one exhibit alone. A picture holds one.")] = None,
) -> None:
    """Decide on one text or photo, translate a sentence or go on with a series, and write where the model looked."""
    from attnviz import draw, export
    from attnviz.views import views_of

    kind = out.suffix.removeprefix(".").lower()
    if kind not in (*export.NUMBERS, *export.PICTURES):
        raise ExportError(f"files ending in {out.suffix or 'nothing'} are not known", "use .html, .png, .svg, .csv, .npz or .json")
    given = {"text": text, "image": image, "series": series}
    of_series = {"column": column, "dates": None if dates == "none" else dates, "hold_back": hold_back}
    result = _result(name, given, seed, beginning, {"series": of_series, "image": {"fit": fit}}, sentence)
    part = (layer, head, rows, columns)
    viewed = (view, choice, exhibit) != (None, None, None)
    if viewed or (kind in export.PICTURES and views_of(result)):
        if part != (None,) * len(part):
            raise InputError("a view takes its part by --choice", "leave out --layer, --head, --rows and --columns")
        content, count = _of_view(result, kind, view, choice or [], exhibit)
    elif kind in export.NUMBERS:
        maps = draw.numbers(result, *part)
        content, count = export.NUMBERS[kind](maps, result), len(maps)
    else:
        figure, caption, count = draw.picture(result, *part)
        content = export.page(figure, name, caption) if kind == "html" else export.as_picture(figure, kind)
    _write(out, content)
    typer.echo(f"{result.said}, {count} {'map' if count == 1 else 'maps'} -> {out}")
    for note in result.remarks:
        typer.echo(note, err=True)


@app.command("eval")
def eval_(
    name: Name,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of the data sets: prints the figures in the model's card.")
    ] = None,
    as_json: AsJson = False,
    links: Annotated[
        Path | None,
        typer.Option(help="Word links of a translator's sentences, i-j sure and ipj possible, beside a file `source ||| target`."),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="A file of sentences `source ||| target`: prints a translator's chrF, and what it copies.")
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(help="Photos with masks of their objects: images/NAME.jpg and masks/NAME.png, or NAME.jpg and NAME_mask.png."),
    ] = None,
    shifted: Annotated[
        bool, typer.Option("--shifted", help="Score maps once more, on parts of the photos whose object is off the middle.")
    ] = False,
) -> None:
    """Print the metrics of a model's card, worked out from the data set, or how well its maps mark objects."""
    from attnviz.evaluate import figures
    from attnviz.load import load

    found = figures(load(name), data, masks, links, shifted, pairs)
    typer.echo(json.dumps({"model": name, **found}) if as_json else "\n".join(_lines(found)))


@app.command()
def explain(
    name: Name,
    text: Annotated[str | None, typer.Option(help="A text to decide on; - reads standard input.")] = None,
    image: Annotated[Path | None, typer.Option(help="A photo to decide on.")] = None,
    series: Annotated[Path | None, typer.Option(help="A CSV file of dates and numbers to go on with.")] = None,
) -> None:
    """Say of every explanation of one decision whether it points at what matters: hide that, and as much at random."""
    from attnviz.faithful import tried
    from attnviz.load import load
    from attnviz.results import Translation

    prediction = _result(name, {"text": text, "image": image, "series": series}, None, None, {})
    if isinstance(prediction, Translation):
        raise InputError(f"{name} translates, and decides nothing that hiding could move", "take a model that decides")
    typer.echo(prediction.said)
    for one in tried(load(name), prediction):
        typer.echo(f"{one.method}: {one.verdict}")


@app.command()
def faithful(
    name: Name,
    data: Data,
    n: Annotated[int, typer.Option("--n", min=1, help="How many inputs of the test split.")] = 200,
    orders: Annotated[int, typer.Option(min=1, help="How many random orders the curves are held against.")] = 50,
    as_json: AsJson = False,
    rationales: Annotated[
        Path | None,
        typer.Option(help='Words that people marked: JSON lines such as {"text": "a fine film", "words": ["fine"]}.'),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(help="Photos with masks of their objects: images/NAME.jpg and masks/NAME.png, or NAME.jpg and NAME_mask.png."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="File for what is found of each input; a run that was interrupted goes on from it.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Keep the table beside the card, where pages quote it.")] = False,
) -> None:
    """Score every explanation of a model over a data set: what is hidden by its ranking against as much at random."""
    from attnviz.faithful import agreement, table
    from attnviz.faithful.over_data import faithful as run
    from attnviz.load import load

    model = load(name)
    found = run(model, data, n, lambda done: typer.echo(f"{done} of {n}", err=True) if done % 20 == 0 else None, orders, keep)
    agreed = [agreement.with_words(model, rationales)] if rationales else []
    agreed += [agreement.with_masks(model, masks)] if masks else []
    for figures in agreed:
        for method, more in figures.items():
            found["methods"].setdefault(method, {}).update(more)
    if write:
        typer.echo(f"{table.write(model.card, found)} written", err=True)
    typer.echo(json.dumps({"model": name, **found}) if as_json else "\n".join(_lines(found)))


@app.command()
def train(
    name: Name,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint and the finished model.")],
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Train a shipped model again; the same command goes on after an interruption."""
    from attnviz.train import train as run

    run(name, data, out, device)


@app.command()
def calibrate(name: Name, data: Data, as_json: AsJson = False) -> None:
    """Fit what a card says on held-out inputs, as `train` does at its end: the temperature of a sentiment model, or from which
    familiarity on a photo model knows a photo."""
    from attnviz.train import FITTED

    card = find_card(name)
    if card.task not in FITTED or card.source != "own":
        raise CardError(f"{name} has no temperature to fit", "take a sentiment or photo model that was trained here")
    found = FITTED[card.task](card, data)
    typer.echo(json.dumps({"model": name, **found}) if as_json else "\n".join(_lines(found)))


@app.command("app", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def app_(context: typer.Context, port: Annotated[int, typer.Option(help="Port to serve on.")] = 8501) -> None:
    """Serve the app in the browser, to this machine alone; further options, as --server.address=0.0.0.0, go to Streamlit."""
    settings = [f"--{key}={value}" for key, value in {**SERVING, "server.port": port}.items()]
    command = [sys.executable, "-m", "attnviz.ui.serve", "run", str(APP), *settings, *context.args]
    # Threads of torch that wait for each other by turning in circles take the cores from every other visitor.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if os.name == "posix":
        os.execv(sys.executable, command)
    raise typer.Exit(subprocess.call(command))


def _lines(figures: dict[str, Any], indent: str = "") -> Iterator[str]:
    """One line a figure, with its interval where it has one; tables are indented."""
    for key, value in figures.items():
        if isinstance(value, dict):
            yield f"{indent}{key}"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list):
            continue
        elif isinstance(value, float):
            interval = "".join(f" {end:.4f}" for end in figures.get(f"{key}_interval", ()))
            yield f"{indent}{key:10} {value:.4f}{interval and f'  95 %:{interval}'}"
        else:
            yield f"{indent}{key:10} {value:,}" if isinstance(value, int) else f"{indent}{key:10} {value}"


def _of_view(
    result: "Result", kind: str, view: str | None, choice: Sequence[str], exhibit: str | None
) -> tuple[bytes, int]:  # fmt: skip
    """The file of what a page shows, and of how many maps it is."""
    from attnviz import export
    from attnviz.views import exhibits

    texts = {name: value for name, _, value in (part.partition("=") for part in choice)}
    shown = {each.name: each for each in exhibits(result, view, texts)}
    if exhibit is not None and exhibit not in shown:
        raise InputError(f"there is no exhibit “{exhibit}” in this view", f"exhibits are {', '.join(shown)}")
    wanted = list(shown.values()) if exhibit is None else [shown[exhibit]]
    maps = list({id(m): m for each in wanted for m in each.maps}.values())
    if kind in export.NUMBERS:
        return export.NUMBERS[kind](maps, result), len(maps)
    return export.as_html(wanted) if kind == "html" else export.as_picture(export.pictured(wanted), kind), len(maps)


def _result(
    name: str, given: dict[str, str | Path | None], seed: int | None, beginning: str | None, options: dict[str, dict[str, Any]],
    sentence: int = 1,
) -> "Result":  # fmt: skip
    """`given`: kind of input -> what was passed for it, None where nothing was; `options`: those of its border."""
    from attnviz.encode import read_text_file
    from attnviz.load import load
    from attnviz.nets import Translator
    from attnviz.predict import predict
    from attnviz.translate import translate

    kinds = [kind for kind, raw in given.items() if raw is not None]
    if len(kinds) != 1:
        raise InputError("give one of --text, --image and --series")
    model = load(name)
    if model.card.input != kinds[0]:
        raise InputError(f"{name} takes {model.card.input}, not {kinds[0]}", f"give --{model.card.input}")
    raw = given[kinds[0]]
    content = _read(raw) if isinstance(raw, Path) else read_text_file(sys.stdin.buffer.read()) if raw == "-" else raw
    if isinstance(model, Translator):
        if seed is not None:
            raise InputError(f"{name} draws nothing by chance", "leave --seed out")
        return translate(model, str(content), beginning or "", sentence=sentence)
    if beginning is not None:
        raise InputError(f"{name} does not translate", "leave --beginning out")
    return predict(model, content, seed=seed, **options.get(kinds[0], {}))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from None


def main() -> None:
    """The console script: an error that attnviz raises on purpose is one line on stderr and exit code 1."""
    try:
        with extras():
            sys.exit(app(standalone_mode=False))
    except typer.Abort:
        sys.exit(130)
    except TyperException as error:
        if message := error.format_message():
            typer.echo(f"attnviz: {message}", err=True)
        sys.exit(2)
    except AttnvizError as error:
        typer.echo(f"attnviz: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
