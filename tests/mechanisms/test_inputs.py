"""What visitors may give: matrices as text, points and sentences, with typed refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import load
from attnviz.errors import InputError
from attnviz.mechanisms import FeatureMap, Points, Vectors, matrix, of_sentence, typed, written
from attnviz.mechanisms.inputs import principal


@pytest.mark.parametrize(
    "text", ["1, 2\n3, 4", "1 2\n\n3 4\n", "[[1, 2], [3, 4]]", "[1; 2]\n[3; 4]", " 1\t2 ,\n3 |4;", "1e0 2.0\r\n+3 4."]
)
def test_a_matrix_is_read_however_it_is_written(text: str) -> None:
    assert matrix(text, "query").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "Query is empty"),
        ("[ ]", "Query is empty"),
        ("1, 2\n3", "Rows of query have between 1 and 2 numbers"),
        ("1, two", "'two' in query is no number"),
        ("1, nan", "query holds numbers that are not finite"),
        ("1, -inf", "query holds numbers that are not finite"),
        ("1e999", "query holds numbers that are not finite"),
        ("1001", "query holds numbers that are not finite or beyond 1,000"),
        ("1 " * 33, "query has 1 x 33 numbers, the limit is 32 x 32"),
        ("1\n" * 33, "query has 33 x 1 numbers"),
        ("1 " * 6000, "query has 12,000 characters, the limit is 10,000"),
    ],
)
def test_what_is_no_small_matrix_is_refused(text: str, finding: str) -> None:
    with pytest.raises(InputError, match=f"(?i){finding}"):
        matrix(text, "query")


def test_shapes_must_fit_each_other() -> None:
    assert typed("1 2", "3 4\n5 6", "7\n8").value.shape == (2, 1)
    with pytest.raises(InputError, match=r"Queries have 1 feature and keys 2\. Give both as many columns"):
        typed("1", "3 4", "7")
    with pytest.raises(InputError, match=r"There are 1 key and 2 values\. Give one value a key"):
        typed("1 2", "3 4", "7\n8")
    with pytest.raises(InputError, match="There are 2 places and 1 heights"):
        Points(np.zeros(2), np.zeros(1), np.zeros(3))
    with pytest.raises(InputError, match="Give 3 axes"):
        FeatureMap(np.zeros((2, 3)))


def test_what_was_read_is_a_copy_that_nobody_can_write_on() -> None:
    given = np.ones((2, 2))
    vectors = Vectors(given, given, given)
    given[:] = 5
    assert vectors.query.dtype == np.float32
    assert vectors.query.max() == 1
    with pytest.raises(ValueError, match="read-only"):
        vectors.query[0, 0] = 2


def test_what_is_written_is_read_again() -> None:
    array = np.array([[1.5, -2], [0, 1e-3]], np.float32)
    np.testing.assert_allclose(matrix(written(array), "query"), array)


def test_principal_directions_are_those_of_the_singular_value_decomposition() -> None:
    table = torch.randn(50, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = principal(table, 3).numpy()
    centred = (table - table.mean(0)).numpy()
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    rows = rows[:3] * np.sign(rows[np.arange(3), np.abs(rows[:3]).argmax(1)])[:, None]
    np.testing.assert_allclose(found, rows.T / np.sqrt((sizes[:3] ** 2).mean() / 50), atol=1e-10)
    assert (centred @ found).std() == pytest.approx(1)


def test_words_come_from_the_trained_embeddings_and_equal_words_are_equal() -> None:
    net = load("sentiment-soft")
    embedding = net.get_submodule("embedding")
    assert isinstance(embedding, nn.Embedding)
    vectors = of_sentence(net.encode("Good, good and unbearable."), embedding)
    assert vectors.rows == vectors.columns == ("Good", ",", "good", "and", "unbearable", ".")
    assert vectors.query.shape == (6, 8)
    np.testing.assert_array_equal(vectors.query[0], vectors.query[2])  # the model reads lower case
    assert np.abs(vectors.query[0] - vectors.query[4]).max() > 0.1
    with pytest.raises(InputError, match="has 40 words, the limit is 32"):
        of_sentence(net.encode("good " * 40), embedding)
