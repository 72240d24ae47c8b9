"""Fetching from the Hugging Face hub into its usual cache: the pinned commit, safetensors only, and only when asked."""

import os
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

from attnviz.cards import REPOSITORY, ModelCard
from attnviz.errors import CardError, HubError
from attnviz.foreign import files

MAX_BYTES = 2_000_000_000
TIMEOUT = 5  # seconds until a hub that does not answer is given up
SMALL = ("tokenizer_config.json", "README.md")
POLL = 0.2
CHUNK = 1 << 18
Progress = tuple[int, int]


@dataclass(frozen=True)
class Listing:
    """What a repository holds at one commit: file name -> bytes, and the licence that it names."""

    repository: str
    commit: str
    sizes: dict[str, int]
    licence: str

    def needed(self, kind: str) -> list[str]:
        """Names of the files to fetch, the weights last; HubError where something is missing or too large."""
        found = [name for name in self.sizes if name in (files.WEIGHTS, files.INDEX) or "/" not in name]
        heavy = [files.WEIGHTS] if files.WEIGHTS in found else [name for name in found if name.endswith(".safetensors")]
        if not heavy:
            error = files.no_safetensors(f"{self.repository} at commit {self.commit[:8]}", found)
            raise HubError(error.finding, "pin a commit that has safetensors, or bring it as a folder")
        light = [files.CONFIG, files.BESIDE[kind]]
        if lacking := [name for name in light if name not in found]:
            raise HubError(
                f"{self.repository} at commit {self.commit[:8]} has no {lacking[0]}", "choose another repository or commit"
            )
        index = [files.INDEX] if files.WEIGHTS not in found and files.INDEX in found else []
        size = sum(self.sizes[name] for name in heavy)
        if size > MAX_BYTES:
            raise HubError(
                f"the weights of {self.repository} have {size / 1e9:.1f} GB, the limit is {MAX_BYTES / 1e9:.0f} GB",
                "bring it as a folder, or choose a smaller model",
            )
        return [*light, *(name for name in SMALL if name in found), *index, *sorted(heavy)]


def offline() -> bool:
    """Whether the machine was told not to ask the hub (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def listing(repository: str, revision: str) -> Listing:
    """Asks the hub what there is; HubError where it does not answer, or knows no such thing."""
    if not REPOSITORY.fullmatch(repository):
        raise HubError(f"{repository!r} is no repository", 'write it as "owner/name"')
    if offline():
        raise HubError("this machine was told to stay offline (HF_HUB_OFFLINE)", "unset it, or bring the model as a folder")
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=TIMEOUT)
    except Exception as error:  # the client raises errors of its own and of three libraries below it
        raise said(error, repository, revision) from None
    sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or []}
    licence = getattr(info.card_data, "license", None)
    return Listing(repository, str(info.sha), sizes, str(licence) if licence else "unknown")


def fetch(card: ModelCard) -> Generator[Progress, None, None]:
    """Downloads what is not there yet and yields (bytes done, bytes in all) on the way; to stop it, close the iterator.

    What was begun is kept and gone on with the next time. Raises HubError.
    """
    if card.source != "hub":
        raise CardError(f"{card.name} is no model of the hub", "its files are already where its card says")
    known = listing(card.repository, card.revision)
    names = known.needed(card.input)
    total, before = sum(known.sizes[name] for name in names), 0
    yield 0, total
    for name in names:
        with closing(_download(card, name)) as counts:
            for done in counts:
                yield min(before + done, total), total
        before += known.sizes[name]
        yield before, total
    if reason := files.absent(card):
        raise HubError(f"{card.name} was fetched, but {reason}", "see that its card names the right input")


def _download(card: ModelCard, name: str) -> Generator[int, None, None]:
    """Bytes of one file that are there, every now and then; the download has a thread of its own, which ends with this."""
    counted: SimpleQueue[int] = SimpleQueue()
    stop, failed = Event(), SimpleQueue[BaseException]()

    def work() -> None:
        from huggingface_hub import constants, hf_hub_download

        # The client reads this much between two reports, 10 MB as it comes: too coarse for a bar, too late for a stop.
        constants.DOWNLOAD_CHUNK_SIZE = min(constants.DOWNLOAD_CHUNK_SIZE, CHUNK)
        try:
            hf_hub_download(card.repository, name, revision=card.revision, etag_timeout=TIMEOUT, tqdm_class=_counter(counted, stop))
        except BaseException as error:  # handed over to the one who waits
            failed.put(error)

    thread = Thread(target=work, daemon=True, name=f"fetch {name}")
    thread.start()
    done = 0
    try:
        while thread.is_alive() or not counted.empty():
            with suppress(Empty):  # yields all the same, so that the one who waits can stop
                done += counted.get(timeout=POLL)
            while not counted.empty():
                done += counted.get()
            yield done
    finally:
        stop.set()
    if not failed.empty():
        raise said(failed.get(), card.repository, card.revision) from None


class _Stopped(Exception):
    """Ends the thread of a download that nobody waits for."""


def _counter(counted: "SimpleQueue[int]", stop: Event) -> type[Any]:
    """A progress bar for huggingface_hub that draws nothing, counts, and ends the download when asked to."""
    from tqdm import tqdm

    class Counter(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, initial: int = 0, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "initial": initial, "disable": True})
            counted.put(initial)

        def update(self, n: float | None = 1) -> bool | None:
            if stop.is_set():
                raise _Stopped
            counted.put(int(n or 0))
            return None

    return Counter


def said(error: BaseException, repository: str, revision: str) -> HubError:
    """The client's error as a sentence."""
    from huggingface_hub import constants, errors

    where = f"{repository} at {revision[:8]}"
    table: list[tuple[type[BaseException], str, str]] = [
        (errors.GatedRepoError, f"{repository} wants its terms to be accepted first", "bring it as a folder"),
        (errors.RevisionNotFoundError, f"the hub knows no revision {revision} of {repository}", "mend revision in its card"),
        (errors.RepositoryNotFoundError, f"the hub knows no open repository {repository}", "see how its name is written"),
        (errors.RemoteEntryNotFoundError, f"{where} lacks a file that it should have", "mend revision in its card"),
    ]
    for kind, finding, cure in table:
        if isinstance(error, kind):
            return HubError(finding, cure)
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return HubError(f"the hub answered {status} for {where}", "try again later")
    if isinstance(error, OSError) and error.errno in (28, 13, 30):
        return HubError(f"the cache {constants.HF_HUB_CACHE} cannot be written ({os.strerror(error.errno)})", "make room for it")
    return HubError(
        f"{constants.ENDPOINT.split('//')[-1]} could not be reached ({type(error).__name__})",
        "see that this machine has a network and try again, or bring the model as a folder",
    )
