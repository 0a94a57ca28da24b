"""The pages of docs/status say what the tests go through today."""

import status


def test_the_pages_are_up_to_date():
    assert status.outdated() == [], "make status ARGS=--renew"


def test_the_tests_that_a_page_names_are_there():
    for name, (others, path) in status.STORE_TESTS.items():
        text = (status.ROOT / path).read_text()
        assert name in text or others.startswith("all"), (name, path)
