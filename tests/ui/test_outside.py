"""What is said of a text that a shipped model did not learn from; an answer is there all the same."""

from tests.ui.test_pages import open_page


def test_french_given_to_the_english_sentiment_is_said_to_be_french() -> None:
    page = open_page("text")
    assert not page.info
    page.text_area(key="text-input").set_value("Ce film est une merveille et je le reverrai avec plaisir.").run()
    assert [each.value for each in page.info] == [
        "This reads like French, and the model learned from film reviews in English alone: do not rely on its answer."
    ]
    assert page.markdown[0].value.startswith("Decision: **")


def test_german_given_to_the_french_translator_is_said_to_be_german() -> None:
    page = open_page("text")
    page.segmented_control(key="text-task").set_value("translation").run()
    assert not page.info
    page.text_area(key="text-input-translation").set_value("Ich habe gestern meinen Schlüssel verloren.").run()
    assert page.info[0].value.startswith("This reads like German, and the model learned from short French sentences")
    assert page.markdown[0].value.startswith("Translation: ")


def test_a_shipped_model_fills_in_a_blank() -> None:
    page = open_page("text")
    page.segmented_control(key="text-task").set_value("words").run()
    page.text_area(key="text-input").set_value("I drink a cup of coffee every morning.").run()
    page.pills(key="text-gap").set_value(5).run()
    assert not page.exception
    assert "Hidden is “coffee”: guess number " in page.markdown[1].value
    page.sidebar.selectbox(key="text-model").set_value("words-next").run()
    assert not page.exception
    assert "Hidden is “coffee”: guess number 1" in page.markdown[1].value
