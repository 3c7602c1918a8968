import unittest

from shop.price import total


class Total(unittest.TestCase):
    def test_adds_up(self):
        self.assertEqual(total([1000, 250]), 1250)

    def test_discount(self):
        self.assertEqual(total([1000], 10), 900)


if __name__ == "__main__":
    unittest.main()
