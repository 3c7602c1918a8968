"""Colours between the forms that people write them in."""


def from_hex(text):
    """`#ff8000` or `#f80` as three numbers from 0 to 255."""
    digits = text.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    if len(digits) != 6:
        raise ValueError(f"not a colour: {text}")
    return tuple(int(digits[i : i + 2], 16) for i in (0, 2, 4))


def to_hex(red, green, blue):
    """Three numbers from 0 to 255 as `#ff8000`."""
    return f"#{red:02x}{green:02x}{blue:02x}"
