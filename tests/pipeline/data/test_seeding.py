"""Tests of random draws as functions of seed, purpose and numbers."""

from pipeline.data.seeding import Purpose, generator, torch_seed


def test_the_same_numbers_give_the_same_draw() -> None:
    assert generator(1, Purpose.SAMPLE, 7).random() == generator(1, Purpose.SAMPLE, 7).random()
    assert torch_seed(1, Purpose.DROPOUT, 7, 0) == torch_seed(1, Purpose.DROPOUT, 7, 0)


def test_seed_purpose_and_numbers_each_change_the_draw() -> None:
    keys = [(1, Purpose.SAMPLE, 7), (2, Purpose.SAMPLE, 7), (1, Purpose.ORDER, 7), (1, Purpose.SAMPLE, 8)]
    assert len({generator(*key).random() for key in keys}) == len(keys)
    assert len({torch_seed(*key) for key in keys}) == len(keys)


def test_torch_seeds_are_spread_over_63_bits() -> None:
    seeds = [torch_seed(0, Purpose.DROPOUT, step) for step in range(200)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62
    assert min(seeds) < 2**61
