import unittest

from colours import from_hex, to_hex


class Colours(unittest.TestCase):
    def test_there_and_back(self):
        self.assertEqual(to_hex(*from_hex("#ff8000")), "#ff8000")

    def test_three_digits(self):
        self.assertEqual(from_hex("#f80"), (255, 136, 0))

    def test_no_colour(self):
        with self.assertRaises(ValueError):
            from_hex("#ff80")


if __name__ == "__main__":
    unittest.main()
