"""Links of words: reading them, reading them off attention, and their error rate worked out by hand."""

from pathlib import Path

import pytest

from attnviz.alignment import Gold, by_diagonal, error_rate, groups, links, natural, read_links, turned
from attnviz.errors import DataError
from attnviz.evaluate_translation import alignment
from attnviz.load import load
from attnviz.nets.translator import Aligner
from tests.translators import CONFIGS, with_words

ALIGNED = Path(__file__).parent / "aligned" / "tatoeba.links"


def write(folder: Path, gold: str, pairs: str, name: str = "test.pairs") -> Path:
    (folder / name).write_text(pairs, encoding="utf-8")
    (folder / "test.links").write_text(gold, encoding="utf-8")
    return folder / "test.links"


def test_lines_become_sure_and_possible_links(tmp_path: Path) -> None:
    gold = read_links(write(tmp_path, "1-1 2p2\n\n", "le chat ||| the cat\nnon ||| no\n"))
    assert gold[0] == Gold(("le", "chat"), ("the", "cat"), frozenset({(0, 0)}), frozenset({(0, 0), (1, 1)}))
    assert gold[1].possible == frozenset()


@pytest.mark.parametrize("end", ["\n", "\n\n", "\n\n\n"])
def test_blank_lines_at_the_end_may_be_pairs_without_links(tmp_path: Path, end: str) -> None:
    gold = read_links(write(tmp_path, "1-1" + end, "a ||| b\nc ||| d\n"))
    assert [len(one.possible) for one in gold] == [1, 0]


@pytest.mark.parametrize(
    ("gold", "pairs", "finding"),
    [("1-3", "a b ||| c d", "leads outside"), ("0-1", "a ||| b", "leads outside"), ("1:1", "a ||| b", "no link"),
     ("1-1", "a b", "No file"), ("1-1\n1-1", "a ||| b", "No file of 2 lines")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, gold: str, pairs: str, finding: str) -> None:
    with pytest.raises(DataError, match=finding):
        read_links(write(tmp_path, gold, pairs))


def test_the_error_rate_is_och_and_neys() -> None:
    gold = Gold(("a", "b"), ("c", "d"), frozenset({(0, 0)}), frozenset({(0, 0), (1, 1)}))
    # A = 2 links; one is sure, both are possible: 1 - (1 + 2) / (2 + 1) = 0
    assert error_rate([(frozenset({(0, 0), (1, 1)}), gold)]) == 0
    # A = 2 links; none is sure, one is possible: 1 - (0 + 1) / (2 + 1)
    assert error_rate([(frozenset({(1, 1), (1, 0)}), gold)]) == pytest.approx(2 / 3)


def test_tokenised_words_are_joined_as_people_write_and_keep_their_spans() -> None:
    french = ["l'", "eau", "n'", "est", "pas", "là", "."], "l'eau n'est pas là."
    english = ["I", "do", "n't", "(", "yet", ")", "!"], "I don't (yet)!"
    for words, text in (french, english):
        found, spans = natural(words)
        assert found == text
        assert [found[slice(*span)] for span in spans] == words


def test_tokens_go_to_the_word_that_they_begin_in() -> None:
    assert groups([(0, 2), (2, 3), (4, 5), (0, 0)], [(0, 3), (4, 6)]) == [[0, 1], [2]]


@pytest.mark.parametrize("name", CONFIGS)
def test_each_word_is_linked_to_the_one_it_looked_at_most(name: str) -> None:
    net = with_words(name)
    gold = Gold(("Je", "n'", "ai", "pas"), ("I", "do", "n't"), frozenset(), frozenset())
    found = links(net, gold)
    assert [target for _, target in sorted(found, key=lambda link: link[1])] == [0, 1, 2]
    assert all(0 <= source < 4 for source, _ in found)


def test_a_diagonal_links_what_stands_as_far_along() -> None:
    gold = Gold(("a", "b", "c", "d"), ("x", "y"), frozenset(), frozenset())
    # middles of the target words at 1/4 and 3/4 of the way: source words 4 * 1/4 = 1 and 4 * 3/4 = 3
    assert by_diagonal(gold) == {(1, 0), (3, 1)}
    assert by_diagonal(turned(gold)) == {(0, 0), (0, 1), (1, 2), (1, 3)}


def test_a_diagonal_of_an_empty_side_has_no_links() -> None:
    assert (
        by_diagonal(Gold((), ("x",), frozenset(), frozenset())) == by_diagonal(Gold(("a",), (), frozenset(), frozenset())) == set()
    )


def test_a_turned_pair_has_its_links_turned() -> None:
    gold = Gold(("a", "b"), ("c",), frozenset({(1, 0)}), frozenset({(0, 0), (1, 0)}))
    assert turned(gold) == Gold(("c",), ("a", "b"), frozenset({(0, 1)}), frozenset({(0, 0), (0, 1)}))


def test_links_are_those_of_the_head_that_was_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    net = with_words("transformer")
    gold = Gold(("Je", "n'", "ai", "pas", "d'", "argent"), ("I", "do", "n't", "have", "money"), frozenset(), frozenset())
    found = []
    for head in (0, 1):
        monkeypatch.setattr(net, "aligner", Aligner(net.aligner.layer, head))
        found.append(links(net, gold))
    assert found[0] != found[1]


@pytest.mark.parametrize("swapped", [False, True])
def test_columns_that_seem_to_be_swapped_are_warned_of(tmp_path: Path, swapped: bool) -> None:
    net = with_words("luong")
    words = ("Je", "n'", "ai", "pas", "d'", "argent"), ("I", "do", "n't", "have", "money")
    asked = Gold(*(words[::-1] if swapped else words), frozenset(), frozenset())
    found = sorted(links(net, asked))  # as if people had drawn what the model finds
    order = [f"{j + 1}-{i + 1}" if swapped else f"{i + 1}-{j + 1}" for i, j in found]
    path = write(tmp_path, " ".join(order), " ||| ".join(" ".join(side) for side in words))
    figures = alignment(net, path)
    assert ("warning" in figures) == swapped
    assert (figures["alignment_error"] == 0) != swapped
    assert 0 < figures["diagonal_error"] <= 1


@pytest.mark.parametrize("name", ["bahdanau", "local", "luong", "transformer"])
def test_a_shipped_translator_links_words_that_people_linked_better_than_a_diagonal(name: str) -> None:
    figures = alignment(load(f"translate-{name}"), ALIGNED)
    assert figures["pairs"] == 30
    assert figures["alignment_error"] < figures["diagonal_error"] < 0.5
    assert "warning" not in figures
