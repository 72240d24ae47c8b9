"""The measurements for a GPU run on any device, here on the processor and small."""

from benchmarks import device


def test_a_forward_pass_is_measured_on_a_device() -> None:
    row = device.forward(2, 16, "cpu", repeats=1)
    assert row["recorded / plain"] == row["recorded ms"] / row["plain ms"]  # type: ignore[operator]


def test_an_overview_is_measured_on_a_device() -> None:
    row = device.overview(300, "cpu", repeats=1)
    assert row["pooled / fused"] == row["pooled ms"] / row["fused ms"]  # type: ignore[operator]


def test_the_lengths_of_the_table_are_those_of_its_rows() -> None:
    assert [name for name, _ in device.rows("cuda")] == [
        "forward on cuda, 8 of 512 tokens", "forward on cuda, 1 of 4,096 tokens",
        "overview of one head on cuda, 131,072 tokens", "overview of one head on cuda, 1,000,000 tokens",
    ]  # fmt: skip
