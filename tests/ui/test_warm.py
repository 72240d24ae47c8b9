"""What a server has ready before its first visitor."""

import subprocess
import sys


def test_what_the_pages_draw_with_is_imported_and_out_of_garbage_collection() -> None:
    code = (
        "import gc, sys, attnviz.ui.front; "
        "print({'pandas', 'plotly.graph_objects', 'torch'} <= set(sys.modules), gc.get_freeze_count() > 100_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
