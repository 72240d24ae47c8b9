"""The parts of the sentences of language models."""

from attnviz.data.words import SHARES, part_of


def test_a_sentence_stays_in_its_part_and_parts_have_their_shares() -> None:
    parts = [part_of(f"sentence{i}") for i in range(20_000)]
    assert parts == [part_of(f"sentence{i}") for i in range(20_000)]
    for part, share in SHARES.items():
        assert abs(parts.count(part) / len(parts) - share) < 0.004
