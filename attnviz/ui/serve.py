"""`python -m attnviz.ui.serve run app.py ...` is Streamlit, which asks no one outside."""

import sys

from streamlit import net_util


def stay_inside() -> None:
    """Has Streamlit compare the origin of a request with what it knows, and not ask an outside host for one more address."""
    setattr(net_util, "get_external_ip", lambda: None)  # noqa: B010 - to a type checker a function is no place to put another


def main() -> None:
    """The command line of Streamlit."""
    from streamlit.web.cli import main as streamlit

    stay_inside()
    sys.argv[0] = "streamlit"
    streamlit()


if __name__ == "__main__":
    main()
