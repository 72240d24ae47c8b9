# attnviz in a container: offline, without root, without a CDN. Build with: docker build -t attnviz .
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

# Where the CPU build of torch comes from; where it cannot be reached or is empty, the plain index is asked.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HF_HUB_OFFLINE=1 \
    HOME=/home/attnviz

RUN useradd --create-home --uid 1000 attnviz
WORKDIR /app

COPY requirements.txt tools/torch_index.py ./
RUN pip install --no-cache-dir $(python torch_index.py "${TORCH_INDEX}") -r requirements.txt

# 755, so that a checkout made under a strict umask is readable for the user below.
COPY --chmod=755 models models
COPY --chmod=755 assets assets
COPY --chmod=755 pyproject.toml README.md LICENSE app.py ./
COPY --chmod=755 attnviz attnviz
RUN pip install --no-cache-dir --no-deps --editable .

USER attnviz
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["attnviz", "app", "--server.address=0.0.0.0"]
