from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages.shared.forms.choice import choice

    first = st.session_state.get("names", {"a": "Apple", "b": "Pear"})
    st.text(choice("Fruit", first, "fruit", default=next(reversed(first))))
    st.text(choice("Letter", ["x", "y"], "letter", in_address=True))
    st.text(choice("Number", [str(k) for k in range(13)], "number", default="4"))


def answers(at: AppTest) -> list[str]:
    assert not at.exception
    return [text.value for text in at.text]


def test_the_default_stands_until_something_is_chosen() -> None:
    at = AppTest.from_function(page).run()
    assert answers(at) == ["b", "x", "4"]
    assert at.segmented_control("fruit").options == ["Apple", "Pear"]
    at.segmented_control("fruit").set_value("a").run()
    at.segmented_control("letter").set_value("y").run()
    assert answers(at.run()) == ["a", "y", "4"]


def test_many_options_are_a_list() -> None:
    at = AppTest.from_function(page).run()
    assert at.selectbox("number").value == "4"
    at.selectbox("number").set_value("12").run()
    assert answers(at) == ["b", "x", "12"]


def test_the_address_chooses() -> None:
    at = AppTest.from_function(page)
    at.query_params["letter"] = "y"
    assert answers(at.run())[1] == "y"
    at.segmented_control("letter").set_value("x").run()
    assert answers(at)[1] == "x"


def test_an_option_that_is_gone_gives_way_to_the_default() -> None:
    at = AppTest.from_function(page).run()
    at.segmented_control("fruit").set_value("a").run()
    at.session_state["names"] = {"c": "Plum", "d": "Fig"}
    assert answers(at.run())[0] == "d"
