"""The page on real accounts shows what the doctor says."""

from __future__ import annotations

from greenhouse_hrflow_tests.support.accounts_page import PAGE, with_table


def test_the_table_in_the_page_is_what_the_doctor_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    anew = "python -m greenhouse_hrflow_tests.support.accounts_page"
    assert with_table(page) == page, f"write it anew: {anew}"
