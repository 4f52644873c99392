"""A shop whose customers follow the model, for tests that must know the truth."""

import numpy as np


def bought(customers: int, *, weeks: int = 78, seed: int = 4) -> tuple[list[int], list[int], list[float]]:
    """Orders of made-up customers who buy at rates of their own and leave for good: (who, day, amount)."""
    chance = np.random.default_rng(seed)
    who: list[int] = []
    days: list[int] = []
    amounts: list[float] = []
    for customer in range(customers):
        rate, leaving, mean = chance.gamma(0.8, 1 / 6), chance.beta(0.8, 2.5), chance.gamma(6, 5)
        day = float(chance.integers(0, 84))
        while day < weeks * 7:
            who.append(customer)
            days.append(int(day))
            amounts.append(float(chance.gamma(6, mean / 6)))
            if len(who) > 1 and who[-2] == customer and chance.random() < leaving:
                break
            day += chance.exponential(7 / rate)
    return who, days, amounts
