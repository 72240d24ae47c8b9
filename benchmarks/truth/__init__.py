"""Random modules whose attention is known, recorded and held against it: python -m benchmarks.truth.

A case is drawn from tables, one a file: where rows come from (`rows`), how query, key and value are made (`projections`), which
axes are folded into which (`layouts`), masks, how the softmax is spelled (`softmaxes`), gates, textbook forms, steps of a
generation, and decoys that are no attention. Each module tells what it worked out (`told`); `verdict` compares.
"""
