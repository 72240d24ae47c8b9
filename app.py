"""attnviz in the browser: `streamlit run app.py`, `attnviz app` or `make run`."""

from attnviz.ui.front import main

main()
