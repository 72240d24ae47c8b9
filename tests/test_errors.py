"""What a visitor reads when something went wrong."""

from attnviz.errors import AttnvizError, InputError, UnknownLayer


def test_an_error_reads_as_finding_and_cure_in_sentences() -> None:
    error = InputError("the file is empty", "choose another file.")
    assert str(error) == "The file is empty. Choose another file."
    assert (error.finding, error.cure) == ("the file is empty", "choose another file.")


def test_an_error_without_a_cure_is_one_sentence() -> None:
    assert str(InputError("nothing there")) == "Nothing there."


def test_an_unknown_layer_is_a_key_error_without_its_quotes() -> None:
    error = UnknownLayer("no layer is called 'x'", "recorded were a, b")
    assert isinstance(error, KeyError)
    assert isinstance(error, AttnvizError)
    assert str(error) == "No layer is called 'x'. Recorded were a, b."
