"""Prints pip's option for the index with torch's CPU build, on Linux without an NVIDIA card and where that index answers.

Elsewhere the plain index is right: Macs and Windows get a CPU build from it, and a card wants the CUDA that it brings.
"""

import os
import platform
import shutil
import ssl
import subprocess
import sys
import urllib.request

SECONDS = 10


def has_card() -> bool:
    """Whether there is an NVIDIA card that its driver can see."""
    tool = shutil.which("nvidia-smi")
    return tool is not None and subprocess.run([tool, "-L"], capture_output=True, check=False).returncode == 0


def answers(index: str) -> bool:
    """Whether the index can be asked for torch from here, by the proxies and certificates in pip's environment."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    try:
        urllib.request.urlopen(f"{index.rstrip('/')}/torch/", timeout=SECONDS, context=context).close()
    except (OSError, ValueError):
        return False
    return True


def main(index: str) -> None:
    """`index`: its address; nothing is printed for an empty one."""
    if not index or platform.system() != "Linux" or has_card():
        return
    if answers(index):
        print(f"--extra-index-url {index}")
    else:
        sentence = f"The index with torch's CPU build, {index}, cannot be reached: torch comes from the plain index"
        print(f"{sentence}, where it may bring gigabytes of CUDA along.", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
