"""Prices, in cents."""


def total(prices, discount_percent=0):
    """What a customer pays for books with these prices."""
    whole = sum(prices)
    return whole - whole * discount_percent // 100
